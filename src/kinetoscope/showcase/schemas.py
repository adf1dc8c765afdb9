"""The JSON of showcases and their annotations."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from ..http.values import LongText, Name, OnlyNumbers, WebUrl
from ..kernel.paging import Listing
from ..kernel.proportions import Proportion
from ..videos import Shown
from ..videos.schemas import VideoOut
from .models import (
    Annotation,
    AnnotationChanges,
    AnnotationFields,
    AnnotationType,
    Click,
    Effect,
    Effects,
    Imported,
    ImportOutcome,
    Note,
    ReadFile,
)
from .webvtt import read_chapters

_MOST_SECONDS = 2_147_483_647
_MOST_DIGITS = 40
_SMALLEST_EXPONENT = -400
_SHOWN_NOTES = 1_000

_encoder = msgspec.json.Encoder(decimal_format="number")


def _storable(value: Decimal) -> Decimal:
    """Refuse what no clock gives: more digits than any double has, which would only fill the database.

    Zero has no sign: it would not come back with it.
    """
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or exponent < _SMALLEST_EXPONENT or len(digits) > _MOST_DIGITS:
        raise ValueError(f"at most {_MOST_DIGITS} digits are kept")
    return value.copy_abs()


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _moment(description: str) -> Any:  # noqa: ANN401 - a part of a type
    schema = {"type": "number", "minimum": 0, "maximum": _MOST_SECONDS, "description": description}
    return WithJsonSchema(schema | {"examples": [42.5]})


Seconds = Annotated[
    Decimal,
    Field(ge=0, le=_MOST_SECONDS),
    AfterValidator(_storable),
    OnlyNumbers,
    _moment("Seconds into the video; kept exactly as it is given"),
]
EndSeconds = Annotated[
    Decimal,
    Field(ge=0, le=_MOST_SECONDS),
    AfterValidator(_storable),
    OnlyNumbers,
    _moment("Until which second it holds; later than `timestamp`"),
]
AnyCaseType = Annotated[AnnotationType, BeforeValidator(_lowered)]


class NewAnnotation(BaseModel):
    """What an annotation is made with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "timestamp": 42.5,
                    "title": "Database connection setup",
                    "description": "Here the engine is given its connection pool.",
                    "annotation_type": "feature",
                    "url": "https://example.org/docs/pool",
                }
            ]
        }
    )

    timestamp: Seconds
    end_timestamp: EndSeconds | None = None
    title: Name
    description: LongText = ""
    annotation_type: AnyCaseType
    url: WebUrl | None = None

    def fields(self) -> AnnotationFields:
        """Return what was sent."""
        return AnnotationFields(**self.model_dump())


