"""Logs and metrics: what an operator sees of a running platform.

No secret and no viewer's address is ever written: log calls name what they write, and nothing logs a
request's headers, query or body.
"""

import asyncio
import json
import logging
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import (
    MultiProcessCollector,
    mark_process_dead,  # pyright: ignore[reportUnknownVariableType] - the library leaves it untyped
)

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

REQUEST_SECONDS = Histogram(
    "kinetoscope_http_request_seconds",
    "Time from a request's arrival to the end of its answer",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
JOBS_DONE = Counter("kinetoscope_jobs_total", "Jobs that ended, by outcome", ["kind", "outcome"])
JOBS = Gauge(
    "kinetoscope_jobs_in_table",
    "Jobs in the table, by kind and state",
    ["kind", "state"],
    multiprocess_mode="mostrecent",
)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return msgspec.json.encode(line, enc_hook=str).decode()
        except UnicodeEncodeError:  # a file's name may hold bytes that are no text: their line is not lost
            return json.dumps(line, default=str)


class _ConsoleLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        clock = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        extra = " ".join(f"{name}={value}" for name, value in _extra(record).items())
        text = f"{clock} {record.levelname.lower():7} {record.getMessage()} {extra}".rstrip()
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def set_up_logging(level: str, style: Literal["auto", "json", "console"]) -> None:
    """Send all logs to standard error, one line an event."""
    console = style == "console" or (style == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_ConsoleLines() if console else _JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("libav").setLevel(logging.ERROR)


def share_metrics(folder: Path) -> None:
    """Let all processes of this machine count into one folder, so that any of them can answer for all.

    To be called by the parent, before it starts them: the library reads the environment at import.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def forget_process(pid: int) -> None:
    """Drop the gauges of a process that has ended; its counters stay counted."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        mark_process_dead(pid)


def render_metrics() -> bytes:
    """Return all metrics of this machine's processes in Prometheus' text format."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)


class RequestLog:
    """One line and one observation a request: method, route (never path or query), status, time, id.

    Requests are gathered and written together at the end of the event loop's turn: through the logging
    module each would cost ten times as much.
    """

    def __init__(self, style: Literal["auto", "json", "console"]) -> None:
        json_lines = style == "json" or (style == "auto" and not sys.stderr.isatty())
        self._line = _json_line if json_lines else _console_line
        self._stamp = _instant if json_lines else _time_of_day
        self._noted: list[tuple[str, str, int, float, str]] = []
        self._series: dict[tuple[str, str, int], Histogram] = {}

    def note(self, method: str, route: str, status: int, seconds: float, request_id: str) -> None:
        """Note one answered request."""
        if not self._noted:
            asyncio.get_running_loop().call_soon(self._flush)
        self._noted.append((method, route, status, seconds, request_id))

    def _flush(self) -> None:
        noted, self._noted = self._noted, []
        at = self._stamp(datetime.now(UTC))
        for method, route, status, seconds, _ in noted:
            self._observe((method, route, status), seconds)
        sys.stderr.write("".join([self._line(at, request) for request in noted]))
        sys.stderr.flush()

    def _observe(self, key: tuple[str, str, int], seconds: float) -> None:
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = REQUEST_SECONDS.labels(*key)
        series.observe(seconds)


def _json_line(at: str, request: tuple[str, str, int, float, str]) -> str:
    method, route, status, seconds, request_id = request
    return (
        f'{{"time":"{at}","level":"info","event":"request",'
        f'"method":"{method}","route":"{route}","status":{status},"ms":{seconds * 1000:.2f},'
        f'"request_id":"{request_id}"}}\n'
    )


def _console_line(at: str, request: tuple[str, str, int, float, str]) -> str:
    method, route, status, seconds, request_id = request
    return f"{at} {status} {method:6} {route} {seconds * 1000:.1f} ms {request_id}\n"


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def _time_of_day(at: datetime) -> str:
    return f"{at:%H:%M:%S}"
