"""Likes and reports of views against several API processes, over plain HTTP."""

from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from support.people import SignUp
from support.server import Server, eventually, started_server

CALLERS = 10


@pytest.fixture
def two_processes(tmp_path: Path) -> Generator[Server]:
    with started_server(tmp_path / "data", workers="2", auth_rate_limit="100000/minute") as server:
        eventually(lambda: len(server.pids("api")) == 2)
        yield server


def like(person: httpx.Client, url: str, path: str) -> int:
    """Like over a connection of its own, so that the processes share the requests."""
    return httpx.post(url + path, headers=person.headers, timeout=30).status_code


def report(url: str, video: str, session: str, percent: int) -> dict[str, Any]:
    """Report how far a sitting has got, over a connection of its own."""
    body = {"watch_duration": percent, "completion_percentage": percent, "session_id": session}
    answer = httpx.post(f"{url}/api/v1/videos/{video}/track-view", json=body, timeout=30)
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


def test_racing_likes_and_reports_count_one_and_a_deletion_ends_likes(
    two_processes: Server, sign_up: SignUp
) -> None:
    url = two_processes.url
    zoe = sign_up(url)
    video = zoe.post("/api/v1/videos", json={"title": "Liked"}).json()["id"]
    path = f"/api/v1/videos/{video}/like"
    with ThreadPoolExecutor(CALLERS) as threads:
        answers = [threads.submit(like, zoe, url, path) for _ in range(100)]
        assert Counter(done.result() for done in answers) == {200: 1, 409: 99}
        assert zoe.get(f"/api/v1/videos/{video}").json()["like_count"] == 1

        fans = [sign_up(url) for _ in range(CALLERS)]
        likes = [threads.submit(like, fan, url, path) for fan in fans for _ in range(3)]
        assert zoe.delete(f"/api/v1/videos/{video}").status_code == 204
        assert {done.result() for done in likes} <= {200, 404, 409}
    assert zoe.get(path).status_code == 404

    watched = zoe.post("/api/v1/videos", json={"title": "Watched"}).json()["id"]
    session = str(uuid4())
    with ThreadPoolExecutor(CALLERS) as threads:
        receipts = [threads.submit(report, url, watched, session, percent) for percent in range(50, 0, -1)]
        assert len({receipt.result()["view_id"] for receipt in receipts}) == 1
    found = zoe.get(f"/api/v1/videos/{watched}/analytics").json()
    assert (found["total_views"], found["received_views"]) == (1, 1)
    assert (found["avg_watch_duration"], found["avg_completion_rate"]) == (50, 50)
