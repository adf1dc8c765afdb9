"""Playing: signed addresses for those who may see a video, and the files behind them."""

import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.db import Database
from ..videos import require_visible_video
from . import store
from .cleaning import folder_of
from .models import Addresses, ByteRange, OpenedFile
from .refusals import FileNotFound, NotReadyToPlay
from .signing import AddressSigner
from .storage import Storage

_POSTER = "poster.jpg"
_POSTER_CACHED_SECONDS = 86_400
_ROUNDED_TO_SECONDS = 60
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,3}").fullmatch
_CONTENT_TYPES = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "m4s": "video/iso.segment",
    "m3u8": "application/vnd.apple.mpegurl",
    "vtt": "text/vtt; charset=utf-8",
    "jpg": "image/jpeg",
}


class Playing:
    """Addresses of a video's files, and what they lead to."""

    def __init__(
        self,
        db: Database,
        *,
        clock: Clock,
        storage: Storage,
        signer: AddressSigner,
        lifetime: timedelta,
    ) -> None:
        self._db = db
        self._clock = clock
        self._storage = storage
        self._signer = signer
        self._lifetime = lifetime

    async def addresses(self, caller_id: UUID, video_id: UUID, *, base_url: str) -> Addresses:
        """Return signed addresses of a video's files; refuses with `VideoNotFound`, `NotReadyToPlay`.

        A video whose file is being replaced still plays the one that it has.
        """
        async with self._db.read() as tx:
            video = await require_visible_video(tx, video_id, caller_id)
            media = await store.find_media(tx, video_id)
        if media is None:
            raise NotReadyToPlay(f"This video has nothing to play yet: its status is {video.status}.")
        until = _rounded_up(self._clock() + self._lifetime)
        folder = base_url + self._signer.folder(video_id, media.processing_id, until=until)
        return Addresses(
            content_type=media.content_type,
            main=folder + media.main,
            hls=None if media.hls is None else folder + media.hls,
            poster=folder + media.poster,
            storyboard=folder + media.storyboard,
            expires_at=until,
        )

    async def open(self, signed: str, video_id: str, processing_id: str, name: str) -> OpenedFile:
        """Return the file of an address; refuses with `FileNotFound`, `AddressForged`, `AddressExpired`."""
        now = self._clock()
        grant = self._signer.verify(signed, video_id, processing_id, at=now)
        content_type = _CONTENT_TYPES.get(name.rpartition(".")[2])
        if content_type is None or not _NAME(name) or (grant.is_for_poster and name != _POSTER):
            raise FileNotFound
        key = f"{folder_of(grant.video_id)}{grant.processing_id}/{name}"
        file = await self._storage.head(key)
        if file is None:
            raise FileNotFound
        left = _POSTER_CACHED_SECONDS if grant.is_for_poster else int(grant.expires - now.timestamp())
        # The files of a run never change, so the run and the length name the bytes.
        return OpenedFile(file, f'"{grant.processing_id.hex}-{file.size:x}"', content_type, left, key)

    def stream(self, opened: OpenedFile, part: ByteRange) -> AsyncGenerator[bytes]:
        """Return bytes of an opened file, in chunks of at most 1 MiB."""
        return self._storage.stream(opened.key, part.start, part.end)


def _rounded_up(instant: datetime) -> datetime:
    """Return the next full minute, so that whoever asks again gets the same addresses, and caches help."""
    seconds = -(-int(instant.timestamp()) // _ROUNDED_TO_SECONDS) * _ROUNDED_TO_SECONDS
    return datetime.fromtimestamp(seconds, UTC)
