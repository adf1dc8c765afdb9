"""The nouns of media."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

UploadState = Literal["open", "complete", "processed"]
ChecksumAlgorithm = Literal["sha1", "sha256", "md5"]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way; sizes in bytes. `size` is None until the client has said it."""

    id: UUID
    video_id: UUID
    size: int | None
    received: int
    attempt: int
    state: UploadState
    metadata: str | None
    base_url: str
    expires_at: datetime

    @property
    def has_all_bytes(self) -> bool:
        """Whether nothing is missing."""
        return self.size is not None and self.received == self.size

    def is_expired(self, *, at: datetime) -> bool:
        """Whether it was left unfinished for too long."""
        return self.state == "open" and self.expires_at <= at


@dataclass(frozen=True, slots=True)
class UploadWish:
    """What a client says of a file before it sends it."""

    size: int | None = None
    filename: str | None = None
    metadata: str | None = None


@dataclass(frozen=True, slots=True)
class StartedUpload:
    """A new upload, and the secret part of its address, which is nowhere else."""

    token: str
    upload: Upload


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an upload's bytes that is in the storage."""

    start: int
    length: int
    key: str


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request must hash to."""

    algorithm: ChecksumAlgorithm
    digest: bytes


@dataclass(frozen=True, slots=True)
class MediaFile:
    """What of a video is ready to play. Names are relative to the folder of this run of the processing."""

    video_id: UUID
    processing_id: UUID
    main: str
    content_type: str
    size_bytes: int
    total_bytes: int
    duration_seconds: float
    poster: str
    storyboard: str
    hls: str | None
    thumbnail_url: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeptMedia:
    """What of a video's stored files is still needed."""

    processing_id: UUID | None
    attempts: dict[UUID, int]
    """The present attempt of each upload whose pieces are needed."""
    is_processing: bool

    def needs_attempt(self, upload: str, attempt: str) -> bool:
        """Whether the pieces of an attempt at an upload are needed; both as the names of their folders."""
        return any(str(id) == upload and str(present) == attempt for id, present in self.attempts.items())

    def needs_run(self, processing_id: str) -> bool:
        """Whether the files of a run of the processing are needed: the run that counts, or one under way."""
        return self.is_processing or processing_id == str(self.processing_id)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the storage."""

    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `start` up to, not including, `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Addresses:
    """Signed addresses of a video's files, good until `expires_at`."""

    content_type: str
    main: str
    hls: str | None
    poster: str
    storyboard: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file that a signed address gave access to; `content` streams it, or a range of it."""

    file: StoredFile
    etag: str
    content_type: str
    seconds_left: int
    key: str


Body = AsyncGenerator[bytes]
"""The bytes of a request as they arrive."""
