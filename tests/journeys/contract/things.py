"""What requests of the contract test can be about: things that are really there, by the document's tags.

Each tag has a function here and, where no schema can say something, a file `<tag>.toml` beside.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from support.cast import PASSWORD
from support.clips import make_clip
from support.people import settled, upload

Dictionaries = dict[str, list[Any]]


@dataclass(frozen=True)
class Stage:
    """Who does everything, who looks on, and where files can be made."""

    alice: httpx.Client
    bob: httpx.Client
    folder: Path


def operations(_: Stage) -> Dictionaries:
    return {}


def accounts(stage: Stage) -> Dictionaries:
    email = stage.alice.get("/api/v1/auth/me").json()["email"]
    credentials = {"email": email, "password": PASSWORD}
    return {
        "keys": ids(stage.alice, "api-keys", "name", 20),
        "emails": [email],
        "passwords": [PASSWORD],
        "refresh tokens": [
            stage.alice.post("/api/v1/auth/login", json=credentials).json()["refresh_token"] for _ in range(5)
        ],
    }


def projects(stage: Stage) -> Dictionaries:
    return {
        "projects": ids(stage.alice, "projects", "name", 2),
        "projects to delete": ids(stage.alice, "projects", "name", 20),
    }


def videos(stage: Stage) -> Dictionaries:
    return {
        "videos": ids(stage.alice, "videos", "title", 4),
        "videos to delete": ids(stage.alice, "videos", "title", 20),
        "visibilities": ["private"],
        "versions": ["*"],
    }


def media(stage: Stage) -> Dictionaries:
    playing = made(stage.alice, "videos", {"title": "Plays"})["id"]
    upload(stage.alice, playing, make_clip(stage.folder / "clip.mp4", seconds=1))
    assert settled(stage.alice, playing)["status"] == "ready"
    urls: dict[str, str] = stage.alice.get(f"/api/v1/videos/{playing}/playback").json()
    signed, video_id, processing_id, path = urlsplit(urls["mp4_url"]).path.split("/")[2:]
    others = ids(stage.alice, "videos", "title", 3)
    tokens = [upload_of(stage.bob, video_id) for video_id in ids(stage.bob, "videos", "title", 20)]
    return {
        "videos": [playing, *others],
        "videos with files": [video_id],
        "metadata": [f"video_id {b64encode(other.encode()).decode()}" for other in others],
        "signatures": [signed],
        "processings": [processing_id],
        "files": [path, *(urls[name].rpartition("/")[2] for name in ("thumbnail_url", "storyboard_url"))],
        # Begun by Bob: whoever has their addresses may go on with them.
        "uploads": tokens[:6],
        "uploads to fill": tokens[6:15],
        "uploads to cancel": tokens[15:],
        "offsets": [0],
    }


def engagement(stage: Stage) -> Dictionaries:
    videos = ids(stage.alice, "videos", "title", 3)
    return {
        "videos": videos,
        "comments": ids(stage.alice, f"videos/{videos[0]}/comments", "text", 3),
        "comments to delete": ids(stage.alice, f"videos/{videos[0]}/comments", "text", 20),
    }


def recommendations(stage: Stage) -> Dictionaries:
    videos = ids(stage.alice, "videos", "title", 4)
    return {"videos": videos[:2], "recommended": videos[2:]}


THINGS: Mapping[str, Callable[[Stage], Dictionaries]] = {
    "operations": operations,
    "accounts": accounts,
    "projects": projects,
    "videos": videos,
    "media": media,
    "engagement": engagement,
    "recommendations": recommendations,
}


def made(person: httpx.Client, kind: str, wish: dict[str, Any]) -> dict[str, Any]:
    """Make one thing and return it."""
    answer = person.post(f"/api/v1/{kind}", json=wish)
    assert answer.status_code == 201, answer.text
    thing: dict[str, Any] = answer.json()
    return thing


def ids(person: httpx.Client, kind: str, name: str, count: int) -> list[str]:
    """Make some things that only need a name, and return their ids."""
    return [made(person, kind, {name: f"One of {uuid4()}"})["id"] for _ in range(count)]


def upload_of(person: httpx.Client, video_id: str) -> str:
    """Begin an upload and return its token."""
    url: str = person.post(f"/api/v1/videos/{video_id}/upload", json={}).json()["upload_url"]
    return url.rpartition("/")[2]
