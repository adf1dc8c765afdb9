"""Calls on the call page: real Chromium, the real media server, and what happens when something dies."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page

from support.cast import PASSWORD
from support.chromium import PROGRAM, chromium
from support.people import signed_up
from support.server import Server, eventually, seeded, started_server

pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="needs Chromium"),
    # The pipes of a browser that has ended are closed by the collector, after their loop.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PATIENCE_MS = 60_000
PICTURES = """count => {
    const shown = [...document.querySelectorAll(".tile video")].filter(video => video.videoWidth > 0);
    return document.querySelectorAll(".tile").length === count && shown.length === count;
}"""
PEOPLE = "count => document.querySelectorAll('.tile').length === count"


@pytest.fixture(scope="module")
def platform_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Server, str]]:
    folder: Path = seeded(tmp_path_factory.mktemp("calls"))
    with started_server(folder, sfu_port="0", auth_rate_limit="1000/minute") as server:
        # Cameras need a secure page, which localhost is.
        yield server, server.url.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with chromium(loopback=False) as browser:
        yield browser


@pytest.fixture
def room(platform_url: tuple[Server, str]) -> Generator[tuple[httpx.Client, str]]:
    """The host's client, and the path of its session."""
    with closing(signed_up(platform_url[1], "host")) as host:
        made = host.post("/api/v1/video-sessions/sessions", json={"session_name": "Design review"})
        yield host, made.json()["id"]


async def joined(browser: Browser, url: str, session_id: str, name: str) -> Page:
    with closing(signed_up(url, name.lower())) as account:
        return await entered(browser, account, session_id, name)


async def entered(browser: Browser, account: httpx.Client, session_id: str, name: str) -> Page:
    """Let somebody who has an account into a call."""
    me = await asyncio.to_thread(account.get, "/api/v1/auth/me")
    email = me.json()["email"]
    url = str(account.base_url).rstrip("/")
    page = await (await browser.new_context()).new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(f"{url}/call/{session_id}")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.get_by_label("Your name").fill(name)
    await page.get_by_role("button", name="Join").click()
    return page


async def sees(page: Page, count: int) -> None:
    """Wait until every tile of so many has a decoded picture."""
    await page.wait_for_function(PICTURES, arg=count, timeout=PATIENCE_MS)


async def test_two_see_each_other_and_a_third_who_comes_late(
    browser: Browser, platform_url: tuple[Server, str], room: tuple[httpx.Client, str]
) -> None:
    host, session_id = room
    alice, bob = [await joined(browser, platform_url[1], session_id, name) for name in ("Alice", "Bob")]
    await sees(alice, 2)
    await sees(bob, 2)
    carol = await joined(browser, platform_url[1], session_id, "Carol")
    for page in (alice, bob, carol):
        await sees(page, 3)
    await bob.get_by_role("button", name="Leave").click()
    await alice.wait_for_function(PEOPLE, arg=2, timeout=PATIENCE_MS)
    session = host.get(f"/api/v1/video-sessions/sessions/{session_id}").json()
    assert session["participant_count"] == 2
    for page in (alice, bob, carol):
        await page.context.close()


@pytest.mark.parametrize("program", ["api"])
async def test_a_call_outlives_a_process_that_is_killed(
    browser: Browser, platform_url: tuple[Server, str], room: tuple[httpx.Client, str], program: str
) -> None:
    server, url = platform_url
    _, session_id = room
    alice, bob = [await joined(browser, url, session_id, name) for name in ("Alice", "Bob")]
    await sees(alice, 2)
    await sees(bob, 2)
    for pid in server.pids(program):
        os.kill(pid, signal.SIGKILL)
    carol = await joined_again(browser, url, session_id)
    await sees(carol, 3)
    for page in (alice, bob, carol):
        await page.context.close()


async def joined_again(browser: Browser, url: str, session_id: str) -> Page:
    """Let Carol in, as soon as the platform answers again."""
    transport = httpx.AsyncHTTPTransport(retries=5)
    async with httpx.AsyncClient(transport=transport, timeout=30) as client:
        assert (await client.get(f"{url}/readyz")).status_code == 200
    return await joined(browser, url, session_id, "Carol")


