"""A document made ready for the index: all that PostgreSQL needs to know of its text, computed once."""

import hashlib
from datetime import datetime
from uuid import UUID

import msgspec

from .languages import LANGUAGES, Language, language_of
from .models import Document, Revision
from .passages import passages_of
from .words import words_of

_SHORTEST_SPELLED, _LONGEST_SPELLED = 3, 40
_MOST_SPELLED = 1000

_encoder = msgspec.json.Encoder()


class Prepared(msgspec.Struct, frozen=True):
    """A revision as the store writes it. Hashes are in hexadecimal."""

    project_id: UUID
    video_id: UUID
    version: int
    is_given: bool
    category: str
    duration: int | None
    author_key: str
    tag_keys: tuple[str, ...]
    checksum: str
    text_hash: str
    title: str
    description: str
    author: str
    tags: tuple[str, ...]
    thumbnail_url: str | None
    created_at: datetime | None
    language: Language
    title_words: str
    description_words: str
    tag_words: str
    spelled: tuple[str, ...]


def prepare(revision: Revision, *, language: str) -> Prepared:
    """Return what is stored of a revision; `language` is the project's, or `auto`."""
    document = revision.document
    title, description = words_of(document.title), words_of(document.description)
    tags = [word for tag in document.tags for word in words_of(tag)]
    return Prepared(
        project_id=revision.project_id,
        video_id=document.video_id,
        version=revision.version,
        is_given=revision.is_given,
        category=document.category,
        duration=document.duration,
        author_key=document.author.casefold(),
        tag_keys=tuple(tag.casefold() for tag in document.tags),
        checksum=_hash(document),
        text_hash=_hash(passages_of(document)),
        title=document.title,
        description=document.description,
        author=document.author,
        tags=document.tags,
        thumbnail_url=document.thumbnail_url,
        created_at=document.created_at,
        language=chosen_language(document, language),
        title_words=" ".join(title),
        description_words=" ".join(description),
        tag_words=" ".join(tags),
        spelled=_spelled([*title, *tags, *description]),
    )


def chosen_language(document: Document, language: str) -> Language:
    """Return the project's language, or where that is `auto` the text's own."""
    for known in LANGUAGES:
        if known == language:
            return known
    return language_of(f"{document.title}\n{document.description}")


def _spelled(words: list[str]) -> tuple[str, ...]:
    usable = (w for w in words if _SHORTEST_SPELLED <= len(w) <= _LONGEST_SPELLED and not w.isdigit())
    return tuple(dict.fromkeys(usable))[:_MOST_SPELLED]


def _hash(value: object) -> str:
    return hashlib.sha256(_encoder.encode(value)).hexdigest()[:32]
