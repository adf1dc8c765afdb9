"""`kinetoscope db`: the way into the database, and dumps that come back."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.external_postgres import ExternalPostgres
from support.server import Server, run_cli, run_cli_process, seeded, sql


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a data directory with an account, and only its database running."""
    data_dir = seeded(tmp_path_factory.mktemp("filled"))
    words = ("admin", "create", "--email", "kept@example.org", "--password", "correct horse battery")
    assert run_cli(*words, data_dir=data_dir).returncode == 0
    assert run_cli("db", "start", data_dir=data_dir).returncode == 0
    yield data_dir
    assert run_cli("db", "stop", data_dir=data_dir).stdout == "PostgreSQL is stopped.\n"


@pytest.fixture(scope="module")
def dump(filled: Path) -> Path:
    """Give a dump of that account."""
    file = filled / "kept.dump"
    assert run_cli("db", "dump", str(file), data_dir=filled).returncode == 0
    return file


def test_psql_gets_its_own_arguments_and_gives_its_exit_code(server: Server) -> None:
    done = run_cli_process("db", "psql", "-At", "-c", "SELECT 6 * 7", data_dir=server.data_dir)
    assert (done.stdout, done.returncode) == ("42\n", 0)
    assert run_cli_process("db", "psql", "-c", "nonsense", data_dir=server.data_dir).returncode == 1


def test_status_tells_programs_what_runs(server: Server) -> None:
    status = json.loads(run_cli("db", "status", "--json", data_dir=server.data_dir).stdout)
    assert status["running"] is True
    assert status["pid"] == server.postgres_pid()
    assert status["serve_pid"] == server.pid
    assert status["schema_step"] >= 4


def test_a_database_in_use_is_neither_stopped_nor_replaced(server: Server, dump: Path) -> None:
    for words in (["stop"], ["restore", str(dump), "--yes"]):
        done = run_cli("db", *words, data_dir=server.data_dir)
        assert done.returncode == 1
        assert f"`kinetoscope serve` (pid {server.pid})" in done.stderr
    assert httpx.get(f"{server.url}/readyz").status_code == 200


def test_a_dump_brings_everything_back(filled: Path, dump: Path) -> None:
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600
    sql(filled, "DELETE FROM projects; DELETE FROM accounts; CREATE TABLE newer (id int); DROP TABLE jobs")
    assert run_cli("db", "restore", str(dump), data_dir=filled).returncode == 0
    assert sql(filled, "SELECT email FROM accounts") == "kept@example.org"
    assert sql(filled, "SELECT to_regclass('newer') IS NULL AND to_regclass('jobs') IS NOT NULL") == "t"
    assert run_cli("db", "migrate", data_dir=filled).stdout == "The schema is up to date.\n"


def test_accounts_are_only_replaced_when_that_is_meant(filled: Path, dump: Path) -> None:
    refused = run_cli("db", "restore", str(dump), data_dir=filled)
    assert refused.returncode == 1
    assert "--yes" in refused.stderr
    assert run_cli("db", "restore", str(dump), "--yes", data_dir=filled).returncode == 0


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_a_damaged_dump_changes_nothing(filled: Path, dump: Path, tmp_path: Path, damage: str) -> None:
    content = dump.read_bytes()
    half = len(content) // 2
    damaged = tmp_path / "damaged.dump"
    damaged.write_bytes(content[:half] if damage == "cut" else content[:half] + b"\0" * half)
    done = run_cli("db", "restore", str(damaged), "--yes", data_dir=filled)
    assert done.returncode == 1
    assert sql(filled, "SELECT email FROM accounts") == "kept@example.org"


def test_a_file_that_is_no_dump_is_refused(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("buy milk")
    done = run_cli("db", "restore", str(tmp_path / "notes.txt"), "--yes", data_dir=filled)
    assert done.returncode == 1
    assert "is not a dump that `kinetoscope db dump` wrote" in done.stderr


def test_an_older_dump_is_only_replaced_when_that_is_meant(filled: Path, tmp_path: Path) -> None:
    dump = tmp_path / "old.dump"
    dump.write_bytes(b"old")
    assert run_cli("db", "dump", str(dump), data_dir=filled).returncode == 1
    assert dump.read_bytes() == b"old"
    assert run_cli("db", "dump", str(dump), "--overwrite", data_dir=filled).returncode == 0


def test_an_external_database_is_dumped_and_restored_with_few_rights(tmp_path: Path) -> None:
    external = ExternalPostgres(tmp_path / "external")
    external.create()
    try:
        dump, data_dir, url = tmp_path / "it.dump", tmp_path / "data", external.dsn
        words = ("admin", "create", "--email", "kept@example.org", "--password", "correct horse battery")
        assert run_cli(*words, data_dir=data_dir, database_url=url).returncode == 0
        done = run_cli("db", "dump", str(dump), data_dir=data_dir, database_url=url)
        assert done.returncode == 0, done.stderr
        done = run_cli_process("db", "psql", "-c", "DROP TABLE jobs", data_dir=data_dir, database_url=url)
        assert done.returncode == 0, done.stderr
        done = run_cli("db", "restore", str(dump), "--yes", data_dir=data_dir, database_url=url)
        assert done.returncode == 0, done.stderr
        doctor = run_cli("doctor", "--json", "--port", "0", data_dir=data_dir, database_url=url)
        assert doctor.returncode == 0, doctor.stdout
        assert "none failed for good" in doctor.stdout
    finally:
        external.stop()
