"""The random salts that anonymous viewers are counted under: one for each day, destroyed after 48 hours."""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from prometheus_client import Gauge

from ..kernel.clock import Clock
from ..kernel.db import Database
from ..kernel.macs import Mac
from . import store

LIFETIME = timedelta(hours=48)
"""A salt is destroyed this long after the beginning of its day (UTC)."""

OLDEST_SALT = Gauge(
    "kinetoscope_viewer_salt_age_seconds",
    "Age of the oldest salt of viewers, after the last rotation; over 172800 something is wrong",
    multiprocess_mode="mostrecent",
)

_NONCE_BYTES = 12
_SALT_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class Salt:
    """The salt of a day, and what hashes under it."""

    value: bytes
    mac: Mac


class Salts:
    """Gives the salt of a day, the same to all processes, and destroys those whose time has come.

    In the database they are sealed: a copy of it alone is worth nothing, not even on the same day.
    """

    def __init__(self, db: Database, *, clock: Clock, seal_keys: Sequence[bytes]) -> None:
        self._db = db
        self._clock = clock
        self._ciphers = [AESGCM(key) for key in seal_keys]  # the present one first
        self._known: dict[date, Salt] = {}
        self._forgetting: dict[date, asyncio.TimerHandle] = {}

    def known(self, day: date) -> Salt | None:
        """Return the salt of a day if this process has it already."""
        return self._known.get(day)

    async def of(self, day: date) -> Salt:
        """Return the salt of a day; it is made when it is first asked for."""
        self._forget_expired()
        async with self._db.read() as tx:
            offered = self._sealed(day, secrets.token_bytes(_SALT_BYTES))
            sealed = await store.publish_salt(tx, day, offered)
            value = self._opened(day, sealed)
            if value is None:  # sealed under a root secret that is gone
                value = self._opened(day, await store.replace_salt(tx, day, sealed, offered))
        assert value is not None, "what was just sealed can be opened"
        return self._remember(day, Salt(value, Mac(value)))

    async def publish_again(self) -> None:
        """Tell the others the salts of this process: a crash of PostgreSQL empties unlogged tables."""
        self._forget_expired()
        async with self._db.read() as tx:
            for day, salt in list(self._known.items()):
                await store.publish_salt(tx, day, self._sealed(day, salt.value))

    async def rotate(self) -> None:
        """Destroy the salts whose time has come, in the database and in this process."""
        self._forget_expired()
        async with self._db.transaction() as tx:
            days = await store.destroy_salts(tx, before=_first_kept(self._clock()))
        OLDEST_SALT.set(_age(days, self._clock()))

    async def open(self) -> None:
        """Need nothing."""

    async def close(self) -> None:
        """Forget everything."""
        for timer in self._forgetting.values():
            timer.cancel()
        self._forgetting.clear()
        self._known.clear()

    def _remember(self, day: date, salt: Salt) -> Salt:
        self._known[day] = salt
        if day not in self._forgetting:
            # Also in a process that nobody calls any more.
            left = (_beginning(day) + LIFETIME - self._clock()).total_seconds()
            loop = asyncio.get_running_loop()
            self._forgetting[day] = loop.call_later(max(0.0, left), self._forget, day)
        return salt

    def _forget(self, day: date) -> None:
        self._known.pop(day, None)
        timer = self._forgetting.pop(day, None)
        if timer is not None:
            timer.cancel()

    def _forget_expired(self) -> None:
        for day in [day for day in self._known if day < _first_kept(self._clock())]:
            self._forget(day)

    def _sealed(self, day: date, salt: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, salt, day.isoformat().encode())

    def _opened(self, day: date, sealed: bytes) -> bytes | None:
        for cipher in self._ciphers:
            with suppress(InvalidTag):
                return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], day.isoformat().encode())
        return None


def _beginning(day: date) -> datetime:
    return datetime.combine(day, time(tzinfo=UTC))


def _first_kept(now: datetime) -> date:
    """Return the oldest day whose salt may still be there."""
    return (now - LIFETIME).date() + timedelta(days=1)


def _age(days: Sequence[date], now: datetime) -> float:
    return (now - _beginning(min(days))).total_seconds() if days else 0.0
