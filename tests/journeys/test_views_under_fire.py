"""kill -9 of each process while views are tracked: what was acknowledged is counted or rejected, exactly."""

import os
import signal
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from support.people import SignUp
from support.server import Server, eventually, started_server

WRITERS = 6


@pytest.fixture
def own_server(tmp_path: Path) -> Generator[Server]:
    with started_server(
        tmp_path / "data",
        "--workers",
        "2",
        auth_rate_limit="100000/minute",
        public_write_rate_limit="1000000/minute",
        views_per_source="50",
    ) as server:
        yield server


class Players:
    """Players that report each sitting until it is acknowledged, each from an API process of its own luck."""

    def __init__(self, url: str, video_id: str) -> None:
        self._url = f"{url}/api/v1/videos/{video_id}/track-view"
        self.acknowledged: dict[str, bool] = {}
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._play) for _ in range(WRITERS)]
        for thread in self._threads:
            thread.start()

    def _play(self) -> None:
        while not self._stop.is_set():
            session = str(uuid4())
            receipt = self._report(session)
            while receipt is None:  # not known whether it was written: the same sitting once more
                receipt = self._report(session)
            self.acknowledged[session] = receipt["counted"]

    def _report(self, session: str) -> dict[str, Any] | None:
        body = {"watch_duration": 5, "completion_percentage": 50, "session_id": session}
        try:
            answer = httpx.post(self._url, json=body, timeout=20)
        except httpx.TransportError:
            return None
        if answer.status_code == 503:
            return None
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    def after(self, count: int) -> None:
        """Wait until this many more sittings were acknowledged."""
        goal = len(self.acknowledged) + count
        eventually(lambda: len(self.acknowledged) >= goal)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_counted_and_rejected_are_what_was_acknowledged(own_server: Server, sign_up: SignUp) -> None:
    zoe = sign_up(own_server.url)
    video_id = zoe.post("/api/v1/videos", json={"title": "Watched under fire"}).json()["id"]
    players = Players(own_server.url, video_id)
    try:
        for victim in ("api", "postgres", "worker"):
            players.after(25)
            pid = own_server.postgres_pid() if victim == "postgres" else own_server.pids(victim)[0]
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        players.after(50)
    finally:
        players.stop()
    found = eventually(lambda: _analytics(zoe, video_id))
    rejected = found["rejected_views"]
    assert found["received_views"] == len(players.acknowledged)
    assert found["total_views"] == sum(players.acknowledged.values())
    assert found["total_views"] + rejected["rate"] == found["received_views"]
    path = f"/api/v1/videos/{video_id}"
    assert zoe.get(path).json()["view_count"] == found["total_views"]


def _analytics(person: httpx.Client, video_id: str) -> dict[str, Any] | None:
    answer = person.get(f"/api/v1/videos/{video_id}/analytics")
    return answer.json() if answer.status_code == 200 else None
