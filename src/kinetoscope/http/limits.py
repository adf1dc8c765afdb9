"""The generous ceiling on routes that anybody may write to, for each address."""

import math
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request, Response

from ..kernel.clock import Clock
from ..kernel.db import Database
from ..kernel.limits import Allowance, LocalLimiter, RateLimit, TooManyRequests, Turn, spend_evenly
from ..kernel.macs import Mac
from .request import limited_source

POLICY = "public-write"

_UNASKED = 20
"""One part in so many of the ceiling is let through by each process without asking the database."""
_MOST_REMEMBERED = 100_000


class PublicWriteLimit:
    """Counts writes without a caller, by address; keeps no address, only a keyed hash.

    Who writes no more than people do costs nothing: a small part of the ceiling is each process's own. The
    rest is in a row that all processes share, so the ceiling holds across them; each one beyond the first
    adds its small part.
    """

    def __init__(self, db: Database, *, clock: Clock, limit: RateLimit, secret: bytes) -> None:
        self._db = db
        self._clock = clock
        self._limit = limit
        self._mac = Mac(secret)
        own = limit.count // _UNASKED
        self._own = LocalLimiter(RateLimit(own, limit.seconds)) if own else None
        self._shared = RateLimit(limit.count - own, limit.seconds)
        self._refused_until: dict[bytes, datetime] = {}

    async def spend(self, source: str) -> Allowance:
        """Count one request; refuses with `TooManyRequests`."""
        turn = await self.take(source)
        if not turn.passes:
            raise TooManyRequests(turn.allowance, POLICY)
        return turn.allowance

    async def take(self, source: str) -> Turn:
        """Count one request, and return whether it passes."""
        key = self._mac.digest(f"{POLICY}\0{source}".encode())[:16]
        now = self._clock()
        own = self._own.spend(key, now=now.timestamp()) if self._own else None
        if own is not None:
            left = own.remaining + self._shared.count
            return Turn(passes=True, allowance=Allowance(self._limit, left, own.reset_seconds))
        turn = self._remembered(key, now) or await self._ask(key, now)
        told = turn.allowance
        return Turn(turn.passes, Allowance(self._limit, told.remaining, told.reset_seconds))

    def _remembered(self, key: bytes, now: datetime) -> Turn | None:
        """Refuse again without the database, so that a flood does not reach it."""
        until = self._refused_until.get(key)
        if until is None or until <= now:
            return None
        wait = math.ceil((until - now).total_seconds())
        return Turn(passes=False, allowance=Allowance(self._shared, 0, wait))

    async def _ask(self, key: bytes, now: datetime) -> Turn:
        async with self._db.read() as tx:
            turn = await spend_evenly(tx, key, self._shared, at=now)
        if turn.passes:
            self._refused_until.pop(key, None)
            return turn
        if len(self._refused_until) >= _MOST_REMEMBERED:
            self._refused_until.clear()
        self._refused_until[key] = now + timedelta(seconds=turn.wait_seconds)
        return turn


async def _spend(request: Request, response: Response) -> None:
    limit = request.state.services[PublicWriteLimit]
    assert isinstance(limit, PublicWriteLimit)
    response.headers.update((await limit.spend(limited_source(request))).headers(POLICY))


PublicWrite = Annotated[None, Depends(_spend)]
"""Counts a request against the ceiling of its address; a route that takes it declares `limited=True`."""
