"""Calls on the call page: real Chromium, the real media server, and what happens when something dies."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page

from kinetoscope_sfu.recording import read
from support.cast import PASSWORD
from support.chromium import PROGRAM, chromium
from support.coturn import PROGRAM as TURN_PROGRAM
from support.coturn import coturn, free_port
from support.firefox import PROGRAM as FIREFOX
from support.firefox import firefox
from support.following import Follower, Told
from support.people import signed_up
from support.server import Server, eventually, seeded, started_server

pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="needs Chromium"),
    # The pipes of a browser that has ended are closed by the collector, after their loop.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PATIENCE_MS = 60_000
TURN_PORT = free_port()
TURN_SECRET = "known to the platform and to coturn"
MOVES = """async () => {
    const frames = video => video.getVideoPlaybackQuality().totalVideoFrames;
    const shown = () => [...document.querySelectorAll(".tile:not(.own) video")];
    const before = new Map(shown().map(video => [video, frames(video)]));
    await new Promise(resolve => setTimeout(resolve, 300));
    return shown().map(video => frames(video) > (before.get(video) ?? frames(video)));
}"""
PICTURES = f"""async count => {{
    const all = await ({MOVES})();
    return all.length === count - 1 && all.every(Boolean);
}}"""
STILL = f"async () => !(await ({MOVES})()).some(Boolean)"
KEEP_CONNECTIONS = """
    window.connections = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...settings) { super(...settings); connections.push(this); }
    };
"""
LOCAL_CANDIDATES = """async () => {
    const report = await connections.at(-1).getStats();
    const used = [...report.values()].filter(each => each.type === "candidate-pair" && each.bytesSent > 0);
    return used.map(({ localCandidateId }) => report.get(localCandidateId).candidateType);
}"""
MOVES_IN_FIREFOX = """
const pen = new OffscreenCanvas(64, 36).getContext("2d");
const seen = video => {
    pen.drawImage(video, 0, 0, 64, 36);
    return pen.getImageData(0, 0, 64, 36).data.join();
};
const [other, ...more] = document.querySelectorAll(".tile:not(.own) video");
if (!other?.videoWidth || more.length) return false;
const before = seen(other);
return new Promise(moves => setTimeout(() => moves(seen(other) !== before), 300));
"""
"""The only picture of others changes. Frames are not counted by Firefox where there is no screen."""
PEOPLE = "count => document.querySelectorAll('.tile').length === count"


@pytest.fixture(scope="module")
def platform_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Server, str]]:
    folder: Path = seeded(tmp_path_factory.mktemp("calls"))
    turn = {"turn_urls": f"turn:127.0.0.1:{TURN_PORT}", "turn_secret": TURN_SECRET}
    with started_server(folder, sfu_port="0", auth_rate_limit="1000/minute", **turn) as server:
        # Cameras need a secure page, which localhost is.
        yield server, server.url.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with chromium(loopback=False) as browser:
        yield browser


@pytest.fixture
def room(platform_url: tuple[Server, str]) -> Generator[tuple[httpx.Client, str]]:
    """The host's client, and the id of its session."""
    with closing(signed_up(platform_url[1], "host")) as host:

        def made() -> str | None:  # the media server may just be starting again
            answer = host.post("/api/v1/video-sessions/sessions", json={"session_name": "Design review"})
            found: str | None = answer.json().get("id")
            return found

        yield host, eventually(made)


@pytest.fixture
def follower(room: tuple[httpx.Client, str]) -> Generator[Follower]:
    """Somebody who follows the session from its beginning."""
    with closing(Follower(*room)) as follower:
        yield follower


async def joined(browser: Browser, url: str, session_id: str, name: str, how: str = "") -> Page:
    with closing(signed_up(url, name.lower())) as account:
        return await entered(browser, account, session_id, name, how)


async def entered(browser: Browser, account: httpx.Client, session_id: str, name: str, how: str = "") -> Page:
    """Let somebody who has an account into a call."""
    me = await asyncio.to_thread(account.get, "/api/v1/auth/me")
    email, url = me.json()["email"], str(account.base_url).rstrip("/")
    page = await (await browser.new_context()).new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.add_init_script(KEEP_CONNECTIONS)
    await page.goto(f"{url}/call/{session_id}{how}")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.get_by_label("Your name").fill(name)
    await page.get_by_role("button", name="Join").click()
    return page


async def sees(page: Page, count: int) -> None:
    """Wait until there is a tile for each of so many, and the pictures of all others move."""
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


