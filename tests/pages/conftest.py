"""A really started platform, and a real Chromium that looks at it."""

import os
import shutil
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from support.cast import PASSWORD
from support.clips import make_clip
from support.people import settled, signed_up, upload
from support.server import Server, eventually, seeded, started_server

# The machine's own, never one that a tool would download.
CHROMIUM = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
CLIP_SECONDS = 6


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    folder = seeded(tmp_path_factory.mktemp("pages"))
    with started_server(folder, auth_rate_limit="10000/minute", hls_from_seconds="6") as server:
        yield server


# Its driver keeps a loop running in this thread, in which no test of another module could run its own.
@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    if CHROMIUM is None:
        assert "CI" not in os.environ, "CI installs Chromium: see .ci/run"
        pytest.skip("no Chromium here; on Debian: apt-get install chromium")
    options = ["--autoplay-policy=no-user-gesture-required", "--mute-audio"]
    if os.geteuid() == 0:
        options.append("--no-sandbox")  # as root, Chromium cannot make its own
    with (
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=CHROMIUM, args=options)) as browser,
    ):
        yield browser


@dataclass(frozen=True)
class Shown:
    """A video that really plays, with its owner and what it says of its moments."""

    url: str
    owner: httpx.Client
    email: str
    video: dict[str, Any]
    annotations: list[dict[str, Any]]

    @property
    def address(self) -> str:
        """Return where people watch it."""
        return f"{self.url}/watch/{self.video['id']}"

    def get(self, path: str) -> dict[str, Any]:
        """Return what the API says to the owner."""
        answer = self.owner.get(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


ANNOTATIONS: list[dict[str, Any]] = [
    {"timestamp": 1, "title": "It begins", "annotation_type": "info"},
    {
        "timestamp": 2.5,
        "end_timestamp": 4,
        "title": "Connection setup",
        "description": "Here the engine is given its connection pool.",
        "annotation_type": "feature",
        "url": "https://example.org/docs/pool",
    },
    {"timestamp": 5, "title": "A wrong sum", "annotation_type": "bug-fix"},
]


def show(server: Server, folder: Path, *, seconds: float, **fields: Any) -> Shown:
    """Upload a clip as somebody new, and annotate it."""
    owner = signed_up(server.url, "olga")
    told = {"title": "How the pool is set up", "description": "Watch closely.", "tags": ["database"]}
    video = owner.post("/api/v1/videos", json=told | {"video_type": "demo"} | fields).json()
    made = [
        owner.post(f"/api/v1/showcase-videos/{video['id']}/annotations", json=annotation).json()
        for annotation in ANNOTATIONS
    ]
    upload(owner, video["id"], make_clip(folder / "clip.mp4", seconds=seconds, size=(320, 180)))
    assert settled(owner, video["id"])["status"] == "ready"
    email: str = owner.get("/api/v1/auth/me").json()["email"]
    return Shown(server.url, owner, email, owner.get(f"/api/v1/videos/{video['id']}").json(), made)


@pytest.fixture(scope="session")
def shown(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Generator[Shown]:
    found = show(server, tmp_path_factory.mktemp("clip"), seconds=CLIP_SECONDS - 0.5)
    yield found
    found.owner.close()


class Visitor:
    """Somebody with a browser."""

    def __init__(self, browser: Browser, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def sign_in(self, email: str) -> None:
        """Fill the form and send it."""
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()

    def watch(self, shown: Shown, email: str, *, begin: str = "") -> None:
        """Open a video's page, sign in, and wait until it can play and its moments are there."""
        self.page.goto(shown.address + begin)
        self.sign_in(email)
        self.page.wait_for_selector("body[data-ready]")
        self.until("document.querySelector('video').readyState >= 2")
        self.page.wait_for_selector(".marker")

    def until(self, condition: str) -> None:
        """Wait until a condition holds; Playwright's own way needs `eval`, which the page forbids."""
        eventually(lambda: self.page.evaluate(condition))

    def until_seen(self, happened: Callable[[], bool]) -> None:
        """Wait until something has been seen of the page's requests, which only come in meanwhile."""

        def looked() -> bool:
            self.page.wait_for_timeout(20)
            return happened()

        eventually(looked)

    def time(self) -> float:
        """Return where the video is."""
        second: float = self.page.evaluate("document.querySelector('video').currentTime")
        return second

    def close(self) -> None:
        """Leave, and tell what went wrong on the page."""
        self.context.close()
        assert self.faults == []


@pytest.fixture
def visitor(browser: Browser) -> Generator[Visitor]:
    visitor = Visitor(browser, viewport={"width": 1280, "height": 860})
    yield visitor
    visitor.close()


@pytest.fixture
def bobs_email(server: Server) -> str:
    with closing(signed_up(server.url, "bob")) as bob:
        email: str = bob.get("/api/v1/auth/me").json()["email"]
    return email
