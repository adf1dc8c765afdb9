"""Schemathesis goes through the whole document with all its checks, against the really started platform."""

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from support.cast import PASSWORD
from support.clips import make_clip
from support.people import SignUp, settled, upload
from support.server import Server, eventually

HERE = Path(__file__).parent
OPTIONS = ["--max-examples=30", "--seed=1", "--no-color", *os.environ.get("CONTRACT_OPTIONS", "").split()]
"""More can be given by hand, such as another seed; the last one counts."""

NOT_CARRIED_OUT = {
    ("DELETE", "/api/v1/auth/me"),  # taken out: see schemathesis.toml
}


@dataclass
class Key:
    """An API key with all scopes; unlike an access token, signing out leaves it good."""

    person: httpx.Client
    id: str = field(init=False)
    secret: str = field(init=False)

    def __post_init__(self) -> None:
        key = made(self.person, "api-keys", {"name": "contract", "scopes": ["read", "write", "account"]})
        self.id, self.secret = key["id"], key["key"]


def test_the_document_is_what_the_platform_does(server: Server, sign_up: SignUp, tmp_path: Path) -> None:
    alice, bob = sign_up(server.url), sign_up(server.url)
    keys = {"alice": Key(alice), "bob": Key(bob)}
    (tmp_path / "people.json").write_text(json.dumps({"auth": [_identity(*pair) for pair in keys.items()]}))
    known = things_of(alice, make_clip(tmp_path / "clip.mp4", seconds=1)) | uploads_of(bob)
    config = tmp_path / "schemathesis.toml"
    settings = (HERE / "schemathesis.toml").read_text(encoding="utf-8")
    config.write_text(settings + "".join(_dictionary(name, values) for name, values in known.items()))
    kept = [keys["alice"].id, *known["videos"], *known["projects"], *known["uploads"]]
    before = carried_out(server)
    ran = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            f"--config-file={config}",
            "run",
            f"{server.url}/openapi.json",
            *OPTIONS,
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ
        | {"SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py"), "CONTRACT_KEPT": " ".join(kept)},
    )
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
    assert operations_of(server) - set(carried_out(server) - before) == NOT_CARRIED_OUT, ran.stdout


def operations_of(server: Server) -> set[tuple[str, str]]:
    paths: dict[str, dict[str, Any]] = httpx.get(f"{server.url}/openapi.json").json()["paths"]
    return {(method.upper(), path) for path, item in paths.items() for method in item}


def carried_out(server: Server) -> "Counter[tuple[str, str]]":
    """Return how often each operation has succeeded since the start."""
    found: Counter[tuple[str, str]] = Counter()
    for line in httpx.get(f"{server.url}/metrics").text.splitlines():
        if line.startswith("kinetoscope_http_request_seconds_count"):
            labels = dict(re.findall(r'(\w+)="([^"]*)"', line))
            if labels["status"].startswith("2"):
                route = labels["route"].replace(":path}", "}")
                found[labels["method"], route] += int(float(line.rpartition(" ")[2]))
    return found


def things_of(person: httpx.Client, clip: Path) -> dict[str, list[Any]]:
    """Make what requests can be about."""
    playing = made(person, "videos", {"title": "Plays"})
    upload(person, playing["id"], clip)
    assert settled(person, playing["id"])["status"] == "ready"
    urls: dict[str, str] = person.get(f"/api/v1/videos/{playing['id']}/playback").json()
    signed, video_id, processing_id, path = urlsplit(urls["mp4_url"]).path.split("/")[2:]
    videos = [playing["id"], *_ids(person, "videos", "title", 3)]
    email = person.get("/api/v1/auth/me").json()["email"]
    credentials = {"email": email, "password": PASSWORD}
    unindexed = _ids(person, "videos", "title", 20)
    project = playing["project_id"]
    eventually(lambda: _indexed(person, project) >= len(videos) + len(unindexed), seconds=60)
    return {
        "videos": videos,
        "videos to unindex": unindexed,
        "projects with an index": [project],
        "videos to delete": _ids(person, "videos", "title", 20),
        "videos with files": [video_id],
        "visibilities": ["private"],
        "versions": ["*"],
        "metadata": [_metadata(video) for video in videos[1:]],
        "projects": _ids(person, "projects", "name", 2),
        "projects to delete": _ids(person, "projects", "name", 20),
        "keys": _ids(person, "api-keys", "name", 20),
        "signatures": [signed],
        "processings": [processing_id],
        "files": [path, *(urls[name].rpartition("/")[2] for name in ("thumbnail_url", "storyboard_url"))],
        "emails": [email],
        "passwords": [PASSWORD],
        "refresh tokens": [
            person.post("/api/v1/auth/login", json=credentials).json()["refresh_token"] for _ in range(5)
        ],
    }


def uploads_of(person: httpx.Client) -> dict[str, list[Any]]:
    """Begin uploads; whoever has their addresses may go on with them."""
    urls = [
        person.post(f"/api/v1/videos/{video_id}/upload", json={}).json()["upload_url"]
        for video_id in _ids(person, "videos", "title", 20)
    ]
    tokens = [url.rpartition("/")[2] for url in urls]
    return {
        "uploads": tokens[:6],
        "uploads to fill": tokens[6:15],
        "uploads to cancel": tokens[15:],
        "offsets": [0],
    }


def made(person: httpx.Client, kind: str, wish: dict[str, Any]) -> dict[str, Any]:
    answer = person.post(f"/api/v1/{kind}", json=wish)
    assert answer.status_code == 201, answer.text
    thing: dict[str, Any] = answer.json()
    return thing


def _ids(person: httpx.Client, kind: str, name: str, count: int) -> list[str]:
    return [made(person, kind, {name: f"One of {uuid4()}"})["id"] for _ in range(count)]


def _indexed(person: httpx.Client, project_id: str) -> int:
    return int(person.get(f"/api/v1/projects/{project_id}/search").json()["documents"])


def _metadata(video_id: str) -> str:
    return f"video_id {b64encode(video_id.encode()).decode()}"


def _identity(name: str, key: Key) -> dict[str, Any]:
    return {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {key.secret}"}]}


def _dictionary(name: str, values: list[Any]) -> str:
    return f"\n[dictionaries.{json.dumps(name)}]\nvalues = {json.dumps(values)}\n"
