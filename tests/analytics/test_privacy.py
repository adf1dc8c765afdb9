"""Nobody can tell who watched: not from the database, not from the files, not from the logs."""

import asyncio
import hmac
import subprocess
from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from httpx import AsyncClient

from kinetoscope.analytics import Salts
from kinetoscope.analytics.keeping import FORGET_VIEWER
from kinetoscope.analytics.salts import LIFETIME, OLDEST_SALT
from kinetoscope.cli.dumps import dump_to
from kinetoscope.doctor.database import look_at_database
from kinetoscope.kernel.db import Database, Tx
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres
from kinetoscope.kernel.secrets import Keyring
from kinetoscope.kernel.settings import Settings
from kinetoscope.wiring import Platform
from support import external_postgres
from support.cast import PASSWORD, Person
from support.clock import FakeClock
from support.jobs_done import JobsDone

from .conftest import CHROME, From, analytics, tracked

ADDRESSES = [f"198.51.100.{number}" for number in range(1, 9)] + ["2001:db8::7:1", "192.0.2.77"]


@pytest.fixture
async def salts(platform: Platform, tx: Tx) -> AsyncGenerator[Salts]:
    """The salts of the platform, of which there are none yet."""
    found = platform.services[Salts]
    assert isinstance(found, Salts)
    await found.close()
    await tx.execute("TRUNCATE viewer_salts")
    yield found
    await found.close()
    await tx.execute("TRUNCATE viewer_salts")


def dump_of(data_dir: Path) -> bytes:
    """Return the whole database as text."""
    if external_postgres.is_chosen():
        pytest.skip("the files of an external server are out of reach")
    return output_of(EmbeddedPostgres(data_dir).command("pg_dump"))


def output_of(command: list[str]) -> bytes:
    return subprocess.run(command, capture_output=True, check=True).stdout


def files_of(data_dir: Path) -> list[bytes]:
    """Return every file of the installation: database, write-ahead log, secrets."""
    return [path.read_bytes() for path in data_dir.rglob("*") if path.is_file() and not path.is_socket()]


async def test_the_address_is_not_stored(video: str, at: From, tx: Tx) -> None:
    await tracked(at("198.51.100.1"), video)
    rows = await tx.fetch("SELECT s::text FROM sittings s UNION ALL SELECT q::text FROM view_quotas q")
    assert rows
    assert all("198.51.100" not in row[0] for row in rows)


async def test_after_two_rotations_no_address_can_be_recovered(
    video: str, at: From, tx: Tx, salts: Salts, clock: FakeClock, data_dir: Path
) -> None:
    day = clock().date()
    for address in ADDRESSES:
        await tracked(at(address), video)
    viewers = {row[0] for row in await tx.fetch("SELECT viewer_id FROM sittings")}
    known = salts.known(day)
    sealed = bytes(await tx.fetch_value("SELECT salt FROM viewer_salts WHERE day = $1", day))
    assert known is not None
    salt = known.value
    assert recovered(viewers, [salt]) == set(ADDRESSES)  # while it is there, the attack works
    await salts.rotate()
    assert salts.known(day) == known
    for _ in range(2):
        clock.advance(days=1)
        await tracked(at("192.0.2.1"), video)
        await salts.rotate()
    assert salts.known(day) is None
    await tx.execute("CHECKPOINT")

    captured = [dump_of(data_dir), *files_of(data_dir)]
    assert not [1 for content in captured if salt in content or sealed in content]
    assert not [
        1 for content in captured if salt.hex().encode() in content or sealed.hex().encode() in content
    ]
    keys = [content for content in captured if len(content) == 32]
    for root in [b"k" * 32, *keys]:
        keys += [root, *Keyring(root).derive_all("viewer-salts")]
    days = await tx.fetch("SELECT day, salt FROM viewer_salts")
    assert len(days) == 2
    keys += [bytes(row["salt"]) for row in days]
    keys += [found.value for row in days if (found := salts.known(row["day"]))]
    assert recovered(viewers, keys) == set()


def recovered(viewers: set[UUID], keys: list[bytes]) -> set[str]:
    """Try every address that was used, with every key that there is."""
    found: set[str] = set()
    for key in keys:
        for address in ADDRESSES:
            message = f"viewer\0{address}\0{CHROME}".encode()
            if UUID(bytes=hmac.digest(key, message, "sha256")[:16]) in viewers:
                found.add(address)
    return found


async def test_our_own_dumps_hold_no_salt(
    video: str, client: AsyncClient, settings: Settings, tmp_path: Path, tx: Tx, salts: Salts
) -> None:
    await tracked(client, video)
    sealed = bytes(await tx.fetch_value("SELECT salt FROM viewer_salts"))
    assert sealed.hex().encode() in dump_of(settings.data_dir)
    path, _ = await asyncio.to_thread(dump_to, settings, tmp_path / "dump", overwrite=False)
    command = EmbeddedPostgres(settings.data_dir).command("pg_restore")
    assert sealed.hex().encode() not in output_of([command[0], "--data-only", "--file=-", str(path)])


