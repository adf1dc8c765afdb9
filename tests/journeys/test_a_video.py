"""The main job: sign up, register, upload with the line cut, play, find, change, delete."""

from pathlib import Path
from typing import Any

import av
import httpx

from support.clips import make_clip
from support.people import TUS, SignUp, patch_and_lose_the_line, settled
from support.server import Server, eventually

JPEG = b"\xff\xd8\xff"


def test_from_signing_up_to_a_deleted_video(server: Server, sign_up: SignUp, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=4)
    content = clip.read_bytes()
    zoe = sign_up(server.url)
    project = zoe.post("/api/v1/projects", json={"name": "Travel"}).json()
    video = zoe.post(
        "/api/v1/videos/",
        json={"title": "A morning in Lisbon", "tags": ["travel"], "project_id": project["id"]},
    ).json()
    path = f"/api/v1/videos/{video['id']}"

    # Upload: half of it, then the line is cut; the server knows how far it came, and the rest follows.
    where = zoe.post(f"{path}/upload", json={"size": len(content), "filename": "lisbon.mp4"}).json()
    assert where["protocol"] == "tus"
    assert zoe.get(path).json()["status"] == "uploading"
    _send_with_the_line_cut(where["upload_url"], content, at=len(content) // 2)
    ready = settled(zoe, video["id"])
    assert (ready["status"], ready["duration"]) == ("ready", 4)
    assert ready["playback"]["video_codec"] == "h264"

    playback = zoe.get(f"{path}/playback").json()
    _play(playback, tmp_path)
    assert httpx.get(ready["thumbnail_url"]).content[:3] == JPEG

    # Find, change, delete.
    found = zoe.get("/api/v1/videos", params={"search": "lisbon", "mine": True}).json()
    assert [item["id"] for item in found["videos"]] == [video["id"]]
    changed = zoe.put(path, json={"title": "An evening in Porto"}).json()
    assert (changed["title"], changed["status"]) == ("An evening in Porto", "ready")
    files = server.data_dir / "media" / "videos" / video["id"]
    assert files.exists()
    assert zoe.delete(path).status_code == 204
    assert zoe.get(path).status_code == 404
    eventually(lambda: not files.exists())
    assert httpx.get(playback["mp4_url"]).status_code in {404, 410}


def _send_with_the_line_cut(url: str, content: bytes, *, at: int) -> None:
    """Send some bytes, lose the connection, ask how far it came, and send the rest."""
    patch_and_lose_the_line(url, content[:at], announced=len(content))
    offset = eventually(lambda: _offset(url))
    assert 0 < offset <= at
    sent = httpx.patch(url, content=content[offset:], headers=TUS | {"Upload-Offset": str(offset)})
    assert (sent.status_code, sent.headers["upload-offset"]) == (204, str(len(content)))


def _play(playback: dict[str, Any], folder: Path) -> None:
    """Ask for ranges, show the poster, and decode what came, as a player does."""
    whole = httpx.get(playback["mp4_url"])
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    first = httpx.get(playback["mp4_url"], headers={"Range": "bytes=0-99"})
    assert (first.status_code, first.content) == (206, whole.content[:100])
    assert first.headers["content-range"] == f"bytes 0-99/{len(whole.content)}"
    played = folder / "played.mp4"
    played.write_bytes(whole.content)
    with av.open(str(played)) as container:
        assert sum(1 for _ in container.decode(video=0)) > 40
    assert httpx.get(playback["thumbnail_url"]).content[:3] == JPEG
    assert httpx.get(playback["storyboard_url"]).text.startswith("WEBVTT")


def test_what_is_not_a_video_fails_with_a_sentence_and_leaves_nothing(
    server: Server, sign_up: SignUp, tmp_path: Path
) -> None:
    zoe = sign_up(server.url)
    video = zoe.post("/api/v1/videos", json={"title": "My notes"}).json()
    where = zoe.post(f"/api/v1/videos/{video['id']}/upload", json={"protocol": "put"}).json()
    httpx.put(where["upload_url"], content=b"Dear diary, " * 1000, headers=where["headers"])

    failed = settled(zoe, video["id"])
    assert failed["status"] == "failed"
    assert failed["status_detail"].endswith(".")
    assert zoe.get(f"/api/v1/videos/{video['id']}/playback").status_code == 409
    eventually(lambda: not (server.data_dir / "media" / "videos" / video["id"]).exists())


def test_an_erased_account_leaves_no_file(server: Server, sign_up: SignUp, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1)
    zoe = sign_up(server.url)
    video = zoe.post("/api/v1/videos", json={"title": "Mine"}).json()
    where = zoe.post(f"/api/v1/videos/{video['id']}/upload", json={"protocol": "put"}).json()
    httpx.put(where["upload_url"], content=clip.read_bytes(), headers=where["headers"])
    settled(zoe, video["id"])

    assert zoe.delete("/api/v1/auth/me").status_code == 202
    eventually(lambda: not (server.data_dir / "media" / "videos" / video["id"]).exists())
    assert sign_up(server.url).get(f"/api/v1/videos/{video['id']}").status_code == 404


def _offset(url: str) -> int:
    return int(httpx.head(url, headers={"Tus-Resumable": "1.0.0"}).headers["upload-offset"])
