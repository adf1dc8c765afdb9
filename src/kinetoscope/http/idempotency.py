"""Safe retries: the same Idempotency-Key from the same caller gets the first answer again.

A row is taken before the request runs, and marked in the very commit of the request's effect
(`took_effect`): so a retry after a crash never carries anything out twice, and a retry of something that
was never carried out does it. Kept answers are sealed: they may hold a token or a key.
"""

import hashlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Request, Response

from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database, Record, Tx, commit_witness
from ..kernel.errors import Unacceptable
from ..kernel.ids import uuid7
from ..kernel.limits import limit_key
from .declare import AnswerLost, KeyInUse, KeyReused
from .errors import render
from .request import client_address

KEY_HEADER = "idempotency-key"
KEPT = timedelta(hours=24)
_LEASE = timedelta(seconds=60)
_LONGEST_KEY = 255
_NONCE_BYTES = 12
_NOT_KEPT = frozenset({401, 403, 409, 429})
"""Refusals that a retry should have looked at anew; so are all of 500 and above."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """The right to carry out a request under a key."""

    caller: str
    key: str
    request_hash: bytes
    lease: UUID


class Replay:
    """Carries out each keyed POST once, and repeats its answer."""

    def __init__(self, db: Database, *, clock: Clock, seal_key: bytes) -> None:
        self._db = db
        self._clock = clock
        self._seal_key = seal_key
        self._cipher = AESGCM(seal_key)

    async def answer(
        self, request: Request, caller: Caller | None, handle: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """Return the first answer for this key, or carry the request out and keep its answer."""
        claim = await self._claim_for(request, caller)
        kept = await self._begin(claim)
        if kept is not None:
            return self._kept_answer(claim, kept)
        token = commit_witness.set(lambda tx: _mark_effect(tx, claim))
        try:
            response = await handle(request)
        except Exception as error:
            response = await render(request, error)
            await self._forget_or_keep(claim, response)
            raise
        finally:
            commit_witness.reset(token)
        await self._forget_or_keep(claim, response)
        return response

    async def forget_old(self) -> None:
        """Remove what has been kept for long enough."""
        async with self._db.read() as tx:
            await tx.execute("DELETE FROM idempotency_keys WHERE started_at < $1", self._clock() - KEPT)

    async def _claim_for(self, request: Request, caller: Caller | None) -> _Claim:
        key = request.headers[KEY_HEADER]
        if not key.isascii() or not key.isprintable() or not 1 <= len(key) <= _LONGEST_KEY:
            raise Unacceptable(
                f"An Idempotency-Key is 1 to {_LONGEST_KEY} printable ASCII characters.",
                field="Idempotency-Key",
                place="header",
            )
        if caller is not None:
            who = str(caller.id)
        else:
            who = "anonymous:" + limit_key(self._seal_key, "idempotency", client_address(request)).hex()
        digest = hashlib.sha256(f"{request.url.path}\0{request.url.query}\0".encode())
        digest.update(await request.body())
        return _Claim(who, key, digest.digest(), uuid7())

    async def _begin(self, claim: _Claim) -> Record | None:
        """Take the key; return the kept answer if there is one. One statement decides between racers."""
        now = self._clock()
        async with self._db.transaction() as tx:
            taken = await tx.fetch_value(
                """
                INSERT INTO idempotency_keys AS k
                       (caller, key, request_hash, started_at, lease, leased_until)
                VALUES ($1, $2, $3, $4::timestamptz, $5, $4::timestamptz + $6::interval)
                    ON CONFLICT (caller, key) DO UPDATE
                   SET request_hash = $3, started_at = $4, lease = $5,
                       leased_until = $4::timestamptz + $6::interval,
                       took_effect = false, status = NULL, headers = NULL, body = NULL
                 WHERE k.started_at < $4::timestamptz - $7::interval
                    OR (k.status IS NULL AND NOT k.took_effect AND k.leased_until < $4
                        AND k.request_hash = $3)
                RETURNING lease
                """,
                claim.caller,
                claim.key,
                claim.request_hash,
                now,
                claim.lease,
                _LEASE,
                KEPT,
            )
            if taken is not None:
                return None
            row = await tx.fetch_one(
                """
                SELECT request_hash, status, headers, body, took_effect, leased_until
                  FROM idempotency_keys WHERE caller = $1 AND key = $2
                """,
                claim.caller,
                claim.key,
            )
        return _require_answer(row, claim, now)

    async def _forget_or_keep(self, claim: _Claim, response: Response) -> None:
        body = getattr(response, "body", None)
        async with self._db.read() as tx:
            if response.status_code >= 500 or response.status_code in _NOT_KEPT or body is None:  # noqa: PLR2004
                await tx.execute(
                    """
                    DELETE FROM idempotency_keys
                     WHERE caller = $1 AND key = $2 AND lease = $3 AND ($4 < 500 OR NOT took_effect)
                    """,
                    claim.caller,
                    claim.key,
                    claim.lease,
                    response.status_code,
                )
                return
            await tx.execute(
                """
                UPDATE idempotency_keys SET status = $4, headers = $5, body = $6
                 WHERE caller = $1 AND key = $2 AND lease = $3
                """,
                claim.caller,
                claim.key,
                claim.lease,
                response.status_code,
                _kept_headers(response),
                self._sealed(bytes(body), claim),
            )

    def _sealed(self, body: bytes, claim: _Claim) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, body, _bound_to(claim))

    def _kept_answer(self, claim: _Claim, row: Record) -> Response:
        sealed: bytes = row["body"]
        body = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(claim))
        headers: dict[str, str] = row["headers"]
        return Response(body, row["status"], headers=headers | {"Idempotency-Replayed": "true"})


def _bound_to(claim: _Claim) -> bytes:
    return f"{claim.caller}\0{claim.key}".encode()


def _kept_headers(response: Response) -> dict[str, Any]:
    kept = ("content-type", "location", "etag")
    return {name: value for name, value in response.headers.items() if name in kept}


async def _mark_effect(tx: Tx, claim: _Claim) -> None:
    """Note, in the commit of the effect itself, that there is one; refuse if the key was lost."""
    marked = await tx.execute(
        "UPDATE idempotency_keys SET took_effect = true WHERE caller = $1 AND key = $2 AND lease = $3",
        claim.caller,
        claim.key,
        claim.lease,
    )
    if not marked:
        raise KeyInUse


def _require_answer(row: Record | None, claim: _Claim, now: datetime) -> Record:
    if row is None:  # it was just removed: the first request was refused, and may be made again
        raise KeyInUse
    if row["request_hash"] != claim.request_hash:
        raise KeyReused
    if row["status"] is not None:
        return row
    if row["took_effect"] and row["leased_until"] < now:
        raise AnswerLost
    raise KeyInUse
