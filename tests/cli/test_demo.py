"""`kinetoscope demo`: a library to look at, made once."""

import re
import signal
from pathlib import Path
from queue import Empty
from types import TracebackType
from typing import Self

import httpx
import pytest

from kinetoscope.demo import DemoAccount, DemoClient, demo_password, fill
from kinetoscope.demo.annotations import ANNOTATIONS
from kinetoscope.demo.extras import ALBUM
from kinetoscope.media.samples import SAMPLES
from support.server import Server, seeded, started_server

LAST_WORDS = "Ctrl-C stops everything"


class Silent:
    """A progress that nobody sees."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show_total(self, total: int) -> None: ...

    def show_sent(self, count: int, now: str) -> None: ...

    def show_ready(self, count: int) -> None: ...


def shown(server: Server) -> str:
    """Return all that the demo prints, up to its last line."""
    lines: list[str] = []
    try:
        while not (lines and lines[-1].startswith(LAST_WORDS)):
            lines.append(server.lines.get(timeout=60))
    except Empty:
        pytest.fail(f"the demo does not end:\n{''.join(lines)}\n{server.logs}")
    return "".join(lines)


def test_the_demo_fills_the_library_once_and_its_commands_work(tmp_path: Path) -> None:
    seeded(tmp_path)
    with started_server(tmp_path, "--clips", "1", command=("demo",)) as first:
        said = shown(first)
        key, listing = re.findall(r"curl -H 'X-API-Key: (\S+)' '(\S+)'", said)[0]
        videos = httpx.get(listing, headers={"X-API-Key": key}).json()
        assert [video["title"] for video in videos["videos"]] == [SAMPLES[0].title]
        page = httpx.get(re.findall(r"Watch +(\S+)", said)[0])
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        clip = httpx.get(re.findall(r"curl -o clip.mp4 '(\S+)'", said)[0])
        assert (clip.status_code, clip.headers["content-type"]) == (200, "video/mp4")
        assert "rendering and uploading 1/1" in said
        assert "\x1b" not in said
        assert first.stop(signal.SIGINT) == 0
    with started_server(tmp_path, "--clips", "1", command=("demo",)) as second:
        again = shown(second)
        assert key in again
        assert "rendering" not in again
        listing = f"{second.url}/api/v1/videos"
        assert httpx.get(listing, headers={"X-API-Key": key}).json()["total"] == 1


def test_a_demo_that_was_killed_goes_on_where_it_was(server: Server, tmp_path: Path) -> None:
    account = DemoAccount.load(tmp_path, password="kinetoscope-demo")
    with DemoClient(server.url, account) as client:
        client.create_video({"title": SAMPLES[0].title})  # registered, and killed before the upload
        fill(client, account, Silent(), SAMPLES[:1])
        [video] = [video for video in client.own_videos() if video["title"] == SAMPLES[0].title]
        assert (video["status"], video["like_count"], video["comment_count"]) == ("ready", 1, 3)
        assert client.album_titles() == {ALBUM}
    assert DemoAccount.load(tmp_path, password="other").is_filled
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600


def test_every_demo_video_of_the_library_says_something_of_its_moments(
    server: Server, tmp_path: Path
) -> None:
    demos = [sample for sample in SAMPLES if sample.video_type == "demo"]
    assert {sample.title for sample in demos} == set(ANNOTATIONS)
    account = DemoAccount.load(tmp_path, password="kinetoscope-demo")
    with DemoClient(server.url, account) as client:
        shortest = min(demos, key=lambda sample: sample.seconds)
        fill(client, account, Silent(), [shortest])
        [video] = [video for video in client.own_videos() if video["title"] == shortest.title]
    path = f"{server.url}/api/v1/showcase-videos/{video['id']}/annotations"
    found = httpx.get(path, headers={"X-API-Key": account.api_key or ""}).json()["annotations"]
    assert [annotation["title"] for annotation in found] == [
        said["title"] for said in ANNOTATIONS[shortest.title]
    ]
    for sample in demos:
        assert all(float(str(said["timestamp"])) < sample.seconds for said in ANNOTATIONS[sample.title])


def test_the_documented_password_is_only_used_where_nobody_else_can_connect() -> None:
    assert demo_password("127.0.0.1") == demo_password("localhost") == demo_password("::1")
    assert len({demo_password("127.0.0.1"), demo_password("0.0.0.0"), demo_password("example.org")}) == 3  # noqa: S104 - only looked at