async def test_a_viewer_is_another_one_on_the_next_day(
    client: AsyncClient, alice: Person, video: str, clock: FakeClock
) -> None:
    await tracked(client, video)
    clock.advance(days=1)
    await tracked(client, video)
    await _sign_in(alice)
    assert (await analytics(alice, video))["unique_viewers"] == 2


async def test_an_account_is_the_same_viewer_on_every_day(
    alice: Person, bob: Person, video: str, clock: FakeClock
) -> None:
    await tracked(bob, video)
    clock.advance(days=1)
    for person in (alice, bob):
        await _sign_in(person)
    await tracked(bob, video)
    found = await analytics(alice, video)
    assert (found["total_views"], found["unique_viewers"]) == (2, 1)
    daily = (await analytics(alice, video, "aggregated"))["data"]
    assert [bucket["unique_viewers"] for bucket in daily][-2:] == [1, 1]


@pytest.mark.parametrize("signal", ["DNT", "Sec-GPC"])
async def test_who_does_not_want_to_be_tracked_counts_and_is_nobody(
    client: AsyncClient, alice: Person, bob: Person, video: str, tx: Tx, signal: str
) -> None:
    for who in (client, bob):
        assert (await tracked(who, video, {signal: "1"}))["counted"]
    rows = await tx.fetch("SELECT viewer_id, user_id, city FROM sittings")
    assert {tuple(row) for row in rows} == {(None, None, "")}
    found = await analytics(alice, video)
    assert (found["total_views"], found["unique_viewers"]) == (2, 0)


async def test_an_erased_account_is_gone_from_views_and_totals_stay(
    alice: Person, bob: Person, video: str, tx: Tx, jobs_done: JobsDone, clock: FakeClock
) -> None:
    await tracked(bob, video)
    await tracked(bob, video)
    before = await analytics(alice, video)
    viewer = await tx.fetch_value("SELECT DISTINCT viewer_id FROM sittings WHERE user_id = $1", UUID(bob.id))
    assert viewer is not None
    await bob.delete("/api/v1/auth/me")
    await jobs_done()
    assert await tx.fetch_value("SELECT count(*) FROM sittings WHERE user_id IS NOT NULL") == 0
    assert await tx.fetch_value("SELECT count(*) FROM viewer_keys") == 0
    assert await analytics(alice, video) == before
    assert await tx.fetch_value("SELECT count(*) FROM jobs WHERE kind = $1", FORGET_VIEWER) == 1


async def test_an_account_is_another_viewer_on_each_video(
    bob: Person, alice: Person, video: str, tx: Tx
) -> None:
    other = (await alice.post("/api/v1/videos", json={"title": "Another"})).json()["id"]
    for one in (video, other):
        await tracked(bob, one)
    assert await tx.fetch_value("SELECT count(DISTINCT viewer_id) FROM sittings") == 2


async def test_all_processes_use_the_same_salt(
    second_platform: Platform, salts: Salts, clock: FakeClock
) -> None:
    day: date = clock().date()
    there = second_platform.services[Salts]
    assert isinstance(there, Salts)
    await second_platform.db.open()
    assert (await there.of(day)).value == (await salts.of(day)).value
    await there.close()
    await second_platform.db.close()


def salts_found(settings: Settings) -> list[str]:
    """Return what the doctor says of salts."""
    return [found.state for found in look_at_database(settings) if found.subject == "Salts of viewers"]


async def _sign_in(person: Person) -> None:
    body = {"email": person.tokens["user"]["email"], "password": PASSWORD}
    answer = await person.post("/api/v1/auth/login", json=body)
    person.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


async def test_after_the_root_secret_is_lost_all_processes_agree_on_a_new_salt(
    db: Database, clock: FakeClock, salts: Salts
) -> None:
    await Salts(db, clock=clock, seal_keys=[b"lost" * 8]).of(clock().date())
    processes = [Salts(db, clock=clock, seal_keys=[b"new." * 8]) for _ in range(8)]
    found = await asyncio.gather(*(process.of(clock().date()) for process in processes))
    for process in processes:
        await process.close()
    assert len({salt.value for salt in found}) == 1


async def test_a_salt_that_lives_for_too_long_is_noticed(
    settings: Settings, salts: Salts, tx: Tx, clock: FakeClock
) -> None:
    if external_postgres.is_chosen():
        pytest.skip("the doctor looks at the database of the settings")
    await salts.of(clock().date())
    healthy = await asyncio.to_thread(salts_found, settings)
    await tx.execute("INSERT INTO viewer_salts VALUES (current_date - 3, 'overdue')")
    overdue = await asyncio.to_thread(salts_found, settings)
    await salts.rotate()
    cured = await asyncio.to_thread(salts_found, settings)
    assert (healthy, overdue, cured) == ([], ["broken"], [])
    assert next(iter(OLDEST_SALT.collect())).samples[0].value < LIFETIME.total_seconds()
