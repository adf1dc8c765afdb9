"""The JSON of videos."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from ..http.values import LongText, Name, OnlyNumbers, ShortName, WebUrl
from .document import unique_names
from .models import Status, VideoChanges, VideoFields, VideoType, Visibility


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


AnyCaseType = Annotated[VideoType, BeforeValidator(_lowered)]
AnyCaseVisibility = Annotated[Visibility, BeforeValidator(_lowered)]
Names = Annotated[list[ShortName], Field(max_length=50)]
Duration = Annotated[int, Field(ge=0, le=2_147_483_647, description="Whole seconds"), OnlyNumbers]

_EXAMPLE: JsonDict = {
    "title": "Python ML Tutorial",
    "description": "Learn machine learning with Python.",
    "video_type": "tutorial",
    "video_url": "https://example.org/clips/42.mp4",
    "duration": 2340,
    "tags": ["python", "ml"],
    "tech_stack": ["Python", "scikit-learn"],
}


class NewVideo(BaseModel):
    """What a video is registered with."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    title: Name
    description: LongText = ""
    video_type: AnyCaseType = "other"
    video_url: WebUrl | None = None
    thumbnail_url: WebUrl | None = None
    duration: Duration | None = None
    tags: Names = []
    tech_stack: Names = []
    project_url: WebUrl | None = None
    project_id: UUID | None = Field(None, description="By default the caller's project `default`")
    visibility: AnyCaseVisibility = Field(
        "public",
        description="`public`: listed for all; `unlisted`: readable by id; `private`: the owner's alone",
    )

    def fields(self) -> VideoFields:
        """Return what was sent."""
        named = self.model_dump(exclude={"tags", "tech_stack"})
        return VideoFields(tags=unique_names(self.tags), tech_stack=unique_names(self.tech_stack), **named)


class ChangedVideo(BaseModel):
    """What to change of a video: any subset of its fields; null empties one that may be empty."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Python ML in one hour"}]})

    title: Name = ""
    description: LongText | None = None
    video_type: AnyCaseType = "other"
    video_url: WebUrl | None = None
    thumbnail_url: WebUrl | None = None
    duration: Duration | None = None
    tags: Names | None = None
    tech_stack: Names | None = None
    project_url: WebUrl | None = None
    project_id: UUID = UUID(int=0)
    visibility: AnyCaseVisibility = "public"

    def changes(self) -> VideoChanges:
        """Return what was sent, and UNSET for the rest."""
        sent: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        for name in ("tags", "tech_stack"):
            if name in sent:
                sent[name] = unique_names(sent[name] or [])
        if sent.get("description", UNSET) is None:
            sent["description"] = ""
        return VideoChanges(**sent)


class PlaybackOut(BaseModel):
    """The file of a video that is ready to play."""

    url: str = Field(description="Where to ask for signed addresses: `GET` it")
    content_type: str
    hls: bool
    width: int
    height: int
    size_bytes: int
    video_codec: str
    audio_codec: str | None
    bit_rate: int | None


class VideoOut(BaseModel):
    """A video."""

    id: UUID
    video_id: UUID = Field(description="The same as id")
    user_id: UUID
    author: str
    project_id: UUID
    title: str
    description: str
    video_type: VideoType
    video_url: str | None
    thumbnail_url: str | None
    duration: int | None = Field(description="Whole seconds")
    tags: list[str]
    tech_stack: list[str]
    project_url: str | None
    visibility: Visibility
    status: Status
    status_detail: str | None = Field(description="Progress while processing, the reason when failed")
    playback: PlaybackOut | None = Field(description="Null until there is a file that plays")
    view_count: int
    like_count: int
    share_count: int
    comment_count: int
    created_at: datetime
    updated_at: datetime


class VideoList(BaseModel):
    """A page of videos."""

    videos: list[VideoOut]
    total: int
    page: int
    page_size: int
    has_more: bool
