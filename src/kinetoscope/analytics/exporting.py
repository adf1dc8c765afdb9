"""The export: one line for each sitting, CSV or JSON, made page by page."""

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from .report_store import ViewRecord

ExportFormat = Literal["csv", "ndjson"]

MEDIA_TYPES: dict[ExportFormat, str] = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}

COLUMNS = (
    "session_id", "started_at", "last_report_at", "watch_duration", "completion_percentage", "device_type",
    "browser", "os", "country_code", "counted", "reason",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run, if a cell began with it (OWASP, CSV injection)."""

_encoder = msgspec.json.Encoder()


async def render(pages: AsyncIterator[list[ViewRecord]], kind: ExportFormat) -> AsyncGenerator[bytes]:
    """Return the export of these pages, as it is sent."""
    rendered: Callable[[Sequence[ViewRecord]], bytes] = _csv if kind == "csv" else _ndjson
    if kind == "csv":
        yield (",".join(COLUMNS) + "\r\n").encode()
    async for page in pages:
        yield rendered(page)


def _csv(page: Sequence[ViewRecord]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([[_cell(value) for value in _values(record)] for record in page])
    return text.getvalue().encode()


def _ndjson(page: Sequence[ViewRecord]) -> bytes:
    return _encoder.encode_lines([dict(zip(COLUMNS, _values(record), strict=True)) for record in page])


def _values(record: ViewRecord) -> tuple[object, ...]:
    return (
        str(record.session_id),
        _instant(record.occurred_at),
        _instant(record.seen_at),
        record.watched_seconds,
        record.completion / 100,
        record.device,
        record.browser,
        record.os,
        record.country,
        record.reason is None,
        record.reason,
    )


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
