"""The nouns of search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

Category = Literal["tutorial", "webinar", "showcase", "demo", "other"]
Mode = Literal["hybrid", "text", "semantic"]
Field = Literal["title", "description", "tags"]
Role = Literal["main", "multilingual"]

FIELD_WEIGHTS: Mapping[Field, float] = {"title": 0.5, "description": 0.3, "tags": 0.2}


@dataclass(frozen=True, slots=True)
class Document:
    """What is indexed: a video's metadata, or what a project stores under a video's id."""

    video_id: UUID
    title: str
    description: str = ""
    category: Category = "other"
    duration: int | None = None
    thumbnail_url: str | None = None
    author: str = ""
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """A document as it is to be stored: where it belongs, and which state of its video it shows.

    `is_given` says that the project stored it itself; `version` is then that of the video it stands for, or
    0 for a video that the platform does not know.
    """

    project_id: UUID
    document: Document
    version: int
    is_given: bool


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents a search is about; None does not restrict."""

    category: Category | None = None
    duration_min: int | None = None
    duration_max: int | None = None
    author: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A query that has been read.

    `words` are looked for; `phrases` must be there word by word, `excluded` (a word or phrase each) must not.
    """

    text: str
    words: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Stem:
    """A stem that is looked for, with what finding it is worth (its inverse document frequency)."""

    lexeme: str
    documents: int
    worth: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A document with its parts of the score: each a share of `score`, and they add up to it."""

    document_id: int
    semantic: float
    text: float
    fields: Mapping[Field, float] = field(default_factory=dict[Field, float])

    @property
    def score(self) -> float:
        """The similarity score, 0 to 1."""
        return self.semantic + self.text


@dataclass(frozen=True, slots=True)
class Shown:
    """A document as results show it."""

    document_id: int
    video_id: UUID
    title: str
    description: str
    category: Category
    duration: int | None
    thumbnail_url: str | None
    author: str
    tags: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Hit:
    """One result."""

    shown: Shown
    scored: Scored
    rank: int
    highlights: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a search. `total` counts all matches, or the first of them where `is_exact` is false."""

    hits: Sequence[Hit]
    total: int
    is_exact: bool
    mode: Mode
    corrected: str | None
    suggestion: str | None
    categories: Mapping[str, int]
    tags: Mapping[str, int]
    lag: int


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why one item of many could not be indexed."""

    index: int
    video_id: str | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ServingModel:
    """A model whose vectors are in the index."""

    id: int
    role: Role
    name: str
    sha256: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Corpus:
    """A project's texts as a whole: how many, how long on average, in what language."""

    documents: int
    average_length: float
    language: str
    foreign_texts: int


@dataclass(frozen=True, slots=True)
class IndexState:
    """How a project's index is. `pending` vectors are still to be made; figures are those of 30 days."""

    project_id: UUID
    language: str
    documents: int
    pending: int
    searches: int
    empty: int


@dataclass(frozen=True, slots=True)
class ModelProgress:
    """How far a model's vectors are: of so many documents, `done` have theirs."""

    role: Role
    name: str
    sha256: str
    state: Literal["building", "serving"]
    done: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How the whole index is: documents in it, jobs that will change it, and its models."""

    documents: int
    waiting: int
    models: Sequence[ModelProgress]
