"""`kinetoscope admin`, with the platform running and without."""

import json
from pathlib import Path

import httpx

from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres
from support.server import Server, run_cli

PASSWORD = "correct horse battery"


def log_in(server: Server, email: str, password: str = PASSWORD) -> httpx.Response:
    return httpx.post(f"{server.url}/api/v1/auth/login", json={"email": email, "password": password})


def test_an_administrator_can_log_in(server: Server) -> None:
    done = run_cli(
        *("admin", "create", "--email", "root@example.org", "--password", PASSWORD),
        *("--json", "--data-dir", str(server.data_dir)),
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["created"] is True
    user = log_in(server, "root@example.org").json()["user"]
    assert (user["id"], user["role"]) == (made["id"], "ADMIN")


def test_an_existing_account_becomes_one(server: Server) -> None:
    registration = {"email": "ann@example.org", "password": "the password before"}
    assert httpx.post(f"{server.url}/api/v1/auth/register", json=registration).status_code == 201
    done = run_cli(
        "admin", "create", "--email", "ann@example.org", "--password", PASSWORD, data_dir=server.data_dir
    )
    assert done.stdout == "ann@example.org is now an administrator.\n"
    assert log_in(server, "ann@example.org").json()["user"]["role"] == "ADMIN"


def test_the_password_may_come_from_standard_input(server: Server) -> None:
    done = run_cli(
        "admin", "create", "--email", "pipe@example.org", data_dir=server.data_dir, typed=f"{PASSWORD}\n"
    )
    assert done.returncode == 0, done.stderr
    assert log_in(server, "pipe@example.org").status_code == 200


def test_a_short_password_is_refused_before_anything_starts(tmp_path: Path) -> None:
    done = run_cli(
        "admin", "create", "--email", "a@example.org", "--password", "short", data_dir=tmp_path / "data"
    )
    assert done.returncode == 2
    assert "--password cannot be used: String should have at least 10 characters." in done.stderr
    assert not (tmp_path / "data").exists()


def test_without_a_running_platform_the_database_is_started_for_it_alone(tmp_path: Path) -> None:
    done = run_cli(
        "admin", "create", "--email", "first@example.org", "--password", PASSWORD, data_dir=tmp_path
    )
    assert done.stdout == "first@example.org is a new administrator.\n"
    assert EmbeddedPostgres(tmp_path).running_pid() is None


def test_keys_are_rotated_and_the_old_one_is_kept(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "root.key").write_bytes(b"o" * 32)
    assert run_cli("admin", "rotate-keys", data_dir=tmp_path).returncode == 0
    assert (secrets / "root.previous.key").read_bytes() == b"o" * 32
    assert (secrets / "root.key").read_bytes() != b"o" * 32
