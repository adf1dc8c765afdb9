"""Annotations as WebVTT chapters (https://www.w3.org/TR/webvtt1/), written and read.

A chapter is a range with a name. What it cannot hold stands in a comment before it, which players skip, as
JSON: `NOTE kinetoscope {"cue": "<the times as they were written>", "timestamp": 42.50, …}`. Who reads it back
takes the exact times and the exact title from there, unless somebody has changed those of the cue.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec

from ..kernel.ids import parse_uuid
from .models import Annotation, Note

_MARK = "NOTE kinetoscope "
_ARROW = "-->"
_MILLISECOND = Decimal("0.001")
_MOMENT = Decimal(10)
"""How many seconds a chapter has that nothing ends: no end of its own, no later one, no known duration."""
_LONGEST_TITLE = 255
_LONGEST_DESCRIPTION = 10_000

_TIME = r"(?:(?P<{0}h>\d{{1,6}}):)?(?P<{0}m>\d{{1,2}}):(?P<{0}s>\d{{1,2}}(?:[.,]\d{{1,18}})?)"
_timing = re.compile(rf"\s*{_TIME.format('a')}\s*{_ARROW}\s*{_TIME.format('b')}(?:\s.*)?", re.ASCII).fullmatch
_TAG = re.compile(r"<[^<>]*>")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ufeff]+")
_SKIPPED = re.compile(r"(NOTE|STYLE|REGION)(\s|$)").match

_encoder = msgspec.json.Encoder(decimal_format="number")


class _Exact(msgspec.Struct):
    """What the comment before a cue says of it."""

    cue: str
    timestamp: Decimal
    title: str = ""
    end_timestamp: Decimal | None = None
    description: str = ""
    annotation_type: str = "info"
    url: str | None = None


_decoder = msgspec.json.Decoder(_Exact)


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue as it was read: `values` are the fields of an annotation, not yet checked."""

    line: int
    values: dict[str, Any]
    id: UUID | None


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines between empty ones, and the number of the first."""

    line: int
    lines: list[str]


def write_chapters(annotations: Sequence[Annotation], duration: int | None) -> str:
    """Return annotations, along the time, as a WebVTT file; `duration` of the video is in seconds."""
    blocks = ["WEBVTT\n"]
    for annotation in annotations:
        end = annotation.end_timestamp or _next_start(annotation, annotations, duration)
        blocks.append(_written(annotation, end))
    return "\n".join(blocks)


def read_chapters(text: str) -> tuple[list[Cue], list[Note]]:
    """Return the cues of a WebVTT file, and what of it could not be read, with the lines.

    Lenient: a missing first line, commas in times (SubRip), any line ending and missing milliseconds pass.
    """
    cues: list[Cue] = []
    rejected: list[Note] = []
    exact: _Exact | None = None
    for block in _blocks(text):
        if _SKIPPED(block.lines[0]) and _ARROW not in "".join(block.lines[:2]):
            exact = _exact(block.lines[0])
            continue
        found = _read_cue(block, exact)
        if isinstance(found, Cue):
            cues.append(found)
        else:
            rejected.append(found)
        exact = None
    return cues, rejected


def _next_start(annotation: Annotation, annotations: Sequence[Annotation], duration: int | None) -> Decimal:
    start = annotation.timestamp
    later = min((other.timestamp for other in annotations if other.timestamp > start), default=None)
    if later is not None:
        return later
    return Decimal(duration) if duration is not None and duration > start else start + _MOMENT


def _written(annotation: Annotation, end: Decimal) -> str:
    start_ms = _milliseconds(annotation.timestamp)
    # A chapter that ends as it begins would be no chapter.
    cue = f"{_clock(start_ms)} {_ARROW} {_clock(max(_milliseconds(end), start_ms + 1))}"
    exact = _Exact(
        cue=cue,
        timestamp=annotation.timestamp,
        title=annotation.title,
        end_timestamp=annotation.end_timestamp,
        description=annotation.description,
        annotation_type=annotation.annotation_type,
        url=annotation.url,
    )
    comment = _encoder.encode(exact).decode().replace(">", "\\u003e")
    return f"{_MARK}{comment}\n\n{annotation.id}\n{cue}\n{_payload_of(annotation.title)}\n"


def _payload_of(title: str) -> str:
    return html.escape(title, quote=False)


def _milliseconds(seconds: Decimal) -> int:
    return int(seconds.quantize(_MILLISECOND, ROUND_HALF_EVEN) * 1000)


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}.{rest:03}"


def _blocks(text: str) -> Iterator[_Block]:
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start = 0
    if lines[0].startswith("WEBVTT"):  # the head reaches up to an empty line, or to a cue
        while start < len(lines) and lines[start].strip() and _ARROW not in lines[start]:
            start += 1
    gathered: list[str] = []
    for number, line in enumerate([*lines[start:], ""], start + 1):
        if line.strip():
            gathered.append(line)
        elif gathered:
            yield _Block(number - len(gathered), gathered)
            gathered = []


def _exact(line: str) -> _Exact | None:
    if not line.startswith(_MARK):
        return None
    try:
        return _decoder.decode(line.removeprefix(_MARK))
    except (msgspec.DecodeError, InvalidOperation):
        return None


def _read_cue(block: _Block, exact: _Exact | None) -> Cue | Note:
    at = next((index for index, line in enumerate(block.lines) if _ARROW in line), None)
    if at is None:
        return Note(block.line, "There is no line with times, such as 00:01.000 --> 00:05.000.")
    line = block.line + at
    found = _timing(block.lines[at])
    if found is None:
        return Note(line, "The times cannot be read. Write them as 00:01.000 --> 00:05.000.")
    start, end = _seconds(found, "a"), _seconds(found, "b")
    if start is None or end is None or end <= start:
        return Note(line, "The cue does not end after it begins, or has more than 59 minutes or seconds.")
    title, description = _payload(block.lines[at + 1 :])
    if not title:
        return Note(line, "The cue has no text.")
    values: dict[str, Any] = {"timestamp": start, "end_timestamp": end, "title": title}
    if exact is None:
        values |= {"description": description, "annotation_type": "info"}
    else:
        values |= {
            "description": exact.description,
            "annotation_type": exact.annotation_type,
            "url": exact.url,
        }
        if exact.cue == block.lines[at].strip():
            values |= {"timestamp": exact.timestamp, "end_timestamp": exact.end_timestamp}
        if [_payload_of(exact.title)] == block.lines[at + 1 :]:
            values["title"] = exact.title
    return Cue(line, values, _id(block.lines[at - 1]) if at else None)


def _seconds(found: "re.Match[str]", which: str) -> Decimal | None:
    minute, second = int(found[f"{which}m"]), Decimal(found[f"{which}s"].replace(",", "."))
    if minute >= 60 or second >= 60:  # noqa: PLR2004 - minutes of an hour, seconds of a minute
        return None
    return int(found[f"{which}h"] or 0) * 3600 + minute * 60 + second


def _payload(lines: list[str]) -> tuple[str, str]:
    """Return the first line of a cue's text as the title, and the others; one that is too long is both."""
    plain = [_BLANKS.sub(" ", html.unescape(_TAG.sub("", line))).strip() for line in lines]
    spoken = [line for line in plain if line]
    if not spoken:
        return "", ""
    title, description = spoken[0], "\n".join(spoken[1:])
    if len(title) > _LONGEST_TITLE:
        title, description = title[: _LONGEST_TITLE - 1].rstrip() + "…", "\n".join(spoken)
    return title, description[:_LONGEST_DESCRIPTION]


def _id(line: str) -> UUID | None:
    try:
        return UUID(int=parse_uuid(line.strip()).int)
    except ValueError:
        return None
