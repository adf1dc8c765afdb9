"""The built pages and what they load, held in memory: a name either is one of them or is nothing."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable

from ..kernel.errors import NotFound

_CONTENT_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "wasm": "application/wasm",
    "woff2": "font/woff2",
}
_COMPRESSED_FROM_BYTES = 1_000
_COMPRESSES_BADLY = ("font/",)


class AssetNotFound(NotFound):
    """There is no such file of the pages, or no longer: its name changes with its content."""

    code = "asset_not_found"
    detail = "There is no such file. Load the page anew: it may have been updated."


@dataclass(frozen=True)
class Asset:
    """A file as it is sent."""

    content: bytes
    content_type: str

    @cached_property
    def compressed(self) -> bytes | None:
        """The content as gzip, or None where that gains nothing."""
        if len(self.content) < _COMPRESSED_FROM_BYTES or self.content_type.startswith(_COMPRESSES_BADLY):
            return None
        return gzip.compress(self.content, compresslevel=9, mtime=0)

    @cached_property
    def etag(self) -> str:
        """A strong entity tag of the content."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'


class Site:
    """All files of the pages. They are read when one is first asked for."""

    def __init__(self, folder: Traversable | None = None) -> None:
        self._folder = files("kinetoscope.pages") / "built" if folder is None else folder

    @cached_property
    def _pages(self) -> Mapping[str, Asset]:
        return _read(self._folder)

    @cached_property
    def _assets(self) -> Mapping[str, Asset]:
        return _read(self._folder / "assets")

    def find_page(self, name: str) -> Asset | None:
        """Return a page, or None if the pages were not built."""
        return self._pages.get(f"{name}.html")

    def asset(self, name: str) -> Asset:
        """Return a file that a page loads; refuses with `AssetNotFound`."""
        found = self._assets.get(name)
        if found is None:
            raise AssetNotFound
        return found


def _read(folder: Traversable) -> dict[str, Asset]:
    if not folder.is_dir():
        return {}
    return {
        file.name: Asset(file.read_bytes(), _CONTENT_TYPES[ending])
        for file in folder.iterdir()
        if (ending := file.name.rpartition(".")[2]) in _CONTENT_TYPES
    }
