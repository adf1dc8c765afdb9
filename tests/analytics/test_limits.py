"""What one source can add to a video, and that a school behind one address is not cut off."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest

from kinetoscope.analytics import Batches, Folding, Geography, Reports, Salts, Tracking
from kinetoscope.analytics.models import Progress, Receipt, Visitor
from kinetoscope.http.request import source_of
from kinetoscope.kernel.caller import Caller
from kinetoscope.kernel.clock import Clock
from kinetoscope.kernel.db import Database
from kinetoscope.kernel.ids import uuid7
from kinetoscope.kernel.settings import Settings
from support.cast import Person
from support.clock import FakeClock

from .conftest import CHROME

QUOTA: int = Settings.model_fields["views_per_source"].default
PROCESSES = 3


class Installation:
    """Several API processes, with the limit that is the default."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._salts = Salts(db, clock=clock, seal_keys=[b"s" * 32])
        self.processes = [self._process(db, clock) for _ in range(PROCESSES)]

    def _process(self, db: Database, clock: Clock) -> Tracking:
        batches = Batches(db, quota=QUOTA, written=lambda: None, recovered=self._salts.publish_again)
        return Tracking(db, clock=clock, salts=self._salts, geography=Geography(None), batches=batches)

    async def report(self, video: UUID, visitors: list[Visitor]) -> Counter[str | None]:
        """Let all of them report a new sitting at once; return the verdicts."""
        receipts: list[Receipt] = await asyncio.gather(
            *(
                self.processes[number % PROCESSES].track_view(video, visitor, Progress(60, 5000, None))
                for number, visitor in enumerate(visitors)
            )
        )
        return Counter(receipt.reason for receipt in receipts)


def visitor(
    address: str, agent: str = CHROME, account: UUID | None = None, *, hidden: bool = False
) -> Visitor:
    return Visitor(address, source_of(address), agent, account, hidden)


@pytest.fixture
def installation(db: Database, clock: FakeClock) -> Installation:
    return Installation(db, clock)


@pytest.mark.parametrize("way", ["one browser", "many browsers", "asking for no tracking", "an IPv6 network"])
async def test_one_source_adds_no_more_than_the_quota_of_a_day(
    installation: Installation, db: Database, alice: Person, video: str, clock: FakeClock, way: str
) -> None:
    attempts = range(QUOTA + 200)
    attack = {
        "one browser": [visitor("198.51.100.1") for _ in attempts],
        "many browsers": [visitor("198.51.100.1", f"Browser/{n}") for n in attempts],
        "asking for no tracking": [visitor("198.51.100.1", hidden=True) for _ in attempts],
        "an IPv6 network": [visitor(f"2001:db8:0:1::{n:x}") for n in attempts],
    }[way]
    assert await installation.report(UUID(video), attack) == {None: QUOTA, "rate": 200}
    found = await Reports(db, clock=clock, folding=Folding(db)).overview(
        Caller(UUID(alice.id), "USER"), UUID(video)
    )
    assert (found.totals.views, found.rejected_rate) == (QUOTA, 200)


async def test_a_sitting_that_several_processes_open_at_once_is_taken_from_the_quota_once(
    installation: Installation, db: Database, video: str
) -> None:
    players = [uuid7() for _ in range(40)]
    verdicts = await asyncio.gather(
        *(
            process.track_view(UUID(video), visitor("198.51.100.1"), Progress(60, 5000, player))
            for player in players
            for process in installation.processes
        )
    )
    assert {verdict.reason for verdict in verdicts} == {None}
    async with db.read() as tx:
        assert await tx.fetch_value("SELECT sum(used) FROM view_quotas") == len(players)


async def test_an_account_has_a_quota_of_its_own(installation: Installation, bob: Person, video: str) -> None:
    account = UUID(bob.id)
    attack = [visitor(f"198.51.100.{n % 200}", account=account) for n in range(QUOTA + 50)]
    assert await installation.report(UUID(video), attack) == {None: QUOTA, "rate": 50}


async def test_a_school_behind_one_address_is_not_cut_off(installation: Installation, video: str) -> None:
    pupils = [visitor("192.0.2.1") for _ in range(300)]  # the same tablets, so the same browser
    assert await installation.report(UUID(video), pupils) == {None: 300}


async def test_the_next_day_begins_anew_and_others_are_not_touched(
    installation: Installation, video: str, clock: FakeClock
) -> None:
    attack = [visitor("198.51.100.1") for _ in range(QUOTA + 1)]
    assert (await installation.report(UUID(video), attack))["rate"] == 1
    assert await installation.report(UUID(video), [visitor("198.51.100.2")]) == {None: 1}
    clock.advance(days=1)
    assert await installation.report(UUID(video), [visitor("198.51.100.1")]) == {None: 1}
