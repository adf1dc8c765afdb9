"""The page /watch/{video_id} in a real browser, on the really started platform."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Request, expect

from pages.conftest import CLIP_SECONDS, Shown, Visitor, show
from support.server import Server, eventually

AXE = Path(__file__).parents[2] / "console" / "node_modules" / "axe-core" / "axe.min.js"


def reports(visitor: Visitor) -> list[dict[str, Any]]:
    """Return the list in which all reports of views gather, from now on."""
    found: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if request.url.endswith("/track-view"):
            found.append(request.post_data_json or {})

    visitor.page.on("request", note)
    return found


def test_it_plays_and_the_card_of_an_annotation_appears_at_its_time(
    visitor: Visitor, shown: Shown, bobs_email: str
) -> None:
    page = visitor.page
    visitor.watch(shown, bobs_email)
    expect(page.get_by_role("heading", name="How the pool is set up")).to_be_visible()
    card = page.locator(".annotation-card")
    expect(card).to_have_count(0)
    page.evaluate("document.querySelector('video').play()")
    visitor.until("document.querySelector('video').currentTime > 1.05")
    expect(card.get_by_role("heading", name="It begins")).to_be_visible()
    visitor.until("document.querySelector('video').currentTime > 2.55")
    expect(card.get_by_role("heading", name="Connection setup")).to_be_visible()
    assert 2.5 <= visitor.time() < 4
    expect(page.locator(".moments li[data-shown]")).to_contain_text("Connection setup")


def test_a_marker_stands_at_its_time_and_a_click_seeks(
    visitor: Visitor, shown: Shown, bobs_email: str
) -> None:
    page = visitor.page
    visitor.watch(shown, bobs_email)
    before = clicks(shown)
    marker = page.get_by_role("button", name="Feature at 2 seconds: Connection setup")
    box, track = marker.bounding_box(), page.locator(".markers").bounding_box()
    assert box is not None
    assert track is not None
    duration: float = page.evaluate("document.querySelector('video').duration")
    assert (box["x"] + box["width"] / 2 - track["x"]) / track["width"] == pytest.approx(
        2.5 / duration, abs=0.01
    )
    with page.expect_request("**/click") as clicked:
        marker.click()
    assert clicked.value.method == "POST"
    assert visitor.time() == pytest.approx(2.5, abs=0.05)
    expect(page.locator(".annotation-card")).to_contain_text("connection pool")
    link = page.locator(".annotation-card").get_by_role("link")
    assert (link.get_attribute("href"), link.get_attribute("rel")) == (
        "https://example.org/docs/pool",
        "noopener noreferrer",
    )
    after = clicks(shown)
    assert [now - then for then, now in zip(before, after, strict=True)] == [0, 1, 0]


def clicks(shown: Shown) -> list[int]:
    """Return how often each moment has been clicked, in their order."""
    path = f"/api/v1/showcase-videos/{shown.video['id']}/annotations/analytics"
    return [row["clicks"] for row in shown.get(path)["annotations"]]


def test_it_is_used_with_the_keyboard_alone(visitor: Visitor, shown: Shown, bobs_email: str) -> None:
    page = visitor.page
    visitor.watch(shown, bobs_email)
    page.locator(".marker").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Connection setup").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_selector(".annotation-card")
    assert visitor.time() == pytest.approx(2.5, abs=0.05)
    page.keyboard.press("n")
    visitor.until("document.querySelector('video').currentTime > 4.9")
    page.keyboard.press("p")
    visitor.until("document.querySelector('video').currentTime < 3")
    page.keyboard.press("k")  # the player's own keys
    visitor.until("!document.querySelector('video').paused")
    page.keyboard.press("k")
    visitor.until("document.querySelector('video').paused")
    close = page.get_by_role("button", name="Close this annotation")
    close.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".annotation-card")).to_have_count(0)


def test_a_sitting_is_counted_once_with_the_seconds_that_were_watched(
    visitor: Visitor, shown: Shown, bobs_email: str
) -> None:
    page = visitor.page
    sent = reports(visitor)
    visitor.watch(shown, bobs_email)
    views, watched = counted(shown)
    page.evaluate("document.querySelector('video').play()")
    visitor.until("document.querySelector('video').currentTime > 1.5")
    page.evaluate("document.querySelector('video').pause()")
    visitor.until_seen(lambda: len(sent) == 2)  # the start, and the pause
    page.evaluate("document.querySelector('video').play()")
    visitor.until("document.querySelector('video').currentTime > 3")
    second = visitor.time()
    page.goto(f"{shown.url}/healthz")

    def arrived() -> bool:
        more, longer = counted(shown)
        return more == views + 1 and longer - watched >= second - 1

    eventually(arrived)
    assert counted(shown)[1] - watched <= second + 2
    assert len({report["session_id"] for report in sent}) == 1
    assert sent[0]["watch_duration"] == 0
    assert sent[0]["completion_percentage"] < 5  # it may already have begun to play


def counted(shown: Shown) -> tuple[int, float]:
    """Return how many views a video has had, and how many seconds in all."""
    found = shown.get(f"/api/v1/videos/{shown.video['id']}/analytics")
    return found["total_views"], found["total_views"] * found["avg_watch_duration"]


def test_without_an_account_it_asks_to_sign_in_and_then_shows_the_video(
    visitor: Visitor, shown: Shown, bobs_email: str
) -> None:
    page = visitor.page
    page.goto(shown.address)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("E-mail").fill(bobs_email)
    page.get_by_label("Password").fill("a wrong password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("e-mail")
    page.get_by_label("Stay signed in").check()
    visitor.sign_in(bobs_email)
    page.wait_for_selector("body[data-ready]")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert [name for name in kept if "token" in name] == []


def test_a_private_or_unknown_video_is_explained(visitor: Visitor, shown: Shown, bobs_email: str) -> None:
    private = shown.owner.post("/api/v1/videos", json={"title": "Secret", "visibility": "private"}).json()
    visitor.page.goto(f"{shown.url}/watch/{private['id']}")
    visitor.sign_in(bobs_email)
    expect(visitor.page.get_by_role("heading", name="There is no such video")).to_be_visible()
    for address in (private["id"], "00000000-0000-4000-8000-000000000000", "no-id"):
        visitor.page.goto(f"{shown.url}/watch/{address}")
        expect(visitor.page.get_by_role("heading", name="There is no such video")).to_be_visible()


def test_what_is_said_of_a_video_can_be_read_before_its_file_has_come(
    visitor: Visitor, shown: Shown, bobs_email: str
) -> None:
    fields = {"title": "Not filmed yet", "video_type": "demo", "duration": 90}
    video = shown.owner.post("/api/v1/videos", json=fields).json()["id"]
    moment = {"timestamp": 42.5, "title": "Drag a card", "annotation_type": "feature"}
    shown.owner.post(f"/api/v1/showcase-videos/{video}/annotations", json=moment)
    visitor.page.goto(f"{shown.url}/watch/{video}")
    visitor.sign_in(bobs_email)
    expect(visitor.page.get_by_text("This video has no file yet.")).to_be_visible()
    expect(visitor.page.get_by_role("list").get_by_text("Drag a card")).to_be_visible()
    expect(visitor.page.locator("media-play-button.begin")).to_be_hidden()


def test_addresses_are_renewed_while_it_plays(visitor: Visitor, shown: Shown, bobs_email: str) -> None:
    page = visitor.page
    page.clock.install()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    visitor.watch(shown, bobs_email)

    def addresses() -> int:
        return sum(url.endswith("/playback") for url in asked)

    assert addresses() == 1
    page.evaluate("document.querySelector('video').currentTime = 3")
    page.clock.fast_forward("06:00:00")
    visitor.until_seen(lambda: addresses() > 1)
    assert visitor.time() == pytest.approx(3, abs=0.05)


@pytest.fixture(scope="module")
def long_one(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Generator[Shown]:
    """A video that is long enough, here, to be offered as HLS."""
    found = show(server, tmp_path_factory.mktemp("long"), seconds=CLIP_SECONDS + 1)
    yield found
    found.owner.close()


def test_a_long_video_plays_as_hls_from_where_its_address_says(
    visitor: Visitor, long_one: Shown, bobs_email: str
) -> None:
    segments: list[str] = []
    visitor.page.on("request", lambda request: segments.append(request.url))
    visitor.watch(long_one, bobs_email, begin="#t=3")
    assert any(".m3u8" in url for url in segments)
    visitor.page.evaluate("document.querySelector('video').play()")
    visitor.until("document.querySelector('video').currentTime > 3.5")
    assert visitor.page.evaluate("document.querySelector('video').src.startsWith('blob:')")


@pytest.mark.parametrize(
    ("scheme", "width", "height"),
    [("light", 1280, 860), ("dark", 1280, 860), ("light", 390, 844), ("dark", 390, 844)],
)
def test_nobody_is_kept_out_by_how_it_looks(
    browser: Browser, shown: Shown, bobs_email: str, scheme: str, width: int, height: int
) -> None:
    visitor = Visitor(browser, viewport={"width": width, "height": height}, color_scheme=scheme)
    visitor.page.goto(shown.address)
    expect(visitor.page.get_by_label("E-mail")).to_be_visible()
    assert violations(visitor) == []
    visitor.watch(shown, bobs_email)
    visitor.page.evaluate("document.querySelector('video').currentTime = 3")
    visitor.page.wait_for_selector(".annotation-card")
    visitor.page.wait_for_timeout(300)  # the card's arrival is an animation
    assert violations(visitor) == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
    visitor.close()


def violations(visitor: Visitor) -> list[str]:
    """Return what axe-core finds against WCAG 2.2, level AA."""
    visitor.page.evaluate(AXE.read_text("utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    # The clock of media-chrome is named by its times in words, which are not those that it shows.
    options = {"runOnly": tags, "rules": {"label-content-name-mismatch": {"enabled": False}}}
    found = visitor.page.evaluate("options => axe.run(options)", options)
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