class ChangedAnnotation(BaseModel):
    """What to change of an annotation: any subset of its fields; null empties one that may be empty."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Connection pool"}]})

    timestamp: Seconds = Decimal(0)
    end_timestamp: EndSeconds | None = None
    title: Name = ""
    description: LongText | None = None
    annotation_type: AnyCaseType = "info"
    url: WebUrl | None = None

    def changes(self) -> AnnotationChanges:
        """Return what was sent, and UNSET for the rest."""
        sent: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        if sent.get("description", UNSET) is None:
            sent["description"] = ""
        return AnnotationChanges(**sent)


class NewClick(BaseModel):
    """In which sitting an annotation was followed."""

    session_id: UUID | None = Field(None, description="The sitting's, as in `track-view`; it counts once")


class AnnotationOut(BaseModel):
    """An annotation of a demo video."""

    id: UUID
    annotation_id: UUID = Field(description="The same as id")
    video_id: UUID
    timestamp: float = Field(description="Seconds into the video, exactly as they were given")
    end_timestamp: float | None = Field(description="Until which second it holds, if it is a range")
    title: str
    description: str
    annotation_type: AnnotationType
    url: str | None
    created_by: UUID
    created_at: datetime
    updated_at: datetime


class AnnotationList(BaseModel):
    """The annotations of a video, along its time."""

    annotations: list[AnnotationOut]
    total: int


class ShowcaseVideoOut(VideoOut):
    """A demo video."""

    annotation_count: int


class ShowcaseList(BaseModel):
    """A page of demo videos."""

    videos: list[ShowcaseVideoOut]
    total: int
    page: int
    limit: int
    has_more: bool


class ImportNote(BaseModel):
    """What the import has to say about a line of the file."""

    line: int
    message: str


class ImportOut(BaseModel):
    """What came of a file."""

    imported: int
    rejected: list[ImportNote] = Field(description="Cues that were not taken, with the line of each")
    rejected_total: int
    shortened: list[ImportNote] = Field(description="Cues that ended after the video and now end with it")
    annotations: list[AnnotationOut] = Field(description="What was made, in the order of the file")


class ClickOut(BaseModel):
    """That a click was recorded."""

    status: str = "success"
    message: str
    session_id: UUID
    counted: bool = Field(description="False when this sitting has followed it before")
    total_clicks: int

    @classmethod
    def of(cls, click: Click) -> "ClickOut":
        """Return a click as JSON shows it."""
        message = "Click recorded successfully" if click.is_new else "Click was recorded before"
        return cls(
            message=message, session_id=click.session_id, counted=click.is_new, total_clicks=click.total
        )


class EffectOut(BaseModel):
    """What came of an annotation. All but the clicks are null as long as no views are known."""

    annotation_id: UUID
    title: str
    annotation_type: AnnotationType
    timestamp: float
    reached: int | None = Field(description="Viewers who have seen the video up to it")
    reach: float | None = Field(description="Their share of all viewers, 0 to 1")
    reach_low: float | None = Field(description="Bounds of the 95 % interval of `reach`")
    reach_high: float | None
    clicks: int = Field(description="Sittings in which it was followed")
    ctr: float | None = Field(description="Clicks for each viewer who has reached it, 0 to 1")
    ctr_low: float | None = Field(description="Bounds of the 95 % interval of `ctr`")
    ctr_high: float | None


class EffectsOut(BaseModel):
    """What came of the annotations of a video, along its time."""

    video_id: UUID
    viewers: int | None = Field(description="All viewers of the video; null as long as no views are known")
    annotations: list[EffectOut]


def render_annotation(annotation: Annotation) -> bytes:
    """Return an annotation as JSON, its times digit by digit as they were given."""
    return _encoder.encode(_shown(annotation))


def render_annotations(annotations: Sequence[Annotation]) -> bytes:
    """Return all annotations of a video as JSON."""
    return _encoder.encode(
        {"annotations": [_shown(annotation) for annotation in annotations], "total": len(annotations)}
    )


def render_outcome(outcome: ImportOutcome) -> bytes:
    """Return what came of an import as JSON."""
    return _encoder.encode(
        {
            "imported": len(outcome.annotations),
            "rejected": outcome.rejected[:_SHOWN_NOTES],
            "rejected_total": len(outcome.rejected),
            "shortened": outcome.shortened,
            "annotations": [_shown(annotation) for annotation in outcome.annotations],
        }
    )


def render_effects(effects: Effects) -> bytes:
    """Return what came of a video's annotations as JSON."""
    rows = [_effect(effect) for effect in effects.effects]
    return _encoder.encode({"video_id": effects.video_id, "viewers": effects.viewers, "annotations": rows})


def render_showcase(listing: Listing[tuple[Shown, int]]) -> bytes:
    """Return a page of demo videos as JSON: their documents, each with the count of its annotations."""
    videos = [shown.json[:-1] + f',"annotation_count":{count}}}'.encode() for shown, count in listing.items]
    tail = {
        "total": listing.total,
        "page": listing.page.number,
        "limit": listing.page.size,
        "has_more": listing.has_more,
    }
    return b'{"videos":[' + b",".join(videos) + b"]," + _encoder.encode(tail)[1:]


def read_file(body: bytes) -> ReadFile:
    """Return the annotations of a WebVTT file, checked like any other, and what could not be read."""
    cues, rejected = read_chapters(body.decode("utf-8", "replace").replace("\0", "\ufffd"))
    taken: list[Imported] = []
    for cue in cues:
        try:
            fields = NewAnnotation.model_validate(cue.values).fields()
        except ValidationError as error:
            fault = error.errors()[0]
            place = ".".join(str(part) for part in fault["loc"])
            rejected.append(Note(cue.line, f"{place}: {fault['msg']}"))
        else:
            taken.append(Imported(cue.line, fields, cue.id))
    return ReadFile(taken, rejected)


def _shown(annotation: Annotation) -> dict[str, object]:
    return {
        "id": annotation.id,
        "annotation_id": annotation.id,
        "video_id": annotation.video_id,
        "timestamp": annotation.timestamp,
        "end_timestamp": annotation.end_timestamp,
        "title": annotation.title,
        "description": annotation.description,
        "annotation_type": annotation.annotation_type,
        "url": annotation.url,
        "created_by": annotation.created_by,
        "created_at": annotation.created_at,
        "updated_at": annotation.updated_at,
    }


def _effect(effect: Effect) -> dict[str, object]:
    annotation = effect.annotation
    return {
        "annotation_id": annotation.id,
        "title": annotation.title,
        "annotation_type": annotation.annotation_type,
        "timestamp": annotation.timestamp,
        "reached": effect.reached,
        **_bounded("reach", effect.reach),
        "clicks": effect.clicks,
        **_bounded("ctr", effect.click_through),
    }


def _bounded(name: str, share: Proportion | None) -> dict[str, float | None]:
    return {
        name: share.value if share else None,
        f"{name}_low": share.low if share else None,
        f"{name}_high": share.high if share else None,
    }
