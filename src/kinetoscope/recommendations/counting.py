"""Taking votes: what was watched or liked counts within seconds."""

from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from . import click_store, list_store, vote_store
from .sources import Sources

_AT_ONCE = 1000
"""In one transaction: a vote counts a pair with each earlier one of its viewer."""


class Counting:
    """Counts new votes into what lists are made of; one process of all does, at a time."""

    def __init__(self, db: Database, *, clock: Clock, sources: Sources) -> None:
        self._db = db
        self._clock = clock
        self._sources = sources

    async def count(self) -> None:
        """Take all votes that are new, in portions."""
        while await self._count_some():
            pass

    async def _count_some(self) -> bool:
        now = self._clock()
        async with self._db.transaction() as tx:
            until = await vote_store.begin_counting(tx)
            if until is None:
                return False
            taken, latest, first = await vote_store.take_votes(
                tx, since=until - vote_store.LATE, at_most=_AT_ONCE
            )
            if taken:
                await list_store.age_lists(tx, sorted(await vote_store.count_votes(tx, first=first)))
            is_all = taken < _AT_ONCE
            await vote_store.end_counting(tx, read_until=now if is_all or latest is None else latest)
        return not is_all

    async def erase_account(self, tx: Tx, account_id: UUID) -> int:
        """Remove some votes, impressions and clicks of an account that is being erased; return how many."""
        await vote_store.lock_counting(tx)
        removed = await vote_store.forget_voter(tx, account_id, at_most=500)
        return removed + await click_store.forget_source(tx, self._sources.of(account_id), at_most=500)
