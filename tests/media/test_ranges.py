"""Ranges of bytes."""

import pytest

from kinetoscope.media.models import ByteRange
from kinetoscope.media.ranges import wanted_range
from kinetoscope.media.refusals import RangeNotSatisfiable


@pytest.mark.parametrize(
    ("field", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=10-", 10, 100),
        ("bytes=-1", 99, 100),
        ("bytes=-1000", 0, 100),
        ("bytes=99-1000", 99, 100),
        ("bytes= 5-6 ", 5, 7),
    ],
)
def test_one_range_is_understood(field: str, start: int, end: int) -> None:
    assert wanted_range(field, 100) == ByteRange(start, end)


@pytest.mark.parametrize(
    "field",
    [None, "", "bytes=-", "bytes=5-4", "bytes=0-1,5-6", "items=0-1", "bytes=a-b", "bytes=1e3-", "bytes=٣-"],
)
def test_what_is_no_single_range_gets_the_whole_file(field: str | None) -> None:
    assert wanted_range(field, 100) is None


@pytest.mark.parametrize(("field", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=-5", 0)])
def test_a_range_without_a_byte_is_refused_with_the_length(field: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable) as refusal:
        wanted_range(field, size)
    assert refusal.value.headers["Content-Range"] == f"bytes */{size}"
