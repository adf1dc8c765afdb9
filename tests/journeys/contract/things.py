"""What requests of the contract test can be about: things that are really there, by the document's tags.

Each tag has a function here and, where no schema can say something, a file `<tag>.toml` beside.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from support.cast import PASSWORD
from support.clips import make_clip
from support.people import settled, upload
from support.pictures import picture
from support.server import eventually

from .rooms import sessions
from .stage import Dictionaries, Stage, ids, made


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


def analytics(stage: Stage) -> Dictionaries:
    videos = ids(stage.alice, "videos", "title", 3)
    sittings = [str(uuid4()) for _ in range(3)]
    for sitting in sittings:
        report = {"session_id": sitting, "watch_duration": 5, "completion_percentage": 50}
        stage.bob.post(f"/api/v1/videos/{videos[0]}/track-view", json=report).raise_for_status()
    return {"videos": videos, "sittings": sittings}


def albums(stage: Stage) -> Dictionaries:
    album, other = ids(stage.alice, "albums", "title", 2)
    items = [item_of(stage.alice, album, photo_of(stage.alice)["id"]) for _ in range(8)]
    return {
        "albums": [album, other],
        "albums to delete": ids(stage.alice, "albums", "title", 20),
        "albums with items": [album],
        "items": items[:3],
        "items to delete": items[3:],
        "media": ids(stage.alice, "videos", "title", 10),
        "kinds": ["video"],
        "versions": ["*"],
    }


def photos(stage: Stage) -> Dictionaries:
    uploaded = [photo_of(stage.alice) for _ in range(7)]
    url: str = uploaded[0]["url"]
    signed, photo_id, name = urlsplit(url).path.split("/")[2:]
    return {
        "photos": [photo["id"] for photo in uploaded[:3]],
        "photos to delete": [photo["id"] for photo in uploaded[3:]],
        "photos with files": [photo_id],
        "signatures": [signed],
        "files": [name],
    }


def showcase(stage: Stage) -> Dictionaries:
    video, other = (
        made(stage.alice, "videos", {"title": title, "video_type": "demo"})["id"]
        for title in ("Shown", "Other")
    )
    said = {"title": "Here", "annotation_type": "info"}
    path = f"showcase-videos/{video}/annotations"
    annotations = [made(stage.alice, path, said | {"timestamp": second})["id"] for second in range(24)]
    return {
        "videos": [video],
        "videos to fill": [other],
        "annotations": annotations[:4],
        "annotations to delete": annotations[4:],
        "versions": ["*"],
    }


def search(stage: Stage) -> Dictionaries:
    videos = ids(stage.alice, "videos", "title", 3)
    forgotten = ids(stage.alice, "videos", "title", 20)
    project = stage.alice.get(f"/api/v1/videos/{videos[0]}").json()["project_id"]
    path = f"/api/v1/projects/{project}/search"
    eventually(lambda: stage.alice.get(path).json()["documents"] >= len(videos) + len(forgotten), seconds=60)
    return {"projects": [project], "videos": videos, "videos to forget": forgotten}


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
    "albums": albums,
    "photos": photos,
    "sessions": sessions,
    "analytics": analytics,
    "search": search,
    "embeddings": operations,
    "showcase": showcase,
    "recommendations": recommendations,
}


def upload_of(person: httpx.Client, video_id: str) -> str:
    """Begin an upload and return its token."""
    url: str = person.post(f"/api/v1/videos/{video_id}/upload", json={}).json()["upload_url"]
    return url.rpartition("/")[2]


def photo_of(person: httpx.Client) -> dict[str, Any]:
    """Upload a photo and return it."""
    answer = person.post("/api/v1/photos", files={"file": ("a.png", picture("PNG", (40, 30)))})
    assert answer.status_code == 201, answer.text
    photo: dict[str, Any] = answer.json()
    return photo


def item_of(person: httpx.Client, album_id: str, photo_id: str) -> str:
    """Put a photo into an album and return the item's id."""
    wish = {"media_type": "photo", "media_id": photo_id}
    item: str = made(person, f"albums/{album_id}/items", wish)["id"]
    return item
