"""The children: how each is started, how it ended, and when it may be started again."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from ..kernel.telemetry import forget_process

log = logging.getLogger("kinetoscope.supervisor")

QUICK_DEATH_SECONDS = 5.0
LONGEST_DELAY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Program:
    """One of our processes: the words after `kinetoscope`, and what it needs.

    `drain_seconds` is how long its orderly end may take. `listens` gives it the listening socket,
    `calls` the address where the API answers; `speaks` lets it write to our own standard output.
    """

    name: str
    words: Sequence[str]
    drain_seconds: float = 5.0
    listens: bool = False
    calls: bool = False
    speaks: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all children get: environment, lifeline, listening socket, and where their words go."""

    environment: Mapping[str, str]
    lifeline: int
    listener: int
    address: str
    log: IO[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Death:
    """How a child ended by itself. `code` is the exit code, or minus the number of the signal."""

    code: int
    quick_deaths: int

    def __str__(self) -> str:
        """Return it as the end of a sentence."""
        if self.code < 0:
            return f"it died with signal {-self.code} ({signal.Signals(-self.code).name})"
        return f"it ended with exit code {self.code}"


def restart_delay(quick_deaths: int) -> float:
    """Return after how many seconds to restart what died so often in a row soon after its start."""
    if quick_deaths <= 1:
        return 0.0
    return min(0.25 * 2.0 ** (quick_deaths - 2), LONGEST_DELAY_SECONDS)


class Child:
    """One program's process, started again whenever that is due."""

    def __init__(self, program: Program, surroundings: Surroundings) -> None:
        self.program = program
        self._surroundings = surroundings
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._quick_deaths = 0

    @property
    def pid(self) -> int | None:
        """The pid of the living process, or None."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process, in a session of its own: Ctrl-C is the parent's to act on."""
        around, program = self._surroundings, self.program
        words = [*program.words, f"--lifeline={around.lifeline}"]
        passed = [around.lifeline]
        if program.listens:
            words.append(f"--fd={around.listener}")
            passed.append(around.listener)
        if program.calls:
            words.append(f"--address={around.address}")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "kinetoscope", *words],
            stdin=subprocess.DEVNULL,
            stdout=None if program.speaks else around.log or sys.stderr.fileno(),
            stderr=None if program.speaks else around.log,
            pass_fds=passed,
            env=around.environment,
            start_new_session=True,
        )
        self._started_at = time.monotonic()
        log.info("started", extra={"program": program.name, "pid": self._process.pid})

    def death(self) -> Death | None:
        """Return how the process ended, once for each end; None while it lives."""
        if self._process is None or (code := self._process.poll()) is None:
            return None
        forget_process(self._process.pid)
        self._process = None
        quick = time.monotonic() - self._started_at < QUICK_DEATH_SECONDS
        self._quick_deaths = self._quick_deaths + 1 if quick else 0
        return Death(code, self._quick_deaths)

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if there is still somebody to get it."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)


def environment_of(data_dir: str, host: str) -> dict[str, str]:
    """Return what children inherit: ours, with what the command line has chosen."""
    return {**os.environ, "KINETOSCOPE_DATA_DIR": data_dir, "KINETOSCOPE_HOST": host}
