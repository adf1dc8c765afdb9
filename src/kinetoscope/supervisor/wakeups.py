"""What ends the parent's waits: a request to stop, a child's death, or the word of another thread."""

import os
import select
import signal
from collections.abc import Mapping
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StopAsked(Exception):  # noqa: N818 - not an error
    """Somebody wants the platform to stop."""


class Wakeups:
    """Signals as values: `stops` counts the requests to stop, and `wait` returns early at any event."""

    def __init__(self) -> None:
        self.stops = 0
        self._read, self._write = os.pipe()
        self._before: Mapping[signal.Signals, Any] = {}
        for end in (self._read, self._write):
            os.set_blocking(end, False)

    def __enter__(self) -> Self:
        """Listen to signals."""
        self._before = {number: signal.getsignal(number) for number in (*STOP_SIGNALS, signal.SIGCHLD)}
        for number in STOP_SIGNALS:
            if self._before[number] is not signal.SIG_IGN:  # nohup's wish is kept
                signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, self._ignore)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave signals as they were."""
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def wait(self, seconds: float) -> None:
        """Return at the next event, or after so many seconds."""
        select.select([self._read], [], [], seconds)
        with suppress(BlockingIOError):
            while os.read(self._read, 512):
                pass

    def wake(self) -> None:
        """End the present wait, or the next one; may be called from any thread."""
        with suppress(BlockingIOError):  # full of earlier calls, which do the same
            os.write(self._write, b"\0")

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stops += 1

    def _ignore(self, _number: int, _frame: FrameType | None) -> None:
        """Do nothing: that the signal came is written to the pipe already."""
