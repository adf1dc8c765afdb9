"""The nouns of the media engine, and the ways in which a file can end badly."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

Stage = Literal["checking", "copying", "transcoding", "poster", "storyboard", "streaming"]

Report = Callable[[Stage, float], None]
"""Told what is being done and how far it is, from 0 to 1. Must be cheap: it is called for every packet."""


class NotAVideo(Exception):  # noqa: N818 - a refusal, named as one reads it
    """The file is not a video that can be used. `reason` is a sentence for the person who uploaded it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class NotAPhoto(Exception):  # noqa: N818 - as NotAVideo
    """The file is not a photo that can be used. `reason` is a sentence for the person who uploaded it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class EngineFailed(Exception):  # noqa: N818 - as NotAVideo
    """The file could not be processed here. `reason` is a sentence for people.

    `may_pass_later` tells whether trying again has a point; it has none when the file exceeds the limits.
    """

    def __init__(self, reason: str, *, may_pass_later: bool = False) -> None:
        self.reason = reason
        self.may_pass_later = may_pass_later
        super().__init__(reason)


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What a file turned out to hold, by its content.

    `width` and `height` are those of the stored picture, in pixels; `rotation` is how many degrees clockwise
    (0, 90, 180, 270) a player turns it before it is shown. `bit_rate` is in bits a second. `is_streamable`
    says that the file is whole and that a player can start and seek before it has read all of it.
    """

    duration_seconds: float
    width: int
    height: int
    frame_rate: float
    container: str
    video_codec: str
    audio_codec: str | None
    pixel_format: str
    bit_rate: int
    size_bytes: int
    rotation: int = 0
    is_streamable: bool = True


class Playable(msgspec.Struct, frozen=True, kw_only=True):
    """The file that browsers play. `how` tells what was needed to get it."""

    path: Path
    content_type: Literal["video/mp4", "video/webm"]
    how: Literal["as it is", "copied", "transcoded"]


class Storyboard(msgspec.Struct, frozen=True, kw_only=True):
    """A grid of small pictures and the WebVTT file that says when each of them applies."""

    sprite: Path
    track: Path
    tiles: int


class Progress(msgspec.Struct, frozen=True, tag_field="event", tag="progress"):
    """A stage and how far it is, in whole percent."""

    stage: Stage
    percent: int


class Processed(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="done"):
    """All that the engine made of one file. Names are relative to its folder; `hls` is the playlist."""

    source: Probe
    result: Probe
    how: str
    main: str
    content_type: str
    poster: str
    storyboard: str
    storyboard_track: str
    hls: str | None
    total_bytes: int


class TapeFile(msgspec.Struct, frozen=True):
    """Where the packets of one recorded track are, what it is of, and a name for who published it."""

    path: str
    kind: Literal["audio", "video", "screen"]
    source: str


class Joined(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="joined"):
    """How long the file is that was made of the tracks of a recording."""

    seconds: float
    size_bytes: int


class PhotoSize(msgspec.Struct, frozen=True):
    """One of the pictures that were made of a photo: a WebP file `<name>.webp`; sides in pixels."""

    name: str
    width: int
    height: int
    size_bytes: int


class MadePhoto(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="done"):
    """All that was made of a photo. `format` is what it was; its sides are upright, in pixels."""

    format: str
    width: int
    height: int
    sizes: tuple[PhotoSize, ...]


class PhotoLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one photo may cost."""

    memory_mb: int = 1024
    cpu_seconds: int = 60
    wall_seconds: float = 120


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="failed"):
    """Why there is no result: `is_refusal` for NotAVideo and NotAPhoto, else EngineFailed."""

    reason: str
    is_refusal: bool
    may_pass_later: bool = False


class EngineLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one file may cost. Videos of `hls_from_seconds` or longer get HLS; with None, none does."""

    memory_mb: int = 2048
    cpu_seconds: int = 4 * 3600
    wall_seconds: float = 6 * 3600
    threads: int = 1
    hls_from_seconds: float | None = 600.0
