"""The JSON of search."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from ..http.values import LongText, Name, OnlyNumbers, Question, ShortName, WebUrl
from ..kernel.errors import Unacceptable
from .indexing import Item
from .languages import Language
from .models import Category, Document, Filters, Found, Hit, IndexState, ItemError, Mode
from .refusals import IdsDiffer
from .searching import Wanted
from .suggesting import Completion

_MOST_SECONDS = 2_147_483_647


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


AnyCaseCategory = Annotated[Category, BeforeValidator(_lowered)]
Seconds = Annotated[int, Field(ge=0, le=_MOST_SECONDS, description="Whole seconds"), OnlyNumbers]
Tags = Annotated[list[ShortName], Field(max_length=50)]


class SearchQuery(BaseModel):
    """What is looked for, and among which videos."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "query": "python machine learning tutorial for beginners",
                    "category": "tutorial",
                    "duration_max": 3600,
                    "limit": 10,
                }
            ]
        }
    )

    query: Question = Field(
        description='Words, a question, `"a phrase"` that must be there, `-word` that must not'
    )
    category: AnyCaseCategory | None = Field(
        None, description="`showcase`: demo videos that have annotations"
    )
    duration_min: Seconds | None = None
    duration_max: Seconds | None = None
    author: Name | None = Field(None, description="Ignoring case")
    tags: Tags | None = Field(None, description="Any of them, ignoring case")
    mode: Mode = Field(
        "hybrid", description="`text`: by words alone; `semantic`: by meaning alone, the nearest however far"
    )
    limit: Annotated[int, Field(ge=1, le=100), OnlyNumbers] = 10
    offset: Annotated[int, Field(ge=0, le=1_000_000), OnlyNumbers] = 0

    def wanted(self) -> Wanted:
        """Return what was asked for; refuses bounds in the wrong order."""
        low, high = self.duration_min, self.duration_max
        if low is not None and high is not None and low > high:
            raise Unacceptable("duration_min is greater than duration_max", field="duration_min")
        filters = Filters(self.category, low, high, self.author, tuple(self.tags or ()))
        return Wanted(self.query, filters, self.limit, self.offset, self.mode)


class FieldScores(BaseModel):
    """How similar each field is to the query by its meaning, −1 to 1; null where there is nothing to say."""

    title: float | None = None
    description: float | None = None
    tags: float | None = None


class Explanation(BaseModel):
    """Why a result stands where it does: `semantic` and `text` add up to `similarity_score`."""

    semantic: float
    text: float
    fused_rank: int = Field(description="The place among all results, from 1")
    fields: FieldScores


class SearchResult(BaseModel):
    """A video that was found."""

    video_id: UUID
    title: str
    description: str
    category: Category
    duration: int | None
    thumbnail_url: str | None
    url: str
    author: str
    tags: list[str]
    similarity_score: float = Field(description="0 to 1, never increasing down the list")
    created_at: datetime
    highlights: dict[str, str] = Field(
        description="By field, a piece of HTML in which `<mark>` is the only markup",
        examples=[{"title": "<mark>Python</mark> ML Tutorial"}],
    )
    explanation: Explanation

    @classmethod
    def of(cls, hit: Hit) -> "SearchResult":
        """Return a result as JSON shows it."""
        shown, scored = hit.shown, hit.scored
        score, semantic = round(scored.score, 6), round(scored.semantic, 6)
        fields: dict[str, float] = {name: round(value, 6) for name, value in scored.fields.items()}
        return cls(
            video_id=shown.video_id,
            title=shown.title,
            description=shown.description,
            category=shown.category,
            duration=shown.duration,
            thumbnail_url=shown.thumbnail_url,
            url=f"/videos/{shown.video_id}",
            author=shown.author,
            tags=list(shown.tags),
            similarity_score=score,
            created_at=shown.created_at,
            highlights=dict(hit.highlights),
            explanation=Explanation(
                semantic=semantic,
                text=round(score - semantic, 6),
                fused_rank=hit.rank,
                fields=FieldScores(**fields),
            ),
        )


class Facets(BaseModel):
    """How many of the matches there are of each category, and of the commonest tags."""

    category: dict[str, int]
    tags: dict[str, int]


class SearchAnswer(BaseModel):
    """What was found, best first."""

    results: list[SearchResult]
    total: int = Field(description="All matches under the filters")
    total_is_exact: bool = Field(description="False where so many match that only the first were ranked")
    query: str
    query_time_ms: float
    limit: int
    offset: int
    has_more: bool
    mode: Mode = Field(
        description="The one asked for; or `text`, by words alone, because no embedding model answers"
    )
    corrected_query: str | None = Field(description="What was looked for instead, where nothing holds a word")
    did_you_mean: str | None = Field(description="What may have been meant")
    facets: Facets

    @classmethod
    def of(cls, asked: SearchQuery, found: Found, *, seconds: float) -> "SearchAnswer":
        """Return the answer to a search as JSON shows it."""
        return cls(
            results=[SearchResult.of(hit) for hit in found.hits],
            total=found.total,
            total_is_exact=found.is_exact,
            query=asked.query,
            query_time_ms=round(seconds * 1000, 2),
            limit=asked.limit,
            offset=asked.offset,
            has_more=asked.offset + len(found.hits) < found.total and len(found.hits) > 0,
            mode=found.mode,
            corrected_query=found.corrected,
            did_you_mean=found.suggestion,
            facets=Facets(category=dict(found.categories), tags=dict(found.tags)),
        )


