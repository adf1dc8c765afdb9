"""Which media servers there are, and on which of them a room lives."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from .realtime import Realtime
from .refusals import MediaUnavailable

log = logging.getLogger(__name__)

RENEWED_EVERY = timedelta(seconds=20)
_BELIEVED = timedelta(minutes=2)


class MediaServers:
    """Knows the media server of this machine, and those that other machines have entered.

    A room begins on its creator's machine. When a server no longer answers, its rooms begin anew on another
    one, as soon as somebody in them connects again.
    """

    def __init__(self, db: Database, *, clock: Clock, realtime: Realtime) -> None:
        self._db = db
        self._clock = clock
        self._realtime = realtime

    async def renew(self) -> None:
        """Enter this machine's server if it answers: others may use it."""
        url = self._realtime.own_url
        try:
            await self._realtime.ping(url)
        except MediaUnavailable:
            return
        async with self._db.read() as tx:
            await save_server(tx, url, at=self._clock())

    async def known(self) -> Sequence[str]:
        """Return the addresses of the servers that were there lately, and of our own."""
        async with self._db.read() as tx:
            known = await list_servers(tx, since=self._clock() - _BELIEVED)
        own = self._realtime.own_url
        return [own, *(url for url in known if url != own)]

    async def choose(self) -> str:
        """Return the address of a server that answers, our own first; refuses with `MediaUnavailable`."""
        return await self.replacement(None)

    async def replacement(self, dead: str | None) -> str:
        """Return the address of a server that answers and is not this one."""
        for url in await self.known():
            if url == dead:
                continue
            try:
                await self._realtime.ping(url)
            except MediaUnavailable:
                continue
            return url
        raise MediaUnavailable


async def save_server(tx: Tx, url: str, *, at: datetime) -> None:
    """Save that a media server was there at this moment."""
    await tx.execute(
        """
        INSERT INTO media_servers AS m (url, seen_at) VALUES ($1, $2)
            ON CONFLICT (url) DO UPDATE SET seen_at = GREATEST(m.seen_at, $2)
        """,
        url,
        at,
    )


async def list_servers(tx: Tx, *, since: datetime) -> Sequence[str]:
    """Return the media servers that have been there lately, the latest first."""
    rows = await tx.fetch("SELECT url FROM media_servers WHERE seen_at >= $1 ORDER BY seen_at DESC", since)
    return [row["url"] for row in rows]
