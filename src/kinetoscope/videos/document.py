"""A video's JSON, written once for each change and then sent as it is."""

import re
from datetime import datetime
from uuid import UUID

import msgspec

from .models import Playback, Video

_WORDS = re.compile(r"\w+")
_MOST_WORDS = 16

_encoder = msgspec.json.Encoder()


class _Document(msgspec.Struct, frozen=True):
    """The fields of the answer, in their order."""

    id: UUID
    video_id: UUID
    user_id: UUID
    author: str
    project_id: UUID
    title: str
    description: str
    video_type: str
    video_url: str | None
    thumbnail_url: str | None
    duration: int | None
    tags: tuple[str, ...]
    tech_stack: tuple[str, ...]
    project_url: str | None
    visibility: str
    status: str
    status_detail: str | None
    playback: Playback | None
    created_at: datetime
    updated_at: datetime


def document_of(video: Video) -> str:
    """Return a video as a JSON object without its closing brace: the counters are added when it is sent."""
    document = _Document(
        id=video.id,
        video_id=video.id,
        user_id=video.owner_id,
        author=video.author,
        project_id=video.project_id,
        title=video.title,
        description=video.description,
        video_type=video.video_type,
        video_url=video.video_url,
        thumbnail_url=video.thumbnail_url,
        duration=video.duration,
        tags=video.tags,
        tech_stack=video.tech_stack,
        project_url=video.project_url,
        visibility=video.visibility,
        status=video.status,
        status_detail=video.status_detail,
        playback=video.playback,
        created_at=video.created_at,
        updated_at=video.updated_at,
    )
    return _encoder.encode(document)[:-1].decode()


def keys_of(names: tuple[str, ...]) -> list[str]:
    """Return tags or technologies as they are compared: ignoring case."""
    return [name.casefold() for name in names]


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Return tags or technologies without those that differ only in case; the first spelling stays."""
    return tuple({name.casefold(): name for name in reversed(names)}[key] for key in _ordered_keys(names))


def _ordered_keys(names: list[str]) -> list[str]:
    return list(dict.fromkeys(name.casefold() for name in names))


def words_query(text: str) -> str:
    """Return a tsquery that wants every word of a text, each as the beginning of a word.

    Empty when the text has no words. Only word characters pass, so nothing in it can be an operator.
    """
    words = _WORDS.findall(text.lower())[:_MOST_WORDS]  # as the index lowers them: "ß" stays "ß"
    return " & ".join(f"'{word}':*" for word in words)
