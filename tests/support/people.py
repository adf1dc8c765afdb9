"""People who use a really started platform, over plain HTTP and nothing else."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from support.cast import PASSWORD
from support.server import eventually

TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


SignUp = Callable[[str], httpx.Client]


def signed_up(url: str, name: str = "zoe") -> httpx.Client:
    """Return a client of a new account."""
    person = httpx.Client(base_url=url, timeout=30)
    body = {"email": f"{name}-{uuid4().hex[:12]}@example.org", "password": PASSWORD, "name": name.title()}
    answer = person.post("/api/v1/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    person.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return person


def settled(person: httpx.Client, video_id: str) -> dict[str, Any]:
    """Return a video when its processing has ended, well or not."""

    def ended() -> dict[str, Any] | None:
        video: dict[str, Any] = person.get(f"/api/v1/videos/{video_id}").json()
        return video if video["status"] in {"ready", "failed"} else None

    return eventually(ended, seconds=60)


def upload(person: httpx.Client, video_id: str, path: Path) -> None:
    """Send a file in one request."""
    wish = {"protocol": "put", "size": path.stat().st_size}
    where = person.post(f"/api/v1/videos/{video_id}/upload", json=wish).json()
    answer = httpx.put(where["upload_url"], content=path.read_bytes(), headers=where["headers"], timeout=60)
    assert answer.status_code < 300, answer.text


def patch_and_lose_the_line(url: str, content: bytes, *, announced: int) -> None:
    """Announce so many bytes from offset 0, send fewer, and close the connection."""
    where = httpx.URL(url)
    headers = TUS | {"Host": where.netloc.decode(), "Upload-Offset": "0", "Content-Length": str(announced)}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection((where.host, where.port)) as line:
        line.sendall(f"PATCH {where.path} HTTP/1.1\r\n{head}\r\n".encode() + content)
        # Nothing tells from outside that the server has read them; what it has not is lost with the line.
        time.sleep(0.5)
