"""Real Chromium, without a screen, with a camera and a microphone that are made up."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Route, async_playwright

from .sfu import Json, Sfu

PROGRAM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
LOOK_SECONDS = 0.05

_SCRIPT = (Path(__file__).parent / "call.js").read_text(encoding="utf-8")
_PAGE = f"<!doctype html><meta charset=utf-8><title>call</title><body><script>{_SCRIPT}</script>"
_ORIGIN = "http://localhost/"  # a secure context, as cameras need; nothing listens there
_LOOPBACK = "--allow-loopback-in-peer-connection"
_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--mute-audio",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    _LOOPBACK,
    "--disable-background-networking",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)


@asynccontextmanager
async def chromium(*, loopback: bool = True) -> AsyncGenerator[Browser]:
    """Run the browser until the block ends; without `loopback` it only has the machine's own addresses."""
    assert PROGRAM is not None
    options = [option for option in _OPTIONS if loopback or option != _LOOPBACK]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PROGRAM, args=options)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass(slots=True)
class Participant:
    """A page with one connection, which publishes and receives."""

    id: str
    page: Page

    async def run(self, script: str, argument: object = None) -> Any:
        """Run a function of the page's script."""
        return await self.page.evaluate(script, argument)

    async def publish(self, *, width: int = 320, height: int = 240, codec: str | None = None) -> list[Json]:
        """Publish microphone and camera as `mic` and `cam`."""
        video = {"width": width, "height": height, "frameRate": 15}
        return await self.run(
            """async ([video, codec]) => {
                const { audio, video: camera } = await media({ audio: true, video });
                return publish([{ track: audio, name: "mic" }, { track: camera, name: "cam", codec }]);
            }""",
            [video, codec],
        )

    async def draw(self, name: str, width: int = 160, height: int = 120) -> list[Json]:
        """Publish a drawn picture, as one would a screen."""
        script = "([name, w, h]) => publish([{ track: drawn(w, h), name }])"
        return await self.run(script, [name, width, height])

    async def receive(self, publisher: "Participant", *names: str, **more: object) -> list[Json]:
        """Receive tracks of another participant; each has to succeed."""
        wishes = [{"sessionId": publisher.id, "trackName": name, **more} for name in names]
        tracks = await self.run("receive", wishes)
        assert [track for track in tracks if "errorCode" in track] == []
        return tracks

    async def inbound(self, mid: str) -> Json:
        """Return the statistics of what is received on a mid; {} for nothing yet."""
        return (await self.run("statistics"))["inbound"].get(mid, {})

    async def grows(self, mid: str, measure: str = "frames", by: float = 5) -> Json:
        """Return the statistics of a mid after a figure has grown."""
        first = (await self.inbound(mid)).get(measure, 0)
        return await self.becomes(mid, lambda figures: figures.get(measure, 0) >= first + by)

    async def becomes(self, mid: str, holds: Callable[[Json], bool], seconds: float = 10) -> Json:
        """Return the statistics of a mid as soon as something holds for them."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not holds(figures := await self.inbound(mid)):
            assert asyncio.get_running_loop().time() < deadline, figures
            await asyncio.sleep(LOOK_SECONDS)
        return figures


async def participant(browser: Browser, sfu: Sfu) -> Participant:
    """Open a page for somebody who joins."""
    session_id = await sfu.new_session()

    async def call(method: str, path: str, body: object = None) -> Json:
        answer = await sfu.call(method, f"/{session_id}{path}", body)
        assert answer.is_success, answer.text
        return answer.json()

    async def fulfil(route: Route) -> None:
        await route.fulfill(body=_PAGE, content_type="text/html")

    context = await browser.new_context()
    page = await context.new_page()
    await page.route(_ORIGIN, fulfil)
    await page.expose_function("call", call)  # pyright: ignore[reportUnknownMemberType] - its own annotation
    await page.goto(_ORIGIN)
    return Participant(session_id, page)


async def leave(participants: Sequence[Participant]) -> None:
    """Close the pages."""
    for each in participants:
        await each.page.context.close()
