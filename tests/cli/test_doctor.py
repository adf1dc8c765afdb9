"""`kinetoscope doctor`: what is wrong is found and explained."""

import json
import socket
from pathlib import Path
from typing import Any

from support.server import Server, run_cli


def findings(*words: str, data_dir: Path, **env: str) -> tuple[int, dict[str, dict[str, Any]]]:
    done = run_cli("doctor", "--json", *words, data_dir=data_dir, **env)
    assert done.stderr == ""
    return done.returncode, {finding["subject"]: finding for finding in json.loads(done.stdout)}


def test_a_healthy_machine_is_told_so_and_nothing_is_made(tmp_path: Path) -> None:
    code, found = findings("--port", "0", data_dir=tmp_path / "data")
    assert code == 0
    assert {"Python", "PostgreSQL", "User", "Data", "Disk", "Encoders", "Address", "Database"} <= set(found)
    assert [finding for finding in found.values() if finding["state"] == "broken"] == []
    assert not (tmp_path / "data").exists()


def test_a_running_platform_is_looked_into(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    code, found = findings("--port", port, data_dir=server.data_dir)
    assert code == 0
    assert f"in use by Kinetoscope itself (pid {server.pid})" in found["Address"]["text"]
    assert "answers" in found["Database"]["text"]
    assert found["Schema"]["text"].startswith("up to date")


def test_a_port_in_use_is_broken_and_the_fix_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, found = findings("--port", str(taken.getsockname()[1]), data_dir=tmp_path)
    assert code == 1
    assert found["Address"]["state"] == "broken"
    assert "--port 0" in found["Address"]["fix"]


def test_a_mistyped_setting_is_pointed_out(tmp_path: Path) -> None:
    done = run_cli("doctor", "--port", "0", data_dir=tmp_path, prot="8000")
    assert "KINETOSCOPE_PROT is set, but there is no such setting" in done.stdout
    assert "Did you mean KINETOSCOPE_PORT?" in done.stdout
    assert done.returncode == 0


def test_postgres_that_is_not_there_is_broken(tmp_path: Path) -> None:
    code, found = findings("--port", "0", data_dir=tmp_path, pg_bin_dir=str(tmp_path))
    assert code == 1
    assert found["PostgreSQL"]["state"] == "broken"


def test_a_database_of_another_version_is_broken(tmp_path: Path) -> None:
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("14\n")
    code, found = findings("--port", "0", data_dir=tmp_path)
    assert code == 1
    assert "written by PostgreSQL 14" in found["Database"]["text"]


def test_an_external_database_that_is_away_is_broken(tmp_path: Path) -> None:
    code, found = findings(
        "--port", "0", data_dir=tmp_path, database_url="postgresql://me:secret@127.0.0.1:9/videos"
    )
    assert code == 1
    assert "cannot be reached" in found["Database"]["text"]
