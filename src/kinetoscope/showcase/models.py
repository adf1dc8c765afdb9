"""The nouns of showcases."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

from ..kernel.proportions import Proportion

AnnotationType = Literal["info", "feature", "bug-fix", "demo"]

MOST_ANNOTATIONS = 1_000
"""How many annotations one video may have: they are listed without pages."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """Something said of a moment of a video, or of a range of it; times are exact seconds."""

    id: UUID
    video_id: UUID
    timestamp: Decimal
    end_timestamp: Decimal | None
    title: str
    description: str
    annotation_type: AnnotationType
    url: str | None
    created_by: UUID
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class AnnotationFields:
    """What an owner says of a new annotation."""

    timestamp: Decimal
    title: str
    annotation_type: AnnotationType
    end_timestamp: Decimal | None = None
    description: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class AnnotationChanges:
    """What an owner changes of an annotation; what is UNSET stays as it is."""

    timestamp: Decimal | UnsetType = UNSET
    end_timestamp: Decimal | UnsetType | None = UNSET
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    annotation_type: AnnotationType | UnsetType = UNSET
    url: str | UnsetType | None = UNSET

    @property
    def moves(self) -> bool:
        """Whether they say when."""
        return self.timestamp is not UNSET or self.end_timestamp is not UNSET

    def applied_to(self, annotation: Annotation) -> Annotation:
        """Return the annotation as it is after these changes."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(annotation, **{name: value for name, value in named.items() if value is not UNSET})


@dataclass(frozen=True, slots=True)
class Imported:
    """An annotation read from a file: the line of its cue there, and the id that the cue is named by."""

    line: int
    fields: AnnotationFields
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What an import has to say about a line of its file."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file of cues: those that can be annotations, and what is wrong with the others."""

    cues: Sequence[Imported]
    rejected: Sequence[Note]


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """The annotations that an import has made, and the cues that it could not take as they were."""

    annotations: Sequence[Annotation]
    rejected: Sequence[Note]
    shortened: Sequence[Note]


@dataclass(frozen=True, slots=True)
class ShowcaseFilter:
    """Which demo videos a list shows; None and empty do not restrict."""

    tags: tuple[str, ...] = ()
    tech_stack: tuple[str, ...] = ()
    search: str | None = None

    @property
    def restricts(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.tags or self.tech_stack or self.search)


@dataclass(frozen=True, slots=True)
class Entry:
    """A video of the showcase."""

    video_id: UUID
    annotation_count: int


@dataclass(frozen=True, slots=True)
class Click:
    """That a sitting has followed an annotation; `is_new` is false where it had before."""

    session_id: UUID
    is_new: bool
    total: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What came of an annotation; shares are None where no views are known."""

    annotation: Annotation
    reached: int | None
    reach: Proportion | None
    clicks: int
    click_through: Proportion | None


@dataclass(frozen=True, slots=True)
class Effects:
    """What came of all annotations of a video; `viewers` is None where no views are known."""

    video_id: UUID
    viewers: int | None
    effects: Sequence[Effect]
