"""Steps that tests of media share."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from httpx import ASGITransport, AsyncClient, Response
from starlette.types import Message

from kinetoscope.kernel.db import Database
from kinetoscope.kernel.settings import Settings
from kinetoscope.wiring import Platform
from support.cast import Person, registered_video
from support.clips import make_clip

T = TypeVar("T")
JobsDone = Callable[[], Awaitable[None]]

PATCH_HEADERS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


class Uploader:
    """Sends files as a client would."""

    def __init__(self, transport: ASGITransport, client: AsyncClient, media_dir: Path) -> None:
        self._app = transport.app
        self._client = client
        self._media_dir = media_dir

    async def start(self, person: Person, video: dict[str, Any], **wishes: object) -> str:
        """Start an upload and return its address."""
        answer = await person.post(f"/api/v1/videos/{video['id']}/upload", json=wishes)
        assert answer.status_code == 201, answer.text
        url: str = answer.json()["upload_url"]
        return url

    async def patch(self, url: str, offset: int, content: bytes, **headers: str) -> Response:
        """Send some bytes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._client.patch(
            url, content=content, headers=PATCH_HEADERS | {"Upload-Offset": str(offset)} | named
        )

    async def offset(self, url: str) -> int:
        """Ask how many bytes have been kept."""
        answer = await self._client.head(url, headers={"Tus-Resumable": "1.0.0"})
        assert answer.status_code == 200
        return int(answer.headers["Upload-Offset"])

    async def send(self, person: Person, video: dict[str, Any], content: bytes) -> str:
        """Upload a whole file and return the address that it was sent to."""
        url = await self.start(person, video, size=len(content))
        assert (await self.patch(url, 0, content)).status_code == 204
        return url

    async def break_off(self, url: str, offset: int, chunks: Sequence[bytes], **headers: str) -> None:
        """Send some bytes and lose the connection."""
        messages: list[Message] = [
            *({"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks),
            {"type": "http.disconnect"},
        ]

        async def receive() -> Message:
            return messages.pop(0) if len(messages) > 1 else messages[0]

        async def send(_: Message) -> None:
            pass

        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = PATCH_HEADERS | {"Upload-Offset": str(offset)} | named
        path = "/" + url.split("/", 3)[3]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "PATCH",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": ("203.0.113.9", 1),
            "server": ("kinetoscope.test", 80),
        }
        await self._app(scope, receive, send)

    def stored(self, video: dict[str, Any]) -> list[str]:
        """Return the names of all files of a video that are on the disk."""
        folder = self._media_dir / "videos" / video["id"]
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))

    def stored_bytes(self, video: dict[str, Any]) -> bytes:
        """Return all pieces of a video's uploads, one after the other."""
        folder = self._media_dir / "videos" / video["id"] / "uploads"
        return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture
def uploader(transport: ASGITransport, client: AsyncClient, settings: Settings) -> Uploader:
    return Uploader(transport, client, settings.data_dir / "media")


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real MP4 of two seconds, made for streaming."""
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4").read_bytes()


@pytest.fixture
async def video(alice: Person) -> dict[str, Any]:
    return await registered_video(alice)


@dataclass(frozen=True)
class Studio:
    """Alice with a video that has no file yet, and all that it takes to give it one."""

    alice: Person
    video: dict[str, Any]
    clip: bytes
    uploader: Uploader
    jobs_done: JobsDone
    platform: Platform
    data_dir: Path

    @property
    def path(self) -> str:
        return f"/api/v1/videos/{self.video['id']}"

    @property
    def db(self) -> Database:
        return self.platform.db

    def service(self, kind: type[T]) -> T:
        found = self.platform.services[kind]
        assert isinstance(found, kind)
        return found

    async def upload(self, content: bytes | None = None) -> str:
        """Send a file, by default the clip, and return the address of the upload."""
        return await self.uploader.send(self.alice, self.video, content or self.clip)

    async def upload_and_process(self, content: bytes | None = None) -> dict[str, Any]:
        """Send a file, let everything happen that follows, and return the video."""
        await self.upload(content)
        await self.jobs_done()
        return await self.shown()

    async def upload_id(self) -> UUID:
        async with self.db.read() as tx:
            found: UUID = await tx.fetch_value("SELECT id FROM uploads")
        return found

    async def shown(self) -> dict[str, Any]:
        body: dict[str, Any] = (await self.alice.get(self.path)).json()
        return body

    def stored(self) -> list[str]:
        return self.uploader.stored(self.video)

    def runs(self) -> set[str]:
        """Return the folders that the video has in the storage: one for each run, one for uploads."""
        return {name.partition("/")[0] for name in self.stored()}

    def scratch(self) -> list[Path]:
        return list((self.data_dir / "scratch").iterdir())


@pytest.fixture
def studio(  # noqa: PLR0917 - all that it bundles
    alice: Person,
    video: dict[str, Any],
    clip: bytes,
    uploader: Uploader,
    jobs_done: JobsDone,
    platform: Platform,
    settings: Settings,
) -> Studio:
    return Studio(alice, video, clip, uploader, jobs_done, platform, settings.data_dir)
