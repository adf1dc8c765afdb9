"""The storage of files."""

import os
import stat
from pathlib import Path

import pytest

from kinetoscope.media.refusals import StorageUnavailable
from kinetoscope.media.storage import Storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "media")


async def read(storage: Storage, key: str, start: int, end: int) -> bytes:
    return b"".join([chunk async for chunk in storage.stream(key, start, end)])


async def test_what_was_put_is_read_back_whole_and_in_part(storage: Storage) -> None:
    content = os.urandom(3_000_000)
    await storage.put("videos/a/file", bytearray(content))
    stored = await storage.head("videos/a/file")
    assert stored is not None
    assert stored.size == len(content)
    assert await read(storage, "videos/a/file", 0, len(content)) == content
    assert await read(storage, "videos/a/file", 1_000, 2_000_000) == content[1_000:2_000_000]
    assert await read(storage, "videos/a/file", 5, 5) == b""


async def test_a_stream_comes_in_small_chunks(storage: Storage) -> None:
    await storage.put("a/b", bytes(4_000_000))
    sizes = [len(chunk) async for chunk in storage.stream("a/b", 0, 4_000_000)]
    assert max(sizes) <= 1 << 20


async def test_a_local_file_is_stored(storage: Storage, tmp_path: Path) -> None:
    content = os.urandom(20_000_000)
    (tmp_path / "source").write_bytes(content)
    await storage.put_file("a/b", tmp_path / "source")
    assert await read(storage, "a/b", 0, len(content)) == content


async def test_only_the_platform_may_look_in(storage: Storage, tmp_path: Path) -> None:
    await storage.put("a/b", b"x")
    assert stat.S_IMODE((tmp_path / "media").stat().st_mode) == 0o700


async def test_what_is_not_there_is_none_and_removing_it_is_no_error(storage: Storage) -> None:
    assert await storage.head("a/b") is None
    assert await storage.folders("a/") == []
    await storage.delete(["a/b"])
    await storage.delete_folder("a/")


async def test_a_folder_goes_with_half_written_files_and_empty_parents(
    storage: Storage, tmp_path: Path
) -> None:
    await storage.put("videos/a/1/x", b"x")
    await storage.put("videos/a/2/y/z", b"x")
    assert sorted(await storage.folders("videos/a/")) == ["1", "2"]
    (tmp_path / "media/videos/a/1/x#1").write_bytes(b"half")  # as obstore names what it is still writing
    await storage.delete_folder("videos/a/1/")
    assert await storage.folders("videos/a/") == ["2"]
    await storage.delete_folder("videos/a/2/")
    assert list((tmp_path / "media").iterdir()) == []


async def test_a_disk_that_cannot_take_it_is_a_clear_refusal(storage: Storage) -> None:
    await storage.put("a", b"x")
    with pytest.raises(StorageUnavailable):
        await storage.put("a/b", b"x")  # "a" is a file
