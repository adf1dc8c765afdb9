"""Photos over HTTP: what comes in, what is kept, who may see it."""

# pyright: reportUnknownMemberType=false
# Pillow's own annotations name numpy, which is not installed.

import asyncio
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from httpx import ASGITransport, AsyncClient
from PIL import Image

from kinetoscope.albums import PhotoCleaning
from kinetoscope.kernel.db import Tx
from kinetoscope.kernel.settings import Settings
from kinetoscope.wiring import Platform
from support import shelf
from support.cast import Person
from support.clock import FakeClock
from support.jobs_done import JobsDone
from support.pictures import picture, png, snapshot, with_archive

PHOTO = picture("PNG", (40, 30))


@pytest.fixture
def stored(settings: Settings, client: AsyncClient) -> "Stored":
    return Stored(settings.data_dir)


@dataclass
class Cleaning:
    """The cleaning of photos, and the database to look into."""

    photos: PhotoCleaning
    tx: Tx


@pytest.fixture
def cleaning(platform: Platform, tx: Tx) -> Cleaning:
    photos = platform.services[PhotoCleaning]
    assert isinstance(photos, PhotoCleaning)
    return Cleaning(photos, tx)


class Stored:
    """What lies on the disk."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "media" / "photos"
        self._scratch = data_dir / "scratch"

    def photos(self) -> set[str]:
        """Return the ids of all photos that have files."""
        return {path.name for path in self.folder.iterdir()} if self.folder.is_dir() else set()

    def scratch(self) -> list[Path]:
        """Return what lies about of uploads."""
        return list(self._scratch.glob("photo*"))


@pytest.mark.parametrize("way", ["form", "raw", "octets", "untyped"])
async def test_a_photo_is_uploaded_in_a_form_or_alone(client: AsyncClient, alice: Person, way: str) -> None:
    content = snapshot(orientation=6)
    if way == "form":
        answer = await alice.post(
            "/api/v1/photos", files={"image": ("holiday.txt", content, "text/plain")}, data={"caption": "x"}
        )
    else:
        kinds = {"raw": "image/png", "octets": "application/octet-stream"}
        headers = {"Content-Type": kinds[way]} if way in kinds else {}
        answer = await alice.post("/api/v1/photos/", content=content, headers=headers)
    photo = answer.json()
    assert answer.status_code == 201, photo
    assert photo["id"] == photo["photo_id"]
    assert (photo["user_id"], photo["format"], photo["width"], photo["height"]) == (
        alice.id,
        "jpeg",
        300,
        400,
    )
    assert (await alice.get(answer.headers["location"])).json() == photo
    for size in photo["sizes"]:
        sent = await client.get(size["url"])
        assert (sent.status_code, sent.headers["content-type"]) == (200, "image/webp")
        assert len(sent.content) == size["size_bytes"] == int(sent.headers["content-length"])
        with Image.open(BytesIO(sent.content)) as image:
            assert image.size == (size["width"], size["height"])
            assert not image.getexif()
        assert b"Alice" not in sent.content


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"<svg/>", "SVG"),
        (picture("GIF"), "cannot be read as a photo"),
        (picture()[:-100], "breaks off"),
        (png(50_000, 50_000), "2500 megapixels"),
        (with_archive(picture()), "a ZIP archive"),
    ],
    ids=["empty", "svg", "gif", "truncated", "bomb", "polyglot"],
)
async def test_what_is_no_photo_is_refused_and_nothing_is_left(
    alice: Person, stored: Stored, tx: Tx, content: bytes, sentence: str
) -> None:
    before = stored.photos()
    answer = await alice.post("/api/v1/photos", files={"file": ("a.jpg", content, "image/jpeg")})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "unreadable_photo")
    assert sentence in problem["detail"]
    assert problem["errors"][0]["field"] == "file"
    assert await tx.fetch_value("SELECT count(*) FROM photos") == 0
    assert await tx.fetch_value("SELECT COALESCE(sum(photo_bytes), 0)::int FROM album_usage") == 0
    assert (stored.photos(), stored.scratch()) == (before, [])


async def test_forms_without_a_file_and_other_bodies_are_refused(alice: Person, stored: Stored) -> None:
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    for answer in (
        await alice.post("/api/v1/photos", files={"file": (None, "text")}),
        await alice.post("/api/v1/photos", content=b"nonsense", headers=broken),
        await alice.post("/api/v1/photos", content=PHOTO, headers={"Content-Type": "multipart/form-data"}),
        await alice.post("/api/v1/photos", files=[("a", ("a", PHOTO)), ("b", ("b", PHOTO))]),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_form")
    other = await alice.post("/api/v1/photos", json={"file": "x"})
    assert (other.status_code, other.json()["code"]) == (415, "wrong_media_type")
    assert stored.scratch() == []


async def test_a_file_that_is_too_large_is_refused(alice: Person, settings: Settings, stored: Stored) -> None:
    large = bytes(settings.max_photo_bytes + 1)
    raw = await alice.post("/api/v1/photos", content=large, headers={"Content-Type": "image/png"})
    assert (raw.status_code, raw.json()["code"]) == (413, "photo_too_large")
    larger = await alice.post("/api/v1/photos", files={"file": ("a", large + bytes(1 << 17))})
    assert (larger.status_code, larger.json()["code"]) == (413, "body_too_large")
    assert stored.scratch() == []


async def test_a_photo_is_its_owners_alone(client: AsyncClient, alice: Person, bob: Person) -> None:
    photo = await shelf.photo(alice, PHOTO)
    path = f"/api/v1/photos/{photo['id']}"
    album = await shelf.album(bob)
    for answer in (
        await bob.get(path),
        await bob.delete(path),
        await bob.post(
            f"/api/v1/albums/{album['id']}/items", json={"media_type": "photo", "media_id": photo["id"]}
        ),
        await alice.get(f"/api/v1/photos/{uuid4()}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "photo_not_found")
    assert (await bob.get("/api/v1/photos")).json()["photos"] == []
    page = (await alice.get("/api/v1/photos")).json()
    assert (page["photos"], page["total"], page["has_more"]) == ([photo], 1, False)
    assert (await client.get(path)).status_code == 401


async def test_addresses_are_signed_and_expire(client: AsyncClient, alice: Person, clock: FakeClock) -> None:
    photo, other = await shelf.photo(alice, PHOTO), await shelf.photo(alice, PHOTO)
    url = photo["url"]
    head = await client.head(url)
    assert (head.status_code, head.content, head.headers["access-control-allow-origin"]) == (200, b"", "*")
    assert (await client.get(url, headers={"If-None-Match": head.headers["etag"]})).status_code == 304
    start, signed, _, name = url.rsplit("/", 3)
    for forged in (f"{start}/{signed}/{other['id']}/{name}", f"{start}/1{signed}/{photo['id']}/{name}"):
        assert (await client.get(forged)).json()["code"] == "bad_address"
    for wrong in (f"{start}/{signed}/{photo['id']}/huge.webp", f"{start}/{signed}/x/{name}", url + "x"):
        assert (await client.get(wrong)).json()["code"] == "file_not_found"
    clock.advance(hours=8)
    late = await client.get(url)
    assert (late.status_code, late.json()["code"]) == (410, "address_expired")


async def test_a_photo_stands_in_albums_with_its_picture_until_it_is_deleted(
    client: AsyncClient, alice: Person, stored: Stored, tx: Tx, jobs_done: JobsDone
) -> None:
    album = await shelf.album(alice, visibility="public")
    photo = await shelf.photo(alice, PHOTO)
    await shelf.add(alice, album, photo)
    shown = (await client.get(f"/api/v1/albums/{album['id']}")).json()
    item = shown["items"][0]
    assert (item["media_type"], item["media_id"]) == ("photo", photo["id"])
    listed = (await alice.get("/api/v1/albums")).json()["albums"][0]
    assert listed["cover_url"] == shown["cover_url"]
    for url in (item["url"], item["thumbnail_url"], shown["cover_url"]):
        assert (await client.get(url)).status_code == 200

    assert (await alice.delete(f"/api/v1/photos/{photo['id']}")).status_code == 204
    assert (await alice.delete(f"/api/v1/photos/{photo['id']}")).status_code == 404
    assert await shelf.items(alice, album) == []
    await jobs_done()
    assert photo["id"] not in stored.photos()
    assert (await client.get(item["url"])).status_code == 404
    assert await tx.fetch_value("SELECT photo_bytes FROM album_usage") == 0


async def test_photos_take_no_more_room_than_allowed_however_many_come_at_once(
    alice: Person, second: ASGITransport, settings: Settings, tx: Tx
) -> None:
    await shelf.photo(alice, PHOTO)
    taken = await tx.fetch_value("SELECT photo_bytes FROM album_usage")
    await tx.execute("UPDATE album_usage SET photo_bytes = $1", settings.photo_quota_bytes - taken)
    async with AsyncClient(
        transport=second, base_url="http://kinetoscope.test", headers=alice.headers
    ) as other:
        answers = await asyncio.gather(
            *(person.post("/api/v1/photos", files={"file": ("a", PHOTO)}) for person in (alice, other) * 2)
        )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 3
    assert {answer.json().get("code") for answer in answers} == {None, "photo_space_used_up"}


async def test_a_retry_with_the_same_key_makes_one_photo(alice: Person, tx: Tx) -> None:
    headers = {"Idempotency-Key": "photo-1", "Content-Type": "image/png"}
    first = await alice.post("/api/v1/photos", content=PHOTO, headers=headers)
    again = await alice.post("/api/v1/photos", content=PHOTO, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert await tx.fetch_value("SELECT count(*) FROM photos") == 1


async def test_what_a_killed_process_leaves_is_removed(
    alice: Person, cleaning: Cleaning, stored: Stored, clock: FakeClock, jobs_done: JobsDone
) -> None:
    kept = await shelf.photo(alice, PHOTO)
    half = await shelf.photo(alice, PHOTO)
    await cleaning.tx.execute("UPDATE photos SET state = 'pending' WHERE id = $1", half["id"])
    lost = stored.folder / str(uuid4())
    lost.mkdir()
    (lost / "large.webp").write_bytes(b"x")
    assert (await alice.get(f"/api/v1/photos/{half['id']}")).status_code == 404
    await cleaning.photos.forget_unfinished()
    await jobs_done()
    assert {kept["id"], half["id"]} <= stored.photos()  # it may still be on its way
    clock.advance(minutes=11)
    await cleaning.photos.forget_unfinished()
    await jobs_done()
    await cleaning.photos.sweep()
    assert kept["id"] in stored.photos()
    assert not {half["id"], lost.name} & stored.photos()
    size = sum(size["size_bytes"] for size in kept["sizes"])
    assert await cleaning.tx.fetch_value("SELECT photo_bytes FROM album_usage") == size


async def test_an_erased_account_takes_its_photos_along(
    client: AsyncClient, alice: Person, stored: Stored, tx: Tx, jobs_done: JobsDone
) -> None:
    photo = await shelf.photo(alice, PHOTO)
    await shelf.add(alice, await shelf.album(alice), photo)
    await alice.delete("/api/v1/auth/me")
    await jobs_done()
    assert await tx.fetch_value("SELECT count(*) FROM photos") == 0
    assert await tx.fetch_value("SELECT count(*) FROM accounts") == 0
    assert photo["id"] not in stored.photos()
    assert (await client.get(photo["url"])).status_code == 404
