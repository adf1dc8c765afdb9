"""The parent's life: bring up, watch, bring down."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from ..kernel.embedded_postgres import EmbeddedPostgres
from .background import Background
from .claim import Claim
from .listening import address_of
from .postgres import LOOK_SECONDS, PostgresKeeper
from .programs import Child, Program, Surroundings, restart_delay
from .readiness import wait_until_ready
from .wakeups import StopAsked, Wakeups

log = logging.getLogger("kinetoscope.supervisor")

USAGE = 2
"""The exit code of what cannot heal: settings or a command line that cannot be used."""

_START_ATTEMPTS = 3
_TURN_SECONDS = 0.05


class ServingFailed(Exception):  # noqa: N818 - named by what it means, as all refusals are
    """The platform cannot be brought up or kept up; the message says why."""

    def __init__(self, text: str, *, exit_code: int = 1) -> None:
        super().__init__(text)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run, in order.

    `prepare` makes the database ready for them; `programs` are kept running and are stopped in this order;
    `once_ready` is started when the API answers, and runs once.
    """

    prepare: Callable[[], object]
    programs: Sequence[Program]
    environment: Mapping[str, str]
    once_ready: Program | None = None
    log: IO[bytes] | None = None


class Supervisor:
    """Runs a plan until SIGTERM, SIGINT or SIGHUP; a second signal hastens the end."""

    def __init__(
        self,
        plan: Plan,
        *,
        claim: Claim,
        listener: socket.socket,
        postgres: EmbeddedPostgres | None,
        announce: Callable[[str], None],
    ) -> None:
        self._plan = plan
        self._claim = claim
        self._listener = listener
        self._address = address_of(listener)
        self._announce = announce
        self._wakeups = Wakeups()
        self._postgres = None if postgres is None else PostgresKeeper(postgres, self._wakeups.wake)
        self._preparing = self._background("prepare", plan.prepare)
        self._waiting = self._background("readiness", lambda: wait_until_ready(self._address))
        self._stops_postgres = False
        self._is_announced = False
        self._children: list[Child] = []
        self._restarts: dict[Child, float] = {}

    def run(self) -> None:
        """Return after an orderly stop; refuses with `ServingFailed`."""
        # The children hold the reading end: it tells them when we are gone.
        held_by_children, held_by_us = os.pipe()
        around = Surroundings(
            self._plan.environment,
            held_by_children,
            self._listener.fileno(),
            self._address,
            self._plan.log,
        )
        with self._wakeups:
            try:
                self._bring_up(around)
                while True:
                    self._turn(around)
            except StopAsked:
                log.info("stopping")
            finally:
                self._bring_down()
                self._claim.release()
                os.close(held_by_us)

    def _background(self, name: str, work: Callable[[], object]) -> Background:
        return Background(name, work, self._wakeups.wake)

    def _bring_up(self, around: Surroundings) -> None:
        if self._postgres is not None:
            self._bring_up_postgres(self._postgres)
        self._finish(self._preparing)
        self._children = [Child(program, around) for program in self._plan.programs]
        for child in self._children:
            child.start()
        self._waiting.start()

    def _bring_up_postgres(self, postgres: PostgresKeeper) -> None:
        # One that somebody else started is used and left alone; one that a killed `serve` left is ours.
        self._stops_postgres = self._claim.left_postgres or not postgres.is_running()
        self._claim.note(stops_postgres=self._stops_postgres)
        self._finish(postgres.starting)

    def _finish(self, background: Background) -> None:
        """Do it to its end, and raise what it raises; a request to stop is heard meanwhile."""
        background.start()
        while background.is_running:
            self._pause(LOOK_SECONDS)
        if background.error is not None:
            raise background.error

    def _turn(self, around: Surroundings) -> None:
        self._pause(self._longest_pause())
        if self._postgres is not None:
            self._postgres.look()
        for child in tuple(self._children):
            self._look_after(child)
        if not (self._waiting.is_running or self._is_announced):
            self._is_announced = True
            self._announce(self._address)
            if self._plan.once_ready is not None:
                self._children.insert(0, Child(self._plan.once_ready, around))
                self._children[0].start()

    def _look_after(self, child: Child) -> None:
        death = child.death()
        if death is not None and child.program is self._plan.once_ready:
            self._children.remove(child)
            if death.code != 0:
                raise ServingFailed("", exit_code=max(death.code, 1))  # it has said why itself
        elif death is not None:
            name = child.program.name
            if death.code == USAGE:
                raise ServingFailed(f"{name} cannot run as it is set up.", exit_code=USAGE)
            if not self._is_announced and death.quick_deaths >= _START_ATTEMPTS:
                raise ServingFailed(f"{name} ended {death.quick_deaths} times at its start: {death}.")
            log.warning("died", extra={"program": name, "because": str(death)})
            self._restarts[child] = time.monotonic() + restart_delay(death.quick_deaths)
        if child in self._restarts and time.monotonic() >= self._restarts[child]:
            del self._restarts[child]
            child.start()

    def _longest_pause(self) -> float:
        due = min(self._restarts.values(), default=float("inf"))
        return max(0.0, min(LOOK_SECONDS, due - time.monotonic()))

    def _pause(self, seconds: float) -> None:
        self._wakeups.wait(seconds)
        if self._wakeups.stops:
            raise StopAsked

    def _bring_down(self) -> None:
        self._listener.close()
        ranks = list(dict.fromkeys(child.program.name for child in self._children))
        for rank in ranks:
            self._end([child for child in self._children if child.program.name == rank])
        if self._postgres is None:
            return
        while self._postgres.starting.is_running and self._wakeups.stops < 2:  # noqa: PLR2004 - the second hastens
            self._wakeups.wait(_TURN_SECONDS)
        if self._stops_postgres:
            self._postgres.stop()
        log.info("stopped")

    def _end(self, children: Sequence[Child]) -> None:
        """Let these drain; kill them when they take too long, or somebody is in a hurry."""
        for child in children:
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + max(child.program.drain_seconds for child in children)
        alive = [child for child in children if child.pid is not None and child.death() is None]
        while alive:
            self._wakeups.wait(LOOK_SECONDS)
            if time.monotonic() > deadline or self._wakeups.stops > 1:
                for child in alive:
                    child.send(signal.SIGKILL)
            alive = [child for child in alive if child.death() is None]
