"""Signed addresses over HTTP: who gets them, and what they give."""

from typing import Any

import pytest
from httpx import AsyncClient, Response

from media.conftest import Studio
from support.cast import Person, registered_video
from support.clock import FakeClock


@pytest.fixture
async def ready(studio: Studio) -> dict[str, Any]:
    """The answer of GET playback for a video that is ready."""
    await studio.upload_and_process()
    answer = await studio.alice.get(studio.path + "/playback")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


async def test_addresses_work_without_an_account(
    client: AsyncClient, ready: dict[str, Any], clip: bytes
) -> None:
    assert ready["hls_url"] is None
    whole = await client.get(ready["mp4_url"])
    assert (whole.status_code, whole.content) == (200, clip)
    assert whole.headers["content-type"] == ready["content_type"] == "video/mp4"
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-length"] == str(len(clip))
    assert whole.headers["access-control-allow-origin"] == "*"
    assert whole.headers["cross-origin-resource-policy"] == "cross-origin"
    assert whole.headers["cache-control"].startswith("private, max-age=")
    poster = await client.get(ready["thumbnail_url"])
    assert (poster.headers["content-type"], poster.content[:2]) == ("image/jpeg", b"\xff\xd8")
    track = await client.get(ready["storyboard_url"])
    assert track.headers["content-type"] == "text/vtt; charset=utf-8"
    assert track.text.startswith("WEBVTT")
    # What the track names relatively is covered by the same signature.
    sprite = ready["storyboard_url"].rpartition("/")[0] + "/storyboard.jpg"
    assert (await client.get(sprite)).status_code == 200


async def test_ranges(client: AsyncClient, ready: dict[str, Any], clip: bytes) -> None:
    async def ask(**headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.get(ready["mp4_url"], headers=named)

    part = await ask(Range="bytes=100-199")
    assert (part.status_code, part.content) == (206, clip[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(clip)}"
    assert part.headers["content-length"] == "100"
    assert (await ask(Range="bytes=-10")).content == clip[-10:]
    assert (await ask(Range="bytes=10-")).content == clip[10:]
    assert (await ask(Range="bytes=0-1,5-6")).status_code == 200
    behind = await ask(Range=f"bytes={len(clip)}-")
    assert (behind.status_code, behind.json()["code"]) == (416, "range_not_satisfiable")
    assert behind.headers["content-range"] == f"bytes */{len(clip)}"

    etag, modified = part.headers["etag"], part.headers["last-modified"]
    assert (await ask(Range="bytes=0-9", If_Range=etag)).status_code == 206
    assert (await ask(Range="bytes=0-9", If_Range=modified)).status_code == 206
    assert (await ask(Range="bytes=0-9", If_Range='"other"')).status_code == 200
    same = await ask(If_None_Match=etag)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)


async def test_head_is_get_without_the_file(client: AsyncClient, ready: dict[str, Any], clip: bytes) -> None:
    head = await client.head(ready["mp4_url"])
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(clip))
    assert head.headers["content-type"] == "video/mp4"
    same = await client.head(ready["mp4_url"], headers={"If-None-Match": head.headers["etag"]})
    assert same.status_code == 304


async def test_an_address_expires(
    alice: Person, client: AsyncClient, video: dict[str, Any], ready: dict[str, Any], clock: FakeClock
) -> None:
    clock.advance(minutes=359)
    assert (await client.get(ready["mp4_url"])).status_code == 200
    clock.advance(minutes=2)
    gone = await client.get(ready["mp4_url"])
    assert (gone.status_code, gone.json()["code"]) == (410, "address_expired")
    assert gone.headers["access-control-allow-origin"] == "*"


async def test_the_posters_address_in_the_document_stays_and_is_for_the_poster_alone(
    alice: Person, client: AsyncClient, video: dict[str, Any], ready: dict[str, Any], clock: FakeClock
) -> None:
    url = (await alice.get(f"/api/v1/videos/{video['id']}")).json()["thumbnail_url"]
    clock.advance(days=400)
    assert (await client.get(url)).status_code == 200
    folder = url.rpartition("/")[0]
    for name in ("video.mp4", "storyboard.jpg", "source", "x/poster.jpg"):
        assert (await client.get(f"{folder}/{name}")).status_code == 404, name


async def test_what_was_not_signed_is_refused(client: AsyncClient, ready: dict[str, Any]) -> None:
    start, expiry_signature, video_id, run, name = ready["mp4_url"].rsplit("/", 4)
    expiry, _, signature = expiry_signature.partition(".")
    other = "01934caa-7e55-73b9-a1b4-4e5f6a7b8c9d"
    for forged in (
        f"{start}/{int(expiry) + 60}.{signature}/{video_id}/{run}/{name}",
        f"{start}/{expiry}.{signature[::-1]}/{video_id}/{run}/{name}",
        f"{start}/0.{signature}/{video_id}/{run}/{name}",
        f"{start}/{expiry}.{signature}/{other}/{run}/{name}",
        f"{start}/{expiry}.{signature}/{video_id}/{other}/{name}",
        f"{start}/x/{video_id}/{run}/{name}",
    ):
        answer = await client.get(forged)
        assert (answer.status_code, answer.json()["code"]) == (403, "bad_address"), forged


@pytest.mark.parametrize(
    "trick",
    [
        "..%2f..%2f..%2f..%2fsecrets%2froot.key",
        "%2e%2e/%2e%2e/secrets/root.key",
        "..%5c..%5croot.key",
        "video.mp4%00.jpg",
        "video%2emp4",
        "%2fetc%2fpasswd",
        "/video.mp4",
        ".video.mp4",
        "a/b/c/d/e/f.mp4",
        "uploads",
        "nothing.mp4",
        "video.mp4#1",
        "video.exe",
    ],
)
async def test_no_trick_with_the_path_leads_anywhere_else(
    client: AsyncClient, ready: dict[str, Any], trick: str
) -> None:
    folder = ready["mp4_url"].rpartition("/")[0]
    answer = await client.get(f"{folder}/{trick}".replace("#", "%23"))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_who_may_see_a_video_may_play_it(
    alice: Person, bob: Person, client: AsyncClient, video: dict[str, Any], ready: dict[str, Any]
) -> None:
    path = f"/api/v1/videos/{video['id']}"
    assert (await bob.get(path + "/playback")).status_code == 200
    assert (await client.get(path + "/playback")).status_code == 401
    await alice.patch(path, json={"visibility": "private"})
    assert (await bob.get(path + "/playback")).json()["code"] == "video_not_found"
    assert (await alice.get(path + "/playback")).status_code == 200


async def test_before_there_is_a_file_nothing_plays(alice: Person) -> None:
    video = await registered_video(alice)
    answer = await alice.get(f"/api/v1/videos/{video['id']}/playback")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")
    assert "registered" in answer.json()["detail"]


async def test_pages_of_any_origin_may_ask_for_ranges(client: AsyncClient, ready: dict[str, Any]) -> None:
    asked = {"Origin": "https://player.example", "Access-Control-Request-Method": "GET"}
    answer = await client.options(ready["mp4_url"], headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Range" in answer.headers["access-control-allow-headers"]
