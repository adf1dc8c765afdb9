"""Somebody who follows a session's events as a page does: back after each break, from where it was."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx

BACK_SECONDS = 0.2


class Told(NamedTuple):
    """One event: its number in the session, what has happened, and the particulars."""

    number: int
    type: str
    data: dict[str, Any]


class Follower:
    """Follows from the first event until the session has ended; `told` is all of it so far."""

    def __init__(self, person: httpx.Client, session_id: str) -> None:
        self.told: list[Told] = []
        self._path = f"/api/v1/video-sessions/sessions/{session_id}/events"
        self._client = httpx.Client(base_url=person.base_url, headers=person.headers, timeout=30)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def replayed(self) -> list[Told]:
        """Return what somebody is told who comes only now."""
        with self._client.stream("GET", f"{self._path}?wait=0", headers={"Last-Event-ID": "0"}) as answer:
            return list(_read(answer.iter_lines()))

    def ended(self) -> list[Told]:
        """Wait until the session's end was told, and return everything."""
        self._thread.join(30)
        assert not self._thread.is_alive(), self.told
        return self.told

    def close(self) -> None:
        """Stop following, at the next sign of life at the latest."""
        self._closing.set()
        self._thread.join(30)
        self._client.close()

    def _follow(self) -> None:
        while not self._closing.is_set() and not (self.told and self.told[-1].type == "session.ended"):
            last = self.told[-1].number if self.told else 0
            try:
                with self._client.stream("GET", self._path, headers={"Last-Event-ID": str(last)}) as answer:
                    for event in _read(answer.iter_lines()):
                        self.told.append(event)
                        if self._closing.is_set():
                            return
            except httpx.TransportError:
                pass
            time.sleep(BACK_SECONDS)


def _read(lines: Iterator[str]) -> Iterator[Told]:
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        if "id" in fields:
            yield Told(int(fields["id"]), fields["event"], json.loads(fields["data"]))
        fields = {}
