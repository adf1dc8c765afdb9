"""Log lines: one JSON object each, whatever is in them."""

import json
import logging
from collections.abc import Generator
from typing import Any

import pytest

from kinetoscope.kernel.telemetry import set_up_logging

log = logging.getLogger("test")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Generator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]


def test_an_event_is_one_line_with_what_belongs_to_it(capfd: pytest.CaptureFixture[str]) -> None:
    set_up_logging("info", "json")
    log.info("two\nlines", extra={"job": 7, "name_of": 'a "quoted" ü'})
    log.debug("not shown")
    [line] = written(capfd)
    assert (line["event"], line["level"], line["logger"]) == ("two\nlines", "info", "test")
    assert (line["job"], line["name_of"]) == (7, 'a "quoted" ü')


def test_no_event_is_lost_for_what_it_holds(capfd: pytest.CaptureFixture[str]) -> None:
    set_up_logging("info", "json")
    try:
        raise OSError("no file \udcff.mp4")  # noqa: TRY301 - a line of its own for its traceback
    except OSError:
        log.exception("broken", extra={"path": "\udcff.mp4", "kind": OSError})
    [line] = written(capfd)
    assert line["path"] == "\udcff.mp4"
    assert "OSError: no file" in line["exception"]