class RelatedVideos(BaseModel):
    """Videos that are like one, the most alike first."""

    video_id: UUID
    related: list[SearchResult]
    total: int

    @classmethod
    def of(cls, video_id: UUID, hits: Sequence[Hit]) -> "RelatedVideos":
        """Return related videos as JSON shows them."""
        return cls(video_id=video_id, related=[SearchResult.of(hit) for hit in hits], total=len(hits))


_DOCUMENT: dict[str, Any] = {
    "title": "Python ML Tutorial",
    "description": "Learn machine learning with Python.",
    "category": "tutorial",
    "duration": 2340,
    "author": "alice",
    "tags": ["python", "ml"],
}


class DocumentIn(BaseModel):
    """What is to be found of a video."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DOCUMENT]})

    video_id: UUID | None = Field(None, description="The same as in the address")
    title: Name
    description: LongText | None = None
    category: AnyCaseCategory | None = None
    duration: Seconds | None = None
    thumbnail_url: WebUrl | None = None
    author: Name | None = None
    tags: Tags | None = None

    def document(self, video_id: UUID) -> Document:
        """Return what was sent, under this id; refuses with `IdsDiffer` if it speaks of another."""
        if self.video_id not in {None, video_id}:
            raise IdsDiffer
        return Document(
            video_id=video_id,
            title=self.title,
            description=self.description or "",
            category=self.category or "other",
            duration=self.duration,
            thumbnail_url=self.thumbnail_url,
            author=self.author or "",
            tags=tuple({tag.casefold(): tag for tag in reversed(self.tags or [])}.values())[::-1],
        )


class BulkItem(DocumentIn):
    """One of many: what is to be found of a video."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"video_id": str(UUID(int=7)), **_DOCUMENT}]})

    video_id: UUID  # pyright: ignore[reportIncompatibleVariableOverride] - needed here, there is no address


_BULK_ITEM: TypeAdapter[BulkItem] = TypeAdapter(BulkItem)

BulkItems = Annotated[
    list[Any],
    # Documented as what they should be, taken as whatever comes: a bad one fails alone.
    Field(max_length=1000, json_schema_extra={"items": BulkItem.model_json_schema()}),
]


class Indexed(BaseModel):
    """That a video is in the index."""

    status: str = "success"
    message: str = "Video indexed successfully"
    video_id: UUID
    indexed_at: datetime


class BulkError(BaseModel):
    """Why one item was not indexed."""

    index: int
    video_id: str | None
    code: str
    message: str


class BulkIndexed(BaseModel):
    """How many items were indexed, and why each of the others was not."""

    indexed_count: int
    failed_count: int
    errors: list[BulkError]

    @classmethod
    def of(cls, sent: int, errors: Sequence[ItemError]) -> "BulkIndexed":
        """Return the outcome for so many items that were sent."""
        shown = [
            BulkError(index=e.index, video_id=e.video_id, code=e.code, message=e.message)
            for e in sorted(errors, key=lambda error: error.index)
        ]
        return cls(indexed_count=sent - len(shown), failed_count=len(shown), errors=shown)


def read_items(sent: Sequence[Any]) -> tuple[list[Item], list[ItemError]]:
    """Return the items that can be used, and what is wrong with each of the others."""
    items: list[Item] = []
    errors: list[ItemError] = []
    for index, one in enumerate(sent):
        try:
            read = _BULK_ITEM.validate_python(one)
            items.append(Item(index, read.document(read.video_id)))
        except ValidationError as error:
            errors.append(_item_error(index, one, error))
    return items, errors


def _item_error(index: int, one: object, error: ValidationError) -> ItemError:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    named: object = one.get("video_id") if isinstance(one, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    message = f"{place}: {first['msg']}" if place else str(first["msg"])
    return ItemError(index, named[:100] if isinstance(named, str) else None, "validation_failed", message)


class CompletionOut(BaseModel):
    """What a text may become: a completed word, or the title of a video."""

    text: str
    kind: Literal["word", "title"]
    video_id: UUID | None


class Suggestions(BaseModel):
    """What a text that is being typed may become, the likeliest first."""

    query: str
    suggestions: list[CompletionOut]

    @classmethod
    def of(cls, query: str, completions: Sequence[Completion]) -> "Suggestions":
        """Return completions as JSON shows them."""
        shown = [CompletionOut(text=c.text, kind=c.kind, video_id=c.video_id) for c in completions]
        return cls(query=query, suggestions=shown)


LanguageOrAuto = Literal["auto"] | Language


class SearchSettings(BaseModel):
    """In what language a project's texts are written."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"language": "german"}]})

    language: LanguageOrAuto = Field(description="`auto` judges each text by itself")


class SearchState(BaseModel):
    """How a project's index is."""

    project_id: UUID
    language: str
    documents: int
    pending: int = Field(description="How many of its texts still wait for their vectors")
    searches: int = Field(description="In the last 30 days")
    searches_without_result: int
    no_result_rate: float = Field(description="Their share, 0 to 1")

    @classmethod
    def of(cls, state: IndexState) -> "SearchState":
        """Return the state of an index as JSON shows it."""
        return cls(
            project_id=state.project_id,
            language=state.language,
            documents=state.documents,
            pending=state.pending,
            searches=state.searches,
            searches_without_result=state.empty,
            no_result_rate=round(state.empty / state.searches, 4) if state.searches else 0.0,
        )
