"""The supervisor: real processes, really killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import httpx
import psutil
import pytest

from kinetoscope.cli.api import DRAIN_SECONDS
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres
from kinetoscope.supervisor.programs import restart_delay
from support.people import signed_up
from support.server import Server, eventually, run_cli, run_cli_process, seeded, started_server

ACCOUNT = {"email": "alice@example.org", "password": "correct horse battery"}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give one data directory to all that stop their server: making a database takes seconds."""
    return seeded(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server that heals from whatever a test does to it."""
    with started_server(tmp_path_factory.mktemp("shared")) as server:
        yield server


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def write(server: Server) -> int:
    """Sign up or in, which needs the database, and return the status."""
    answer = httpx.post(f"{server.url}/api/v1/auth/register", json=ACCOUNT, timeout=30)
    if answer.status_code == 409:
        answer = httpx.post(f"{server.url}/api/v1/auth/login", json=ACCOUNT, timeout=30)
    return answer.status_code


def test_sigterm_answers_what_is_in_flight_and_ends_everything(data_dir: Path) -> None:
    body = b'{"email": "alice@example.org", "password": "not the password"}'
    with started_server(data_dir) as server, closing(begun_login(server, body)) as connection:
        postgres = psutil.Process(server.postgres_pid())
        processes = [postgres, *postgres.children(), *psutil.Process(server.pid).children()]
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: refuses_connections(server))
        connection.send(body[10:])
        assert connection.getresponse().status == 401
        assert server.process.wait(40) == 0
        assert [process for process in processes if process.is_running()] == []
        assert server.postgres_pid() is None
        assert "Traceback" not in server.logs


def test_who_follows_a_session_does_not_hold_up_the_end(data_dir: Path) -> None:
    with started_server(data_dir) as server, closing(signed_up(server.url)) as host:
        sessions = "/api/v1/video-sessions/sessions"
        made = eventually(lambda: answered(host.post(sessions, json={"session_name": "Followed"})))
        with host.stream("GET", f"{sessions}/{made.json()['id']}/events") as events:
            lines = events.iter_lines()
            assert next(lines).startswith("retry:")
            (api,) = [psutil.Process(pid) for pid in server.pids("api")]
            server.process.send_signal(signal.SIGTERM)
            assert list(lines)[-1] == ""  # to its end, not cut off
            api.wait(DRAIN_SECONDS / 2)


def answered(answer: httpx.Response) -> httpx.Response | None:
    return answer if answer.is_success else None


def test_ctrl_c_stops_all_of_it_too(data_dir: Path) -> None:
    with started_server(data_dir) as server:
        os.killpg(server.pid, signal.SIGINT)
        assert server.process.wait(40) == 0
        assert server.postgres_pid() is None


def test_a_killed_api_process_refuses_no_connection(server: Server) -> None:
    (api,) = server.pids("api")
    os.kill(api, signal.SIGKILL)
    assert httpx.get(f"{server.url}/readyz", timeout=30).status_code == 200
    assert server.pids("api") != [api]
    assert "it died with signal 9 (SIGKILL)" in server.logs


def test_a_killed_worker_comes_back(server: Server) -> None:
    (worker,) = server.pids("worker")
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: [pid for pid in server.pids("worker") if pid != worker])


def test_a_killed_postgres_comes_back_and_requests_go_on(server: Server) -> None:
    assert write(server) in {200, 201}
    postgres = server.postgres_pid()
    assert postgres is not None
    os.kill(postgres, signal.SIGKILL)
    # Waited for by the request itself, for as long as a request waits; on a crowded machine, by the next one.
    assert eventually(lambda: write(server) in {200, 201})
    assert server.postgres_pid() not in {None, postgres}


def test_a_killed_supervisor_leaves_no_orphans_and_the_next_serve_takes_over(data_dir: Path) -> None:
    with started_server(data_dir) as killed:
        assert write(killed) in {200, 201}
        children = [*killed.pids("api"), *killed.pids("worker")]
        postgres = killed.postgres_pid()
        killed.process.kill()
        killed.process.wait()
        eventually(lambda: all(is_gone(pid) for pid in children))
        with started_server(data_dir, "--port", killed.url.rpartition(":")[2]) as next_one:
            assert next_one.postgres_pid() == postgres
            login = httpx.post(f"{next_one.url}/api/v1/auth/login", json=ACCOUNT)
            assert login.status_code == 200
            assert next_one.stop() == 0
        assert killed.postgres_pid() is None


def begun_login(server: Server, body: bytes) -> HTTPConnection:
    """Return a connection on which a request was begun, which the API has taken up."""
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    connection.putrequest("POST", "/api/v1/auth/login")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    connection.send(body[:10])
    # The one API process takes connections in their order.
    httpx.get(f"{server.url}/healthz")
    return connection


def refuses_connections(server: Server) -> bool:
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return True
    return False


def test_several_api_processes_share_the_port(data_dir: Path) -> None:
    with started_server(data_dir, "--workers", "2") as server:
        assert len(server.pids("api")) == 2
        with ThreadPoolExecutor(4) as callers:
            statuses = set(callers.map(status_of, [server] * 200))
        assert statuses == {200}


def status_of(server: Server) -> int:
    """Ask over a connection of its own and return the status."""
    with closing(HTTPConnection(server.url.removeprefix("http://"), timeout=30)) as connection:
        connection.request("GET", "/healthz")
        return connection.getresponse().status


def test_a_second_serve_on_the_same_data_is_refused(server: Server) -> None:
    second = run_cli_process("serve", "--port", "0", data_dir=server.data_dir)
    assert second.returncode == 1
    assert f"already serves {server.data_dir}" in second.stderr
    assert f"pid {server.pid}" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_port_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_cli_process("serve", "--port", str(port), data_dir=tmp_path / "data")
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 is already in use" in done.stderr
    assert not (tmp_path / "data" / "postgres").exists()


def test_a_database_that_somebody_else_started_is_left_running(data_dir: Path) -> None:
    assert run_cli("db", "start", data_dir=data_dir).returncode == 0
    with started_server(data_dir) as server:
        assert server.stop() == 0
        assert server.postgres_pid() is not None
        assert run_cli("db", "stop", data_dir=data_dir).stdout == "PostgreSQL is stopped.\n"


def test_what_can_never_start_ends_with_the_reason(tmp_path: Path) -> None:
    folder = seeded(tmp_path)
    (folder / "secrets" / "root.key").mkdir(parents=True)  # a directory where the secret belongs
    done = run_cli_process("serve", "--port", "0", data_dir=folder)
    assert done.returncode == 1
    assert "IsADirectoryError" in done.stderr
    assert "ended 3 times at its start: it ended with exit code 1." in done.stderr
    assert "Traceback" not in done.stderr
    assert EmbeddedPostgres(folder).running_pid() is None


def test_a_database_of_another_version_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("14\n")
    done = run_cli_process("serve", "--port", "0", data_dir=tmp_path)
    assert done.returncode == 1
    assert "was written by PostgreSQL 14" in done.stderr
    assert "pg_dump" in done.stderr


def test_a_second_signal_hastens_the_end(data_dir: Path) -> None:
    with started_server(data_dir) as server, closing(begun_login(server, b"never sent to its end")):
        server.process.send_signal(signal.SIGINT)
        eventually(lambda: refuses_connections(server))
        server.process.send_signal(signal.SIGINT)
        started = time.monotonic()
        assert server.process.wait(40) == 0
        assert time.monotonic() - started < 5  # the first alone would wait for the request
        assert server.postgres_pid() is None


def test_api_and_worker_run_alone_and_leave_the_database_to_others(data_dir: Path) -> None:
    api_alone = started_alone("api", "--port", "0", data_dir=data_dir)
    with api_alone as api, started_alone("worker", data_dir=data_dir):
        assert api.stdout is not None
        address = api.stdout.readline().removeprefix("The API listens on ").strip()
        assert httpx.get(f"{address}/readyz", timeout=30).status_code == 200
    assert run_cli("db", "stop", data_dir=data_dir).stdout == "PostgreSQL is stopped.\n"


@contextmanager
def started_alone(*words: str, data_dir: Path) -> Generator["subprocess.Popen[str]"]:
    """Run a command until the block ends; then SIGTERM must end it in order."""
    command = [sys.executable, "-P", "-m", "kinetoscope", *words, "--data-dir", str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        except BaseException:
            process.kill()  # else its end would be waited for, for ever
            raise
        process.terminate()
        assert process.wait(40) == 0


def test_an_external_database_that_does_not_answer_is_a_clear_error(tmp_path: Path) -> None:
    started = time.monotonic()
    done = run_cli_process(
        "serve", "--port", "0", data_dir=tmp_path, database_url="postgresql://me:secret@127.0.0.1:9/videos"
    )
    assert done.returncode == 1
    assert "The database at 127.0.0.1:9/videos cannot be used" in done.stderr
    assert "secret" not in done.stderr
    assert time.monotonic() - started < 20


def test_what_dies_again_and_again_is_restarted_ever_more_slowly() -> None:
    delays = [restart_delay(deaths) for deaths in range(12)]
    assert delays[:4] == [0.0, 0.0, 0.25, 0.5]
    assert delays == sorted(delays)
    assert delays[-1] == 10.0
