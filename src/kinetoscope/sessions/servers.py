"""Which media servers there are, and on which of them a room lives."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from .realtime import Realtime
from .refusals import MediaUnavailable

RENEWED_EVERY = timedelta(seconds=20)
_BELIEVED = timedelta(minutes=2)


class MediaServers:
    """Knows the media servers of this machine, and those that other machines have entered.

    A room begins on its creator's machine, on the server there with the fewest connections. When a server no
    longer answers, its rooms begin anew on another one, as soon as somebody in them connects again.
    """

    def __init__(self, db: Database, *, clock: Clock, realtime: Realtime) -> None:
        self._db = db
        self._clock = clock
        self._realtime = realtime

    async def renew(self) -> None:
        """Enter those of this machine's servers that answer: others may use them."""
        for url in self._realtime.own_urls:
            if await self._answers(url):
                async with self._db.read() as tx:
                    await save_server(tx, url, at=self._clock())

    async def choose(self) -> str:
        """Return the address of a server that answers, our own first; refuses with `MediaUnavailable`."""
        return await self.replacement(None)

    async def replacement(self, dead: str | None) -> str:
        """Return the address of a server that answers and is not this one."""
        async with self._db.read() as tx:
            known = await list_servers(tx, since=self._clock() - _BELIEVED)
            load = await count_connections(tx)
        # Of equals any: rooms that are made one after the other, before anybody is in them, spread as well.
        own = sorted(self._realtime.own_urls, key=lambda url: (load.get(url, 0), secrets.randbits(32)))
        for url in [*own, *(url for url in known if url not in own)]:
            if url != dead and await self._answers(url):
                return url
        raise MediaUnavailable

    async def _answers(self, url: str) -> bool:
        try:
            await self._realtime.ping(url)
        except MediaUnavailable:
            return False
        return True


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


async def count_connections(tx: Tx) -> dict[str, int]:
    """Return how many connections there are on each media server that has any."""
    rows = await tx.fetch(
        "SELECT media_url, count(*) AS connections FROM session_connections GROUP BY media_url"
    )
    return {row["media_url"]: row["connections"] for row in rows}
