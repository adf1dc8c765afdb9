"""The JSON of photos."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from ..kernel.paging import Listing
from .models import Photo
from .schemas import PictureUrl


class PhotoSizeOut(BaseModel):
    """A photo in one size, as WebP."""

    name: str = Field(description="large, medium or small: at most 2048, 1024 or 320 pixels on a side")
    url: str = Field(description="Signed, and it expires")
    width: int
    height: int
    size_bytes: int


class PhotoOut(BaseModel):
    """A photo: upright, without its metadata, in three sizes."""

    id: UUID
    photo_id: UUID = Field(description="The same as id")
    user_id: UUID
    format: str = Field(description="What was uploaded: jpeg, png, webp, avif or heic")
    width: int = Field(description="Of what was uploaded, upright, in pixels")
    height: int
    url: str = Field(description="The large size")
    thumbnail_url: str = Field(description="The small size")
    sizes: list[PhotoSizeOut]
    expires_at: datetime = Field(description="Until when the addresses are good; ask again then")
    created_at: datetime

    @classmethod
    def of(cls, photo: Photo, picture: PictureUrl, until: datetime) -> "PhotoOut":
        """Return a photo as JSON shows it."""
        sizes = [
            PhotoSizeOut(
                name=size.name,
                url=picture(photo.id, size.name),
                width=size.width,
                height=size.height,
                size_bytes=size.size_bytes,
            )
            for size in photo.sizes
        ]
        return cls(
            id=photo.id,
            photo_id=photo.id,
            user_id=photo.owner_id,
            format=photo.format,
            width=photo.width,
            height=photo.height,
            url=picture(photo.id, "large"),
            thumbnail_url=picture(photo.id, "small"),
            sizes=sizes,
            expires_at=until,
            created_at=photo.created_at,
        )


class PhotoList(BaseModel):
    """A page of photos."""

    photos: list[PhotoOut]
    total: int
    page: int
    page_size: int
    has_more: bool

    @classmethod
    def of(cls, listing: Listing[Photo], picture: PictureUrl, until: datetime) -> "PhotoList":
        """Return a page of photos as JSON shows it."""
        return cls(
            photos=[PhotoOut.of(photo, picture, until) for photo in listing.items],
            total=listing.total,
            page=listing.page.number,
            page_size=listing.page.size,
            has_more=listing.has_more,
        )
