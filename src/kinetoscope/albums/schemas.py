"""The JSON of albums."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from ..http.values import LongText, Name, OnlyNumbers, WebUrl
from ..kernel.paging import Listing
from .models import AlbumChanges, AlbumFields, Item, MediaType, NewItem, ShownAlbum, Visibility

PictureUrl = Callable[[UUID, str], str]
"""Gives the address of a photo in one size, by its name."""


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


AnyCaseVisibility = Annotated[Visibility, BeforeValidator(_lowered)]
AnyCaseMediaType = Annotated[MediaType, BeforeValidator(_lowered)]
Caption = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")]
Place = Annotated[int, Field(ge=0, le=2_147_483_647), OnlyNumbers]


class NewAlbum(BaseModel):
    """What an album is made with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Coding sessions 2026",
                    "description": "My recorded coding sessions",
                    "visibility": "public",
                }
            ]
        }
    )

    title: Name
    description: LongText = ""
    visibility: AnyCaseVisibility = "private"
    cover_url: WebUrl | None = Field(None, description="By default the picture of the first item")

    def fields(self) -> AlbumFields:
        """Return what was sent."""
        return AlbumFields(**self.model_dump())


class ChangedAlbum(BaseModel):
    """What to change of an album: any subset of its fields; null empties one that may be empty."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"visibility": "public"}]})

    title: Name = ""
    description: LongText | None = None
    visibility: AnyCaseVisibility = "private"
    cover_url: WebUrl | None = None

    def changes(self) -> AlbumChanges:
        """Return what was sent, and UNSET for the rest."""
        sent: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        if sent.get("description", UNSET) is None:
            sent["description"] = ""
        return AlbumChanges(**sent)


class AddedItem(BaseModel):
    """What to put into an album."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "media_type": "video",
                    "media_id": "01934caa-7e55-73b9-a1b4-4e5f6a7b8c9d",
                    "caption": "Episode 42",
                }
            ]
        }
    )

    media_type: AnyCaseMediaType
    media_id: UUID = Field(description="A video that the owner may see, or one of its photos")
    caption: Caption | None = None

    def item(self) -> NewItem:
        """Return what was sent."""
        return NewItem(self.media_type, self.media_id, self.caption)


class ItemPlace(BaseModel):
    """Where an item is to stand."""

    item_id: UUID
    order: Place


class NewOrder(BaseModel):
    """The order of items; those that are not named follow as they were."""

    item_orders: Annotated[list[ItemPlace], Field(max_length=1000)]

    def places(self) -> list[tuple[UUID, int]]:
        """Return what was sent."""
        return [(place.item_id, place.order) for place in self.item_orders]


class ItemOut(BaseModel):
    """A photo or video in an album."""

    id: UUID
    item_id: UUID = Field(description="The same as id")
    album_id: UUID
    media_type: MediaType
    media_id: UUID
    caption: str | None
    order: int = Field(description="From 0 on, without holes")
    thumbnail_url: str | None = Field(description="A small picture; of a photo signed, and it expires")
    url: str | None = Field(description="The photo itself, signed; null for a video: see its playback")
    created_at: datetime

    @classmethod
    def of(cls, item: Item, picture: PictureUrl) -> "ItemOut":
        """Return an item as JSON shows it."""
        is_photo = item.media_type == "photo"
        return cls(
            id=item.id,
            item_id=item.id,
            album_id=item.album_id,
            media_type=item.media_type,
            media_id=item.media_id,
            caption=item.caption,
            order=item.order,
            thumbnail_url=picture(item.media_id, "small") if is_photo else item.video_thumbnail,
            url=picture(item.media_id, "large") if is_photo else None,
            created_at=item.created_at,
        )


class AlbumSummary(BaseModel):
    """An album without its items. `item_count` counts those that the caller may see."""

    id: UUID
    album_id: UUID = Field(description="The same as id")
    user_id: UUID
    title: str
    description: str
    visibility: Visibility
    cover_url: str | None = Field(description="As given, else the picture of the first item")
    item_count: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, shown: ShownAlbum, picture: PictureUrl) -> "AlbumSummary":
        """Return an album as lists show it."""
        return cls(**_fields(shown, picture))


class AlbumOut(AlbumSummary):
    """An album with the items that the caller may see."""

    items: list[ItemOut]

    @classmethod
    def of(cls, shown: ShownAlbum, picture: PictureUrl) -> "AlbumOut":
        """Return an album as JSON shows it."""
        items = [ItemOut.of(item, picture) for item in shown.items or ()]
        return cls(items=items, **_fields(shown, picture))


class AlbumList(BaseModel):
    """A page of albums."""

    albums: list[AlbumSummary]
    total: int
    page: int
    page_size: int
    has_more: bool

    @classmethod
    def of(cls, listing: Listing[ShownAlbum], picture: PictureUrl) -> "AlbumList":
        """Return a page of albums as JSON shows it."""
        return cls(
            albums=[AlbumSummary.of(shown, picture) for shown in listing.items],
            total=listing.total,
            page=listing.page.number,
            page_size=listing.page.size,
            has_more=listing.has_more,
        )


def _fields(shown: ShownAlbum, picture: PictureUrl) -> dict[str, Any]:
    album, cover = shown.album, shown.cover
    return {
        "id": album.id,
        "album_id": album.id,
        "user_id": album.owner_id,
        "title": album.title,
        "description": album.description,
        "visibility": album.visibility,
        "cover_url": cover.url if cover.photo_id is None else picture(cover.photo_id, "medium"),
        "item_count": shown.item_count,
        "created_at": album.created_at,
        "updated_at": album.updated_at,
    }
