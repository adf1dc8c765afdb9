"""The JSON of media."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ..http.values import OnlyNumbers
from .models import Addresses, StartedUpload, UploadWish
from .tus import VERSION

Protocol = Literal["tus", "put"]

# The document says from 1 on; 0 has a refusal of its own, `empty_upload`.
_Size = Annotated[int, Field(ge=0, le=1 << 53, json_schema_extra={"minimum": 1}), OnlyNumbers]
_Filename = Annotated[str, StringConstraints(max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]


class NewUpload(BaseModel):
    """What a client says of a file before it sends it; all of it may be left out."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"size": 734003200, "filename": "tea.mp4", "protocol": "tus"}]}
    )

    size: Annotated[
        _Size | None, Field(description="Bytes. Without it, say Upload-Length when you know it")
    ] = None
    filename: _Filename | None = None
    content_type: Annotated[
        _Filename | None, Field(description="Not believed: what a file is, is decided by what is in it")
    ] = None
    protocol: Annotated[
        Protocol,
        Field(description="`tus`: in pieces, resumable (tus.io, 1.0.0); `put`: whole, in one request"),
    ] = "tus"

    def wish(self) -> UploadWish:
        """Return what was said."""
        return UploadWish(size=self.size, filename=self.filename)


class UploadOut(BaseModel):
    """Where and how to send a file. The address is the only credential that is needed there."""

    upload_url: str = Field(examples=["https://video.example.org/api/v1/uploads/9bq0…"])
    method: Literal["PATCH", "PUT"]
    headers: dict[str, str] = Field(
        description="To be sent with the first request",
        examples=[{"Tus-Resumable": VERSION, "Upload-Offset": "0"}],
    )
    expires_at: datetime = Field(description="Until then the upload may be idle; each piece renews it")
    protocol: Protocol

    @classmethod
    def of(cls, started: StartedUpload, url: str, protocol: Protocol) -> "UploadOut":
        """Return a new upload as JSON shows it."""
        tus = {
            "Tus-Resumable": VERSION,
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
        }
        return cls(
            upload_url=url,
            method="PATCH" if protocol == "tus" else "PUT",
            headers=tus if protocol == "tus" else {},
            expires_at=started.upload.expires_at,
            protocol=protocol,
        )


class PlaybackAddresses(BaseModel):
    """Signed addresses of a video's files. Each supports ranges and works on any page until it expires."""

    hls_url: str | None = Field(description="An HLS playlist, for long videos")
    mp4_url: str = Field(description="The whole file; its type is `content_type`")
    content_type: str = Field(examples=["video/mp4"])
    thumbnail_url: str
    storyboard_url: str = Field(description="WebVTT with pictures for the timeline")
    expires_at: datetime

    @classmethod
    def of(cls, addresses: Addresses) -> "PlaybackAddresses":
        """Return addresses as JSON shows them."""
        return cls(
            hls_url=addresses.hls,
            mp4_url=addresses.main,
            content_type=addresses.content_type,
            thumbnail_url=addresses.poster,
            storyboard_url=addresses.storyboard,
            expires_at=addresses.expires_at,
        )
