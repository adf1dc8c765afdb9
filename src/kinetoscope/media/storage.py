"""Where the bytes of videos lie: names of files, and their contents as streams.

Through `obstore`, which speaks to a local folder and to S3 alike; the folder is what is wired today.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Sequence
from functools import cached_property
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore

from .models import StoredFile
from .refusals import StorageUnavailable

_PART_BYTES = 8 << 20
_READ_BYTES = 1 << 20


class Storage:
    """Files by name, in one folder. What `put` has returned for survives a power cut."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _store(self) -> LocalStore:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return LocalStore(self._folder, automatic_cleanup=True)

    async def put(self, key: str, content: bytes | bytearray) -> None:
        """Save bytes under a name; refuses with `StorageUnavailable`, and then there is no such file."""
        await self._put(key, content)

    async def put_file(self, key: str, path: Path) -> None:
        """Save a local file under a name, a few MiB at a time; refuses as `put`."""
        await self._put(key, path)

    async def head(self, key: str) -> StoredFile | None:
        """Return what is known of a file, or None if there is none."""
        try:
            meta = await obstore.head_async(self._store, key)
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise StorageUnavailable from error
        return StoredFile(meta["size"], meta["last_modified"])

    async def stream(self, key: str, start: int, end: int) -> AsyncGenerator[bytes]:
        """Return bytes from `start` up to `end`, in chunks of at most 1 MiB."""
        for position in range(start, end, _READ_BYTES):
            # Range by range: obstore's own stream reads local files in steps of 8 KiB, five times slower.
            until = min(end, position + _READ_BYTES)
            try:
                chunk = await obstore.get_range_async(self._store, key, start=position, end=until)
            except (BaseError, OSError) as error:
                raise StorageUnavailable from error
            yield bytes(chunk)

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove files; one that is not there is as good as removed."""
        for key in keys:
            try:
                await obstore.delete_async(self._store, key)
            except FileNotFoundError:
                continue
            except (BaseError, OSError) as error:
                raise StorageUnavailable from error

    async def folders(self, prefix: str) -> list[str]:
        """Return the names of the folders right under a prefix, which ends with a slash."""
        try:
            found = await obstore.list_with_delimiter_async(self._store, prefix)  # pyright: ignore[reportUnknownMemberType] - its overload for Arrow is untyped
        except FileNotFoundError:
            return []
        except (BaseError, OSError) as error:
            raise StorageUnavailable from error
        return [path.removeprefix(prefix).strip("/") for path in found["common_prefixes"]]

    async def delete_folder(self, prefix: str) -> None:
        """Remove everything under a prefix, half-written files of a killed process included."""
        assert prefix.strip("/"), "never everything"
        # Not through obstore, whose lists leave out the files that it was still writing.
        await asyncio.to_thread(_remove_tree, self._folder / prefix.rstrip("/"), self._folder)

    async def _put(self, key: str, content: bytes | bytearray | Path) -> None:
        try:
            await obstore.put_async(self._store, key, content, chunk_size=_PART_BYTES, max_concurrency=2)
            await asyncio.to_thread(_settle, self._folder / key, self._folder)
        except (BaseError, OSError) as error:
            raise StorageUnavailable from error


def _remove_tree(folder: Path, root: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass  # somebody else was first
    except OSError as error:
        raise StorageUnavailable from error
    for parent in folder.parents:
        if parent == root:
            return
        try:
            parent.rmdir()
        except OSError:
            return  # something else is in it; obstore makes a folder anew that goes while it writes


def _settle(path: Path, root: Path) -> None:
    """Make a new file survive a power cut: obstore itself never calls fsync."""
    _fsync(path)
    for folder in path.parents:
        _fsync(folder)
        if folder == root:
            return


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
