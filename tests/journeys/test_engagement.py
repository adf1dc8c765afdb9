"""Likes against several API processes, over plain HTTP."""

from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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


def test_racing_likes_of_one_user_count_one_and_a_deletion_ends_them(
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
