"""What routes need to show photos: a signer of addresses for the time of one request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from ..http.request import BaseUrl
from .addresses import PhotoAddresses


@dataclass(frozen=True, slots=True)
class Signed:
    """Signs addresses of photos that are all good until the same instant."""

    addresses: PhotoAddresses
    base_url: str
    until: datetime

    def __call__(self, photo_id: UUID, size: str) -> str:
        """Return the address of a photo in one size."""
        return f"{self.base_url}{self.addresses.folder(photo_id, until=self.until)}{size}.webp"


async def _signed(request: Request, base_url: BaseUrl) -> Signed:
    addresses = request.state.services[PhotoAddresses]
    assert isinstance(addresses, PhotoAddresses)
    return Signed(addresses, base_url, addresses.expiry())


PictureAddresses = Annotated[Signed, Depends(_signed)]
"""Gives addresses of photos to those who may see them."""
