"""Receiving the bytes of uploads: each piece is in the storage before it counts, and counts once.

No lease and no lock is held while bytes come: the statement that counts a piece wants the upload to stand
exactly where the piece begins (`store.append_piece`). Of two writers, one sees that it is too late.
"""

import asyncio
import hashlib
import secrets
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..kernel import jobs
from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.errors import Refusal
from ..videos import find_video_for_update, save_changed_video
from . import store
from .cleaning import CLEAN, UPLOADS, folder_of
from .gathering import gathered
from .models import Body, Checksum, Piece, Upload
from .refusals import (
    ChecksumMismatch,
    EmptyUpload,
    OffsetMismatch,
    SizeMismatch,
    TooManyPieces,
    UploadComplete,
    UploadNotFound,
    UploadTooLarge,
)
from .storage import Storage

PROCESS = "media.process"
"""The job that makes a video of a complete upload, by its `upload_id`."""

WAITING = "Waiting to be processed"


@dataclass(frozen=True, slots=True)
class Sending:
    """What a request says of the bytes it brings: where they begin, and what else it knows.

    `announced` is the length of the body, `size` that of the whole file, both in bytes.
    """

    offset: int
    announced: int | None = None
    size: int | None = None
    checksum: Checksum | None = None


class Receiving:
    """Takes the bytes of uploads; the last one promises the processing, in the commit that counts it."""

    def __init__(
        self, db: Database, *, clock: Clock, storage: Storage, lifetime: timedelta, max_bytes: int
    ) -> None:
        self._db = db
        self._clock = clock
        self._storage = storage
        self._lifetime = lifetime
        self._max_bytes = max_bytes

    async def append(self, token: str, sending: Sending, body: Body) -> Upload:
        """Add bytes to an upload and return how it stands then.

        Refuses with `OffsetMismatch`, `UploadTooLarge`, `ChecksumMismatch` (and then keeps nothing of this
        body), `SizeMismatch`, `TooManyPieces`, `UploadComplete`, `UploadNotFound`, `UploadExpired`.
        """
        upload = await self._open(token, sending)
        room = (upload.size or self._max_bytes) - upload.received
        if sending.announced is not None and sending.announced > room:
            raise UploadTooLarge
        if sending.checksum is None:
            upload = await self._keep_as_it_comes(upload, body, room=room)
        else:
            upload = await self._keep_if_it_matches(upload, body, sending.checksum, room=room)
        if upload.has_all_bytes and upload.state == "open":  # its size was only said now
            return await self._count(upload, [])
        return upload

    async def replace(self, token: str, size: int, body: Body) -> Upload:
        """Receive a whole file in one go, from zero; refuses as `append`, and with `EmptyUpload`.

        What has come when the body breaks off is kept.
        """
        upload = await self._begin_anew(token, size)
        return await self._keep_as_it_comes(upload, body, room=size)

    async def _open(self, token: str, sending: Sending) -> Upload:
        async with self._db.transaction() as tx:
            upload = await store.require_upload(tx, token, at=self._clock())
            if upload.state != "open":
                raise UploadComplete
            if upload.received != sending.offset:
                raise OffsetMismatch(headers={"Upload-Offset": str(upload.received)})
            if sending.size is None:
                return upload
            self._check_size(sending.size)
            sized = await store.declare_size(tx, upload.id, sending.size)
        if sized is None:
            raise SizeMismatch
        return sized

    async def _begin_anew(self, token: str, size: int) -> Upload:
        self._check_size(size)
        now = self._clock()
        async with self._db.transaction() as tx:
            upload = await store.require_upload(tx, token, at=now)
            if upload.size not in {None, size}:
                raise SizeMismatch
            anew = await store.begin_anew(tx, upload.id, size)
            if anew is None:
                raise UploadComplete
            if upload.received:
                await jobs.enqueue(tx, CLEAN, {"video_id": str(upload.video_id)}, at=now)
        return anew

    def _check_size(self, size: int) -> None:
        if size == 0:
            raise EmptyUpload
        if size > self._max_bytes:
            raise UploadTooLarge

    async def _keep_as_it_comes(self, upload: Upload, body: Body, *, room: int) -> Upload:
        async with aclosing(gathered(body, room=room)) as pieces:
            async for content in pieces:
                piece = await self._put(upload, content, start=upload.received)
                upload = await self._count(upload, [piece])
        return upload

    async def _keep_if_it_matches(
        self, upload: Upload, body: Body, checksum: Checksum, *, room: int
    ) -> Upload:
        held: list[Piece] = []
        end = upload.received
        digest = hashlib.new(checksum.algorithm, usedforsecurity=False)
        try:
            async with aclosing(gathered(body, room=room)) as pieces:
                async for content in pieces:
                    await asyncio.to_thread(digest.update, content)
                    held.append(await self._put(upload, content, start=end))
                    end += len(content)
            if not secrets.compare_digest(digest.digest(), checksum.digest):
                raise ChecksumMismatch
        except Refusal:
            await self._drop(held)
            raise
        return await self._count(upload, held)

    async def _put(self, upload: Upload, content: bytearray, *, start: int) -> Piece:
        folder = f"{folder_of(upload.video_id)}{UPLOADS}/{upload.id}/{upload.attempt}"
        # Random, so that two writers of the same bytes never touch each other's file.
        key = f"{folder}/{start:016d}-{secrets.token_hex(6)}"
        await self._storage.put(key, content)
        return Piece(start, len(content), key)

    async def _count(self, upload: Upload, pieces: list[Piece]) -> Upload:
        """Let pieces that are in the storage count, all or none, and complete the upload if they do."""
        now = self._clock()
        try:
            async with self._db.transaction() as tx:
                return await self._advance(tx, upload, pieces, now)
        except (OffsetMismatch, UploadNotFound, TooManyPieces):
            # Only then is it sure that they do not count: a lost connection may have committed.
            await self._drop(pieces)
            raise

    async def _advance(self, tx: Tx, upload: Upload, pieces: list[Piece], now: datetime) -> Upload:
        end = upload.received + sum(piece.length for piece in pieces)
        if upload.size == end:
            await find_video_for_update(tx, upload.video_id)  # always locked before its uploads
        for piece in pieces:
            advanced = await store.append_piece(tx, upload, piece, at=now, expires_at=now + self._lifetime)
            if advanced is None:
                raise await _why_not(tx, upload)
            upload = advanced
        return await _completed(tx, upload, at=now) if upload.has_all_bytes else upload

    async def _drop(self, pieces: list[Piece]) -> None:
        await self._storage.delete([piece.key for piece in pieces])


async def _completed(tx: Tx, upload: Upload, *, at: datetime) -> Upload:
    """Close an upload and promise its processing."""
    video = await find_video_for_update(tx, upload.video_id)
    if video is None or not await store.complete_upload(tx, upload.id):
        raise UploadNotFound
    waiting = replace(
        video, status="processing", status_detail=WAITING, version=video.version + 1, updated_at=at
    )
    await save_changed_video(tx, waiting)
    await jobs.enqueue(tx, PROCESS, {"upload_id": str(upload.id)}, at=at)
    return replace(upload, state="complete")


async def _why_not(tx: Tx, upload: Upload) -> Refusal:
    """Return why a piece did not count."""
    now = await store.find_upload(tx, upload.id)
    if now is None:
        return UploadNotFound()
    if await store.count_pieces(tx, upload.id) >= store.MOST_PIECES:
        return TooManyPieces()
    return OffsetMismatch(headers={"Upload-Offset": str(now.received)})
