"""The few calls of the API that the demo makes. A server that is just restarting is waited for."""

import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from .account import EMAIL, NAME, DemoAccount

_ATTEMPTS = 40
_PAUSE_SECONDS = 0.5
_PAGE = 100


class FillingFailed(Exception):  # noqa: N818 - named by what it means, as all refusals are
    """The sample library cannot be made; the message says why."""


class DemoClient:
    """A signed-in client; all of its methods refuse with `FillingFailed`."""

    def __init__(self, address: str, account: DemoAccount) -> None:
        self._account = account
        self._http = httpx.Client(base_url=f"{address}/api/v1", timeout=60)
        self._user_id = ""

    def __enter__(self) -> Self:
        """Sign in; make the account and its key where they are missing."""
        if self._account.api_key is None or not self._uses(self._account.api_key):
            self._sign_up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._http.close()

    def own_videos(self) -> list[dict[str, Any]]:
        """Return all videos of the account, as the API shows them."""
        found: list[dict[str, Any]] = []
        page, has_more = 1, True
        while has_more:
            answer = self._done("GET", "/videos", params={"page": page, "page_size": _PAGE}).json()
            found += [video for video in answer["videos"] if video["user_id"] == self._user_id]
            page, has_more = page + 1, answer["has_more"]
        return found

    def create_video(self, fields: Mapping[str, object]) -> str:
        """Register a video and return its id."""
        return str(self._done("POST", "/videos", json=fields).json()["id"])

    def delete_video(self, video_id: str) -> None:
        """Remove a video."""
        self._done("DELETE", f"/videos/{video_id}")

    def annotate(self, video_id: str, annotation: Mapping[str, object]) -> None:
        """Say something of a moment of a demo video."""
        self._done("POST", f"/showcase-videos/{video_id}/annotations", json=annotation)

    def upload(self, video_id: str, file: Path) -> None:
        """Send a video's file, whole, in one request."""
        wish = {"size": file.stat().st_size, "filename": file.name, "protocol": "put"}
        upload = self._done("POST", f"/videos/{video_id}/upload", json=wish).json()
        self._done(
            upload["method"], upload["upload_url"], content=file.read_bytes(), headers=upload["headers"]
        )

    def playback(self, video_id: str) -> dict[str, Any]:
        """Return the signed addresses of a video's files."""
        addresses: dict[str, Any] = self._done("GET", f"/videos/{video_id}/playback").json()
        return addresses

    def like(self, video_id: str) -> None:
        """Like a video, unless the account does."""
        if not self._done("GET", f"/videos/{video_id}/like").json()["liked"]:
            self._done("POST", f"/videos/{video_id}/like")

    def comment(self, video_id: str, text: str, **where: object) -> str:
        """Say something of a video and return the comment's id; `where` is a timestamp or a parent_id."""
        return str(
            self._done("POST", f"/videos/{video_id}/comments", json={"text": text, **where}).json()["id"]
        )

    def album_titles(self) -> set[str]:
        """Return how the account's albums are called."""
        albums = self._done("GET", "/albums", params={"page_size": _PAGE}).json()["albums"]
        return {album["title"] for album in albums}

    def create_album(self, fields: Mapping[str, object], items: Sequence[tuple[str, str, str]]) -> None:
        """Make an album of items: each a media type, an id and a caption."""
        album = self._done("POST", "/albums", json=fields).json()["id"]
        for media_type, media_id, caption in items:
            item = {"media_type": media_type, "media_id": media_id, "caption": caption}
            self._done("POST", f"/albums/{album}/items", json=item)

    def upload_photo(self, content: bytes) -> str:
        """Upload a photo and return its id."""
        files = {"file": ("photo.png", content, "image/png")}
        return str(self._done("POST", "/photos", files=files).json()["id"])

    def _uses(self, api_key: str) -> bool:
        self._http.headers["X-API-Key"] = api_key
        answer = self._send("GET", "/auth/me")
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            del self._http.headers["X-API-Key"]
            return False
        self._user_id = answer.json()["id"]
        return True

    def _sign_up(self) -> None:
        login = {"email": EMAIL, "password": self._account.password}
        answer = self._send("POST", "/auth/register", json={**login, "name": NAME})
        if answer.status_code == HTTPStatus.CONFLICT:
            answer = self._send("POST", "/auth/login", json=login)
        else:
            self._account.is_filled = False  # whatever was there went with an earlier account
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise FillingFailed(
                f"The account {EMAIL} exists already, with another password than the demo's. Use another "
                "data directory for the demo: --data-dir DIR"
            )
        tokens = _checked(answer).json()
        self._user_id = tokens["user"]["id"]
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        key = self._done("POST", "/api-keys", json={"name": "demo"}, headers=bearer).json()["key"]
        self._http.headers["X-API-Key"] = key
        self._account.api_key = key
        self._account.save()

    def _done(self, method: str, path: str, **parts: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        return _checked(self._send(method, path, **parts))

    def _send(self, method: str, path: str, **parts: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        parts["headers"] = {**headers, **parts.get("headers", {})}
        for _ in range(_ATTEMPTS):
            try:
                answer = self._http.request(method, path, **parts)
            except httpx.TransportError:
                time.sleep(_PAUSE_SECONDS)
                continue
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                return answer
            time.sleep(_PAUSE_SECONDS)
        raise FillingFailed("The platform does not answer any more; its log says why.")


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    request = answer.request
    raise FillingFailed(f"{request.method} {request.url.path} gave {answer.status_code}: {answer.text}")
