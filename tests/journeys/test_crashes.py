"""kill -9 of each process in the middle of writes: it comes back, and nothing acknowledged is lost."""

import os
import signal
import threading
from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from support.clips import make_clip
from support.people import SignUp, settled, upload
from support.server import Server, eventually, started_server

WRITERS = 4


@pytest.fixture
def own_server(tmp_path: Path) -> Generator[Server]:
    with started_server(tmp_path / "data", auth_rate_limit="100000/minute") as server:
        yield server


class Writers:
    """Several clients that register videos until they are told to stop, and remember what was answered."""

    def __init__(self, url: str, person: httpx.Client) -> None:
        self.person = person
        self.acknowledged: list[str] = []
        self._url = url
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(WRITERS)]
        for thread in self._threads:
            thread.start()

    def _write(self) -> None:
        with httpx.Client(base_url=self._url, headers=self.person.headers, timeout=20) as client:
            while not self._stop.is_set():
                try:
                    answer = client.post("/api/v1/videos", json={"title": "Written under fire"})
                except httpx.TransportError:
                    continue
                if answer.status_code == 201:
                    self.acknowledged.append(answer.json()["id"])
                else:
                    assert answer.status_code == 503, answer.text

    def after(self, count: int) -> None:
        """Wait until this many more writes were acknowledged."""
        goal = len(self.acknowledged) + count
        eventually(lambda: len(self.acknowledged) >= goal)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


@pytest.mark.parametrize("victim", ["api", "postgres"])
def test_nothing_acknowledged_is_lost(own_server: Server, sign_up: SignUp, victim: str) -> None:
    writers = Writers(own_server.url, sign_up(own_server.url))
    try:
        for _ in range(2):
            writers.after(30)
            pid = own_server.postgres_pid() if victim == "postgres" else own_server.pids("api")[0]
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        writers.after(30)
    finally:
        writers.stop()
    for video_id in writers.acknowledged:
        assert writers.person.get(f"/api/v1/videos/{video_id}").status_code == 200
    total = writers.person.get("/api/v1/videos").json()["total"]
    assert total >= len(writers.acknowledged)


def test_a_killed_workers_video_is_processed_by_the_next_one(
    own_server: Server, sign_up: SignUp, tmp_path: Path
) -> None:
    # VP9 in Matroska must be transcoded, so that there is time to kill the worker in the middle.
    clip = make_clip(tmp_path / "clip.mkv", seconds=12, size=(1280, 720), video_codec="libvpx-vp9")
    zoe = sign_up(own_server.url)
    video = zoe.post("/api/v1/videos", json={"title": "Survivor"}).json()
    upload(zoe, video["id"], clip)

    def is_being_transcoded() -> bool:
        now = zoe.get(f"/api/v1/videos/{video['id']}").json()
        assert now["status"] == "processing", now
        return str(now["status_detail"]).startswith("Transcoding")

    eventually(is_being_transcoded, seconds=60)
    os.kill(own_server.pids("worker")[0], signal.SIGKILL)

    ready = settled(zoe, video["id"])
    assert (ready["status"], ready["duration"]) == ("ready", 12)
    files = own_server.data_dir / "media" / "videos" / video["id"]
    eventually(lambda: len(list(files.iterdir())) == 1)  # the pieces of the upload are gone
    eventually(lambda: not list((own_server.data_dir / "scratch").glob("*")))


def test_a_killed_workers_bulk_is_indexed_whole(own_server: Server, sign_up: SignUp) -> None:
    zoe = sign_up(own_server.url)
    project = zoe.get("/api/v1/projects").json()["projects"][0]["id"]
    path = f"/api/v1/projects/{project}"

    def pending() -> int:
        found: int = zoe.get(f"{path}/search").json()["pending"]
        return found

    sent = [
        {"video_id": str(uuid4()), "title": f"Lesson {n}", "description": "word " * 30} for n in range(130)
    ]
    assert zoe.post(f"{path}/videos/bulk-index", json=sent).json()["indexed_count"] == len(sent)
    eventually(lambda: pending() < len(sent), seconds=60)
    os.kill(own_server.pids("worker")[0], signal.SIGKILL)
    eventually(lambda: pending() == 0, seconds=60)

    def with_vectors() -> tuple[str, int]:
        answer = zoe.post(f"{path}/videos/search", json={"query": "a lesson", "mode": "semantic"}).json()
        return answer["mode"], answer["total"]

    # The process that answers loads its model meanwhile; until then, words alone do.
    eventually(lambda: with_vectors() == ("semantic", len(sent)), seconds=60)
