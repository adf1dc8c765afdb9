"""Albums and photos against several API processes that are killed in the middle."""

import os
import signal
import socket
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from support.people import SignUp
from support.pictures import picture
from support.server import Server, eventually, sql, started_server

WRITERS = 6


@pytest.fixture
def two_processes(tmp_path: Path) -> Generator[Server]:
    with started_server(tmp_path / "data", workers="2", auth_rate_limit="100000/minute") as server:
        eventually(lambda: len(server.pids("api")) == 2)
        yield server


def test_an_order_survives_all_who_change_it(two_processes: Server, sign_up: SignUp) -> None:
    zoe = sign_up(two_processes.url)
    album = zoe.post("/api/v1/albums", json={"title": "Everybody's"}).json()["id"]
    url = f"{two_processes.url}/api/v1/albums/{album}"
    videos = [zoe.post("/api/v1/videos", json={"title": f"Video {n}"}).json()["id"] for n in range(30)]

    def post(path: str, body: object) -> httpx.Response:
        # Over a connection of its own, so that the processes share the requests.
        return httpx.post(url + path, json=body, headers=zoe.headers, timeout=30)

    def add(video: str) -> httpx.Response:
        return post("/items", {"media_type": "video", "media_id": video})

    def order(items: list[str]) -> httpx.Response:
        return post("/reorder", {"item_orders": [{"item_id": i, "order": n} for n, i in enumerate(items)]})

    def remove(item: str) -> httpx.Response:
        return httpx.delete(f"{url}/items/{item}", headers=zoe.headers, timeout=30)

    with ThreadPoolExecutor(WRITERS) as threads:
        items = [answer.json()["id"] for answer in threads.map(add, videos[:15])]
        wanted, leaving = items[9::-1], items[10:]
        work = [threads.submit(add, video) for video in videos[15:]]
        work += [threads.submit(remove, item) for item in leaving]
        work += [threads.submit(order, wanted) for _ in range(6)]
        answers = [done.result() for done in work]
    assert {answer.status_code for answer in answers} == {201, 204}
    shown = zoe.get(f"/api/v1/albums/{album}").json()
    assert [item["id"] for item in shown["items"]][:10] == wanted
    assert shown["item_count"] == len(shown["items"]) == 25


def test_a_photo_whose_process_is_killed_leaves_nothing(
    two_processes: Server, sign_up: SignUp, tmp_path: Path
) -> None:
    zoe = sign_up(two_processes.url)
    content = picture("PNG", (4000, 4000), compress_level=1)
    scratch = two_processes.data_dir / "scratch"
    with ThreadPoolExecutor(2) as threads:
        sent = [threads.submit(_upload, two_processes.url, zoe, content) for _ in range(2)]
        eventually(lambda: list(scratch.glob("photo-*/out")))  # the child is at work
        for pid in two_processes.pids("api"):
            os.kill(pid, signal.SIGKILL)
        assert {done.result() for done in sent} <= {None, 201}
    acknowledged = sum(done.result() == 201 for done in sent)
    eventually(lambda: _answers(zoe))
    assert zoe.get("/api/v1/photos").json()["total"] >= acknowledged
    assert sql(two_processes.data_dir, "SELECT count(*) FROM photos WHERE state = 'ready'") == str(
        zoe.get("/api/v1/photos").json()["total"]
    )
    # What they left is removed by regular duties: here as soon as they are due again.
    sql(two_processes.data_dir, "UPDATE photos SET created_at = now() - interval '1 hour'")
    sql(two_processes.data_dir, "DELETE FROM schedules")
    kept = zoe.get("/api/v1/photos").json()["total"]
    eventually(lambda: not list(scratch.glob("photo-*")), seconds=40)
    eventually(lambda: sql(two_processes.data_dir, "SELECT count(*) FROM photos") == str(kept))
    stored = two_processes.data_dir / "media" / "photos"
    eventually(lambda: len(list(stored.iterdir()) if stored.is_dir() else []) == kept)


def test_an_upload_that_breaks_off_leaves_nothing(two_processes: Server, sign_up: SignUp) -> None:
    zoe = sign_up(two_processes.url)
    where = httpx.URL(two_processes.url)
    head = (
        f"POST /api/v1/photos HTTP/1.1\r\nHost: {where.netloc.decode()}\r\nContent-Type: image/png\r\n"
        f"Authorization: {zoe.headers['authorization']}\r\nContent-Length: 1000000\r\n\r\n"
    )
    scratch = two_processes.data_dir / "scratch"
    with socket.create_connection((where.host, where.port)) as line:
        line.sendall(head.encode() + bytes(1000))
        eventually(lambda: list(scratch.glob("photo-*")))
    eventually(lambda: not list(scratch.glob("photo-*")))
    assert zoe.get("/api/v1/photos").json()["total"] == 0


def _upload(url: str, person: httpx.Client, content: bytes) -> int | None:
    try:
        answer = httpx.post(
            f"{url}/api/v1/photos", files={"file": ("a.png", content)}, headers=person.headers, timeout=60
        )
    except httpx.TransportError:
        return None
    return answer.status_code


def _answers(person: httpx.Client) -> bool:
    try:
        return person.get("/api/v1/photos").status_code == 200
    except httpx.TransportError:
        return False