PLAYS = """async url => {
    const video = Object.assign(document.createElement("video"), { src: url, muted: true });
    await video.play();
    while (video.currentTime < 1.5) await new Promise(later => setTimeout(later, 50));
    const pen = new OffscreenCanvas(64, 36).getContext("2d");
    pen.drawImage(video, 0, 0, 64, 36);
    return {
        width: video.videoWidth,
        duration: video.duration,
        sound: video.webkitAudioDecodedByteCount,
        shades: new Set(pen.getImageData(0, 0, 64, 36).data).size,
    };
}"""
SECONDS = 3.5


def tracks_of(host: httpx.Client, session_id: str) -> list[Any]:
    """Return what is published in a session."""
    people: Any = host.get(f"/api/v1/video-sessions/sessions/{session_id}/participants").json()
    return [track for person in people["participants"] for track in person["tracks"]]


def recording_of(host: httpx.Client, session_id: str) -> dict[str, Any]:
    found: dict[str, Any] = host.get(f"/api/v1/video-sessions/sessions/{session_id}/recordings").json()
    recording: dict[str, Any] = found["recordings"][-1]
    return recording


async def played(page: Page, host: httpx.Client, session_id: str) -> dict[str, Any]:
    """Wait until the recording of a session is ready, and play it in the browser; return what was seen."""

    def ready() -> str | None:
        recording = recording_of(host, session_id)
        if recording["status"] in {"recording", "processing"}:
            return None
        assert (recording["status"], recording["status_detail"]) == ("ready", None)
        address: str = host.get(f"/api/v1/videos/{recording['video_id']}/playback").json()["mp4_url"]
        return address

    address = await asyncio.to_thread(eventually, ready, seconds=90)
    seen: dict[str, Any] = await page.evaluate(PLAYS, address)
    return seen


async def test_what_the_host_records_plays_and_everybody_saw_that_it_was_recorded(
    browser: Browser, platform_url: tuple[Server, str], room: tuple[httpx.Client, str]
) -> None:
    host, session_id = room
    alice = await entered(browser, host, session_id, "Alice")
    bob = await joined(browser, platform_url[1], session_id, "Bob")
    await asyncio.to_thread(eventually, lambda: len(tracks_of(host, session_id)) == 4, seconds=60)
    sign = bob.locator(".recording")
    assert not await sign.is_visible()
    assert not await bob.get_by_role("button", name="Record").is_visible()
    await alice.keyboard.press("r")
    await sign.wait_for(state="visible")
    began = time.monotonic()
    await alice.wait_for_timeout(SECONDS * 1000)
    await alice.get_by_role("button", name="Record").click()
    await sign.wait_for(state="hidden")
    seconds = time.monotonic() - began
    seen = await played(alice, host, session_id)
    assert seen["duration"] == pytest.approx(seconds, abs=1)
    assert seen["shades"] > 20
    assert seen["sound"] > 0
    for page in (alice, bob):
        await page.context.close()


async def test_what_was_recorded_until_the_media_server_died_becomes_a_video(
    browser: Browser, platform_url: tuple[Server, str], room: tuple[httpx.Client, str]
) -> None:
    server, _ = platform_url
    host, session_id = room
    alice = await entered(browser, host, session_id, "Alice")
    await sees(alice, 1)
    await alice.get_by_role("button", name="Record").click()
    await alice.locator(".recording").wait_for(state="visible")
    began = time.monotonic()
    await alice.wait_for_timeout(SECONDS * 1000)
    for pid in server.pids("sfu"):
        os.kill(pid, signal.SIGKILL)
    seconds = time.monotonic() - began
    seen = await played(alice, host, session_id)
    assert seconds - 1.7 < seen["duration"] < seconds + 1
    assert seen["shades"] > 20
    assert seen["sound"] > 0
    await alice.context.close()
