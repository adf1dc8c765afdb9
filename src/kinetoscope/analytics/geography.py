"""Country and city of an address, from a database file in MaxMind's format."""

import logging
import time
from pathlib import Path

import maxminddb

from .models import NOWHERE, UNKNOWN, Place

log = logging.getLogger(__name__)

_LOOKED_AT_EVERY_SECONDS = 10.0
_LONGEST_CITY = 80


class Geography:
    """Knows where addresses are; nowhere, without a file. A file that changes is loaded anew."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._reader: maxminddb.Reader | None = None
        self._loaded: tuple[int, int] | None = None
        self._look_again_at = 0.0

    def place_of(self, address: str) -> Place:
        """Return the country and city of an address."""
        if self._path is None:
            return NOWHERE
        if time.monotonic() >= self._look_again_at:
            self.load()
        if self._reader is None:
            return NOWHERE
        try:
            return _place(self._reader.get(address))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] - whatever the file holds
        except ValueError:
            return NOWHERE  # no address at all

    def load(self) -> None:
        """Load the file if it is another one than before; keep what is loaded if it cannot be read."""
        assert self._path is not None
        self._look_again_at = time.monotonic() + _LOOKED_AT_EVERY_SECONDS
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_ino)
            if stamp != self._loaded:
                self._reader = maxminddb.open_database(str(self._path))  # pyright: ignore[reportUnknownMemberType] - the library leaves one of its types open
                self._loaded = stamp
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            log.warning("the geography file cannot be used", extra={"reason": type(error).__name__})


def _place(record: object) -> Place:
    country = _text(record, "country", "iso_code") or _text(record, "registered_country", "iso_code")
    if len(country) != 2 or not country.isascii() or not country.isalpha():  # noqa: PLR2004 - ISO 3166
        return NOWHERE
    return Place(country.upper(), _text(record, "city", "names", "en")[:_LONGEST_CITY].replace("\0", ""))


def _text(record: object, *keys: str) -> str:
    for key in keys:
        record = record.get(key) if isinstance(record, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - whatever the file holds
    return record if isinstance(record, str) and record != UNKNOWN else ""
