"""The headers of the tus protocol."""

import base64
import hashlib

import pytest

from kinetoscope.media.models import Checksum
from kinetoscope.media.refusals import BadChecksum, BadMetadata
from kinetoscope.media.tus import printable, read_checksum, read_metadata


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_metadata_are_pairs_of_names_and_values() -> None:
    field = f"filename {encoded('Tee für zwei.mp4')},video_id {encoded('x')}, is_confidential"
    assert read_metadata(field) == {"filename": "Tee für zwei.mp4", "video_id": "x", "is_confidential": ""}


@pytest.mark.parametrize(
    "field", ["", ",", "a !!!", "a /w==", f"a {encoded('1')},a {encoded('2')}", "a " + "A" * 5000]
)
def test_metadata_that_cannot_be_read_are_refused(field: str) -> None:
    with pytest.raises(BadMetadata):
        read_metadata(field)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
def test_a_checksum_is_read(algorithm: str) -> None:
    digest = hashlib.new(algorithm, b"tea").digest()
    read = read_checksum(f"{algorithm} {base64.b64encode(digest).decode()}")
    assert read is not None
    assert (read.algorithm, read.digest) == (algorithm, digest)
    assert read_checksum(None) is None
    assert isinstance(read, Checksum)


@pytest.mark.parametrize("field", ["", "sha1", "sha1 !", "sha1 AAAA", "crc32 AAAAAA==", "sha512 " + "A" * 88])
def test_a_checksum_that_cannot_be_used_is_refused(field: str) -> None:
    with pytest.raises(BadChecksum):
        read_checksum(field)


def test_a_name_is_kept_without_what_cannot_be_shown() -> None:
    assert printable("a\x00b\nc" + "d" * 300) == "abc" + "d" * 252
    assert printable(None) is None
