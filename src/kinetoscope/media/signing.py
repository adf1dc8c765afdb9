"""Signed addresses of files: who has one may read what it covers, until it expires.

`/media/{expiry}.{signature}/{video_id}/{processing_id}/{file}`: the signature covers a whole run of the
processing, so that what a playlist or storyboard names relatively is covered too. The poster alone has an
address without an expiry, `0.{signature}`, under a key of its own: it stands in the video's document.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ..kernel.secrets import Keyring
from .refusals import AddressExpired, AddressForged

_NEVER = 0
_LONGEST_EXPIRY = 12  # digits


@dataclass(frozen=True, slots=True)
class Grant:
    """What an address gives access to; `expires` is in Unix seconds, 0 for the poster's, which never does."""

    video_id: UUID
    processing_id: UUID
    expires: int

    @property
    def is_for_poster(self) -> bool:
        """Whether it covers only the poster."""
        return self.expires == _NEVER


class AddressSigner:
    """Signs with the current key, and verifies with that of before a rotation too."""

    def __init__(self, keyring: Keyring) -> None:
        self._keys = keyring.derive_all("media")
        self._poster_keys = keyring.derive_all("media-poster")

    def folder(self, video_id: UUID, processing_id: UUID, *, until: datetime) -> str:
        """Return the beginning of the addresses of a run's files, up to their last slash."""
        grant = Grant(video_id, processing_id, int(until.timestamp()))
        return _address(grant, _signature(self._keys[0], grant))

    def poster(self, video_id: UUID, processing_id: UUID) -> str:
        """Return the beginning of the poster's address, which does not expire."""
        grant = Grant(video_id, processing_id, _NEVER)
        return _address(grant, _signature(self._poster_keys[0], grant))

    def verify(self, signed: str, video_id: str, processing_id: str, *, at: datetime) -> Grant:
        """Return what an address gives; refuses with `AddressForged` and `AddressExpired`."""
        expiry, _, signature = signed.partition(".")
        if not (expiry.isascii() and expiry.isdecimal() and len(expiry) <= _LONGEST_EXPIRY):
            raise AddressForged
        try:
            grant = Grant(UUID(video_id), UUID(processing_id), int(expiry))
        except ValueError as error:
            raise AddressForged from error
        keys = self._poster_keys if grant.is_for_poster else self._keys
        given = signature.encode("utf-8", "replace")
        if not any(hmac.compare_digest(_signature(key, grant).encode(), given) for key in keys):
            raise AddressForged
        if not grant.is_for_poster and grant.expires <= at.timestamp():
            raise AddressExpired
        return grant


def _address(grant: Grant, signature: str) -> str:
    return f"/media/{grant.expires}.{signature}/{grant.video_id}/{grant.processing_id}/"


def _signature(key: bytes, grant: Grant) -> str:
    text = f"{grant.expires}\0{grant.video_id}\0{grant.processing_id}"
    return base64.urlsafe_b64encode(hmac.digest(key, text.encode(), hashlib.sha256)).rstrip(b"=").decode()
