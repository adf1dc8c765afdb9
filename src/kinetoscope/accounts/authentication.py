"""From a credential to its caller: verified once, then remembered for a moment.

Checking a signature costs 70–90 µs and a look-up a round trip; a caller that was checked less than
`RECHECKED_AFTER` ago is taken from memory. So a revoked credential dies at once in the process that
revoked it and within that time in all others.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ..kernel.caller import Caller, Role
from ..kernel.clock import Clock
from ..kernel.coalesce import Coalesced
from ..kernel.db import Database
from . import store
from .tokens import API_KEY_PREFIX, TokenSigner, VerifiedToken, hashed

RECHECKED_AFTER = 1.0
"""Seconds after which a remembered caller is looked up again."""

_REMEMBERED = 10_000
_LONGEST_CREDENTIAL = 4096


@dataclass(slots=True)
class _Remembered:
    caller: Caller
    expires_at: datetime | None
    checked_at: float


class Authentication:
    """Knows whom a credential stands for."""

    def __init__(self, db: Database, *, clock: Clock, signer: TokenSigner) -> None:
        self._db = db
        self._clock = clock
        self._signer = signer
        self._memory: dict[str, _Remembered] = {}
        self._families = Coalesced[UUID, Role](self._load_families)
        self._keys = Coalesced[bytes, tuple[Caller, datetime | None]](self._load_keys)

    def remembered(self, credential: str) -> Caller | None:
        """Return the caller of a credential that was checked a moment ago, without any waiting."""
        known = self._memory.get(credential)
        if known is None or time.monotonic() - known.checked_at > RECHECKED_AFTER:
            return None
        if known.expires_at is not None and known.expires_at <= self._clock():
            return None
        return known.caller

    async def authenticate(self, credential: str) -> Caller | None:
        """Return whom a credential stands for, or None if it is not, or no longer, good."""
        caller = self.remembered(credential)
        if caller is not None:
            return caller
        if len(credential) > _LONGEST_CREDENTIAL or not credential.isascii():
            return None
        began = time.monotonic()
        if credential.startswith(API_KEY_PREFIX):
            found = await self._keys.get(hashed(credential))
        else:
            found = await self._check_token(credential)
        if found is None:
            self._memory.pop(credential, None)
            return None
        if len(self._memory) >= _REMEMBERED:
            self._memory.clear()
        self._memory[credential] = _Remembered(found[0], found[1], began)
        return found[0]

    def forget(self, account_id: UUID) -> None:
        """Look up all credentials of an account anew: one of them was just revoked."""
        for credential, known in list(self._memory.items()):
            if known.caller.id == account_id:
                del self._memory[credential]

    async def _check_token(self, token: str) -> tuple[Caller, datetime] | None:
        verified = self._verified(token)
        if verified is None or verified.caller.family is None:
            return None
        role = await self._families.get(verified.caller.family)
        if role is None:
            return None
        return replace(verified.caller, role=role), verified.expires_at

    def _verified(self, token: str) -> VerifiedToken | None:
        """Return what a token says; its signature is checked when it is first seen, its date always."""
        now = self._clock()
        known = self._memory.get(token)
        if known is None or known.expires_at is None:
            return self._signer.verify(token, at=now)
        return VerifiedToken(known.caller, known.expires_at) if known.expires_at > now else None

    async def _load_families(self, families: Sequence[UUID]) -> dict[UUID, Role]:
        async with self._db.read() as tx:
            return await store.standing_families(tx, families)

    async def _load_keys(self, hashes: Sequence[bytes]) -> dict[bytes, tuple[Caller, datetime | None]]:
        async with self._db.read() as tx:
            rows = await store.use_api_keys(tx, hashes, at=self._clock())
        return {
            row["key_hash"]: (
                Caller(row["account_id"], row["role"], frozenset(row["scopes"]), key_id=row["id"]),
                row["expires_at"],
            )
            for row in rows
        }