@pytest.mark.skipif(FIREFOX is None, reason="needs Firefox")
async def test_firefox_and_chromium_see_each_other(
    browser: Browser, room: tuple[httpx.Client, str], platform_url: tuple[Server, str], tmp_path: Path
) -> None:
    host, session_id = room
    with closing(signed_up(platform_url[1], "fiona")) as account:
        email = account.get("/api/v1/auth/me").json()["email"]
    alice = await entered(browser, host, session_id, "Alice")
    async with firefox(tmp_path) as fiona:
        await fiona.goto(f"{platform_url[1]}/call/{session_id}")
        await fiona.fill("E-mail", email)
        await fiona.fill("Password", PASSWORD)
        await fiona.click("Sign in")
        await fiona.fill("Your name", "Fiona")
        await fiona.click("Join")
        await sees(alice, 2)
        await fiona.becomes(MOVES_IN_FIREFOX)
    await alice.context.close()


@pytest.mark.skipif(TURN_PROGRAM is None, reason="needs coturn")
async def test_who_cannot_reach_the_media_server_connects_through_turn(
    browser: Browser, platform_url: tuple[Server, str], room: tuple[httpx.Client, str], tmp_path: Path
) -> None:
    with coturn(tmp_path, port=TURN_PORT, secret=TURN_SECRET) as log:
        alice, bob = [
            await joined(browser, platform_url[1], room[1], name, "?relay") for name in ("Alice", "Bob")
        ]
        for page in (alice, bob):
            await sees(page, 2)
            assert set(await page.evaluate(LOCAL_CANDIDATES)) == {"relay"}
            await page.context.close()
    assert "ALLOCATE processed, success" in log.read_text()


@pytest.mark.parametrize("victim", ["api", "postgres"])
async def test_pictures_go_on_while_a_process_is_killed_and_comes_back(
    browser: Browser,
    platform_url: tuple[Server, str],
    room: tuple[httpx.Client, str],
    follower: Follower,
    victim: str,
) -> None:
    server, url = platform_url
    host, session_id = room
    alice, bob = [await joined(browser, url, session_id, name) for name in ("Alice", "Bob")]
    for page in (alice, bob):
        await sees(page, 2)
    kill(server, victim)
    for page in (alice, bob):
        await sees(page, 2)
    carol = await joined_again(browser, url, session_id)
    for page in (alice, bob, carol):
        await sees(page, 3)
    for page in (alice, bob, carol):
        await page.context.close()
    require_whole_story(follower, host, session_id)


async def test_a_killed_media_servers_call_connects_again_by_itself(
    browser: Browser,
    platform_url: tuple[Server, str],
    room: tuple[httpx.Client, str],
    follower: Follower,
) -> None:
    server, url = platform_url
    host, session_id = room
    alice, bob = [await joined(browser, url, session_id, name) for name in ("Alice", "Bob")]
    for page in (alice, bob):
        await sees(page, 2)
    kill(server, "sfu")
    for page in (alice, bob):
        await page.wait_for_function(STILL, timeout=PATIENCE_MS)
    for page in (alice, bob):
        await sees(page, 2)
    for page in (alice, bob):
        await page.context.close()
    told = require_whole_story(follower, host, session_id)
    assert [event for event in told if event.data.get("reason") == "gone"] == []


def kill(server: Server, program: str) -> None:
    """End a process of the platform without a warning."""
    pids = [server.postgres_pid()] if program == "postgres" else server.pids(program)
    for pid in pids:
        assert pid is not None
        os.kill(pid, signal.SIGKILL)


def require_whole_story(follower: Follower, host: httpx.Client, session_id: str) -> Sequence[Told]:
    """End the session; who followed all the time, and who comes only then, are told the same, in order."""
    host.put(f"/api/v1/video-sessions/sessions/{session_id}", json={"status": "ended"}).raise_for_status()
    told = follower.ended()
    assert [event.number for event in told] == list(range(1, len(told) + 1))
    assert follower.replayed() == told
    return told


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


def published(host: httpx.Client, session_id: str) -> list[Any]:
    """Return the tracks of the only participant."""
    found: Any = host.get(f"/api/v1/video-sessions/sessions/{session_id}/participants").json()
    tracks: list[Any] = found["participants"][0]["tracks"] if found["participants"] else []
    return tracks


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
    await sees(alice, 2)
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
    await asyncio.to_thread(eventually, lambda: len(published(host, session_id)) == 2)
    others = set(server.data_dir.rglob("*.ktrtp"))
    await alice.get_by_role("button", name="Record").click()
    await alice.locator(".recording").wait_for(state="visible")
    began = time.monotonic()
    await alice.wait_for_timeout(SECONDS * 1000)
    killed_at = time.time()
    for pid in server.pids("sfu"):
        os.kill(pid, signal.SIGKILL)
    seconds = time.monotonic() - began
    tapes = set(server.data_dir.rglob("*.ktrtp")) - others
    assert len(tapes) == 2
    for tape in tapes:
        *_, last = read(tape)[1]
        assert killed_at - last.at_us / 1e6 < 1
    seen = await played(alice, host, session_id)
    assert seconds - 1.7 < seen["duration"] < seconds + 1  # its first picture may take a moment, too
    assert seen["shades"] > 20
    assert seen["sound"] > 0
    await alice.context.close()
