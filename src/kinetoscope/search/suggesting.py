"""Completing what somebody is typing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from ..kernel.db import Database
from . import state_store
from .searching import require_project
from .words import words_of

_MOST = 5


@dataclass(frozen=True, slots=True)
class Completion:
    """What may be meant: a word that is completed, or the title of a video."""

    text: str
    kind: Literal["word", "title"]
    video_id: UUID | None = None


class Suggesting:
    """Knows the words and titles of each project."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def complete(self, caller_id: UUID, project_id: UUID, text: str) -> Sequence[Completion]:
        """Return titles and words that a text may become, titles first."""
        words = words_of(text)
        async with self._db.read() as tx:
            await require_project(tx, project_id, caller_id)
            if not words:
                return []
            *before, last = words
            found = await state_store.titles(tx, project_id, before, last, at_most=_MOST)
            beginning = "".join(f"{word} " for word in before)
            completed = await state_store.completions(tx, project_id, beginning, last, at_most=_MOST)
        titles = [Completion(title, "title", video_id) for video_id, title in found]
        return [*titles, *(Completion(text, "word") for text in completed)]
