"""Signed addresses of photos: who has one may see that photo, until it expires.

`/photos/{expiry}.{signature}/{photo_id}/{size}.webp`: the signature covers the photo and the expiry, so it
holds for all of its sizes.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.secrets import Keyring
from ..media import AddressExpired, AddressForged

PREFIX = "/photos"

_LONGEST_EXPIRY = 12  # digits
_ROUNDED_TO_SECONDS = 3600


class PhotoAddresses:
    """Signs with the current key, and verifies with that of before a rotation too."""

    def __init__(self, keyring: Keyring, *, clock: Clock, lifetime: timedelta) -> None:
        self._keys = keyring.derive_all("photos")
        self._clock = clock
        self._lifetime = lifetime

    def expiry(self) -> datetime:
        """Return until when addresses that are signed now are good.

        A full hour, so that whoever asks again gets the same ones, and caches help.
        """
        seconds = int((self._clock() + self._lifetime).timestamp())
        return datetime.fromtimestamp(-(-seconds // _ROUNDED_TO_SECONDS) * _ROUNDED_TO_SECONDS, UTC)

    def folder(self, photo_id: UUID, *, until: datetime) -> str:
        """Return the beginning of the addresses of a photo's sizes, up to their last slash."""
        expires = int(until.timestamp())
        return f"{PREFIX}/{expires}.{_signature(self._keys[0], photo_id, expires)}/{photo_id}/"

    def verify(self, signed: str, photo_id: UUID) -> int:
        """Return for how many seconds an address is still good.

        Refuses with `AddressForged` and `AddressExpired`.
        """
        expiry, _, signature = signed.partition(".")
        if not (expiry.isascii() and expiry.isdecimal() and len(expiry) <= _LONGEST_EXPIRY):
            raise AddressForged(_FORGED)
        expires, given = int(expiry), signature.encode("utf-8", "replace")
        if not any(
            hmac.compare_digest(_signature(key, photo_id, expires).encode(), given) for key in self._keys
        ):
            raise AddressForged(_FORGED)
        now = self._clock().timestamp()
        if expires <= now:
            raise AddressExpired(_EXPIRED)
        return int(expires - now)


_FORGED = "This address is not valid. Ask the photo or its album for a new one."
_EXPIRED = "This address has expired. Ask the photo or its album for a new one."


def _signature(key: bytes, photo_id: UUID, expires: int) -> str:
    digest = hmac.digest(key, f"{expires}\0{photo_id}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
