"""Uploads over HTTP."""

import asyncio
import base64
import hashlib
import os
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from httpx import AsyncClient

from kinetoscope.kernel.db import Tx
from kinetoscope.media import Uploads
from media.conftest import JobsDone, Studio, Uploader
from support.cast import Person, registered_video
from support.clock import FakeClock

TUS = {"Tus-Resumable": "1.0.0"}


async def status_of(person: Person, video: dict[str, Any]) -> tuple[str, str | None]:
    shown = (await person.get(f"/api/v1/videos/{video['id']}")).json()
    return shown["status"], shown["status_detail"]


async def test_an_upload_says_where_and_how_to_send(alice: Person, video: dict[str, Any]) -> None:
    path = f"/api/v1/videos/{video['id']}/upload"
    answer = await alice.post(path)
    upload = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == upload["upload_url"]
    assert upload["upload_url"].startswith("http://kinetoscope.test/api/v1/uploads/")
    assert (upload["protocol"], upload["method"]) == ("tus", "PATCH")
    assert upload["headers"] == {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    assert await status_of(alice, video) == ("uploading", None)

    put = (await alice.post(path, json={"protocol": "put", "size": 5, "filename": "a.mp4"})).json()
    assert (put["protocol"], put["method"], put["headers"]) == ("put", "PUT", {})


async def test_a_file_goes_up_in_pieces_past_a_lost_connection(
    alice: Person, video: dict[str, Any], uploader: Uploader
) -> None:
    content = os.urandom(3000)
    url = await uploader.start(alice, video, size=3000)
    answer = await uploader.patch(url, 0, content[:1000])
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "1000")
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["upload-expires"].endswith("GMT")

    await uploader.break_off(url, 1000, [content[1000:1400], content[1400:1500]])
    kept = await uploader.offset(url)
    assert kept == 1500

    assert (await uploader.patch(url, kept, content[kept:])).status_code == 204
    assert uploader.stored_bytes(video) == content
    assert await uploader.offset(url) == 3000
    assert await status_of(alice, video) == ("processing", "Waiting to be processed")
    again = await uploader.patch(url, 3000, b"more")
    assert (again.status_code, again.json()["code"]) == (409, "upload_complete")


async def test_of_racing_writers_of_the_same_bytes_one_counts(
    alice: Person, video: dict[str, Any], uploader: Uploader
) -> None:
    contents = [bytes([65 + index]) * 500 for index in range(10)]
    url = await uploader.start(alice, video, size=1000)
    answers = await asyncio.gather(*(uploader.patch(url, 0, content) for content in contents))
    assert sorted(answer.status_code for answer in answers) == [204] + [409] * 9
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"offset_mismatch"}
    assert await uploader.offset(url) == 500
    winner = next(content for content, answer in zip(contents, answers, strict=True) if answer.is_success)
    assert uploader.stored_bytes(video) == winner  # those of the others are gone


async def test_long_bodies_of_racing_writers_never_mix(
    alice: Person, video: dict[str, Any], uploader: Uploader
) -> None:
    size = 20 << 20
    url = await uploader.start(alice, video, size=size)
    first, second = await asyncio.gather(
        uploader.patch(url, 0, b"a" * size), uploader.patch(url, 0, b"b" * size)
    )
    assert sorted([first.status_code, second.status_code]) == [204, 409]
    assert uploader.stored_bytes(video) == (b"a" if first.is_success else b"b") * size


async def test_bytes_for_another_place_are_refused(
    alice: Person, video: dict[str, Any], uploader: Uploader
) -> None:
    url = await uploader.start(alice, video, size=100)
    answer = await uploader.patch(url, 50, b"x")
    assert (answer.status_code, answer.json()["code"]) == (409, "offset_mismatch")
    assert answer.headers["upload-offset"] == "0"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
async def test_with_a_checksum_all_of_a_request_counts_or_nothing(
    alice: Person, video: dict[str, Any], uploader: Uploader, algorithm: str
) -> None:
    content = os.urandom(1000)
    url = await uploader.start(alice, video, size=2000)
    good = f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"
    wrong = await uploader.patch(url, 0, content[::-1], Upload_Checksum=good)
    assert (wrong.status_code, wrong.json()["code"]) == (460, "checksum_mismatch")
    await uploader.break_off(url, 0, [content[:500]], Upload_Checksum=good)
    assert (await uploader.offset(url), uploader.stored_bytes(video)) == (0, b"")

    assert (await uploader.patch(url, 0, content, Upload_Checksum=good)).status_code == 204
    assert (await uploader.offset(url), uploader.stored_bytes(video)) == (1000, content)
    bad = await uploader.patch(url, 1000, content, Upload_Checksum="crc32 AAAA")
    assert (bad.status_code, bad.json()["code"]) == (400, "bad_checksum")


async def test_more_than_was_announced_is_refused(
    alice: Person, video: dict[str, Any], uploader: Uploader
) -> None:
    url = await uploader.start(alice, video, size=10)
    answer = await uploader.patch(url, 0, b"x" * 11)
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert await uploader.offset(url) == 0
    huge = await alice.post(f"/api/v1/videos/{video['id']}/upload", json={"size": 1 << 50})
    assert (huge.status_code, huge.json()["code"]) == (413, "upload_too_large")
    empty = await alice.post(f"/api/v1/videos/{video['id']}/upload", json={"size": 0})
    assert (empty.status_code, empty.json()["code"]) == (400, "empty_upload")


async def test_the_length_may_be_said_later(alice: Person, video: dict[str, Any], uploader: Uploader) -> None:
    url = await uploader.start(alice, video)
    head = await alice.head(url, headers=TUS)
    assert (head.headers["upload-defer-length"], head.headers["cache-control"]) == ("1", "no-store")
    assert "upload-length" not in head.headers
    await uploader.patch(url, 0, b"a" * 10)
    short = await uploader.patch(url, 10, b"", Upload_Length="9")
    assert (short.status_code, short.json()["code"]) == (400, "size_mismatch")
    await uploader.patch(url, 10, b"b" * 10, Upload_Length="30")
    other = await uploader.patch(url, 20, b"", Upload_Length="31")
    assert (other.status_code, other.json()["code"]) == (400, "size_mismatch")
    assert (await alice.head(url, headers=TUS)).headers["upload-length"] == "30"
    await uploader.patch(url, 20, b"c" * 10)
    assert (await status_of(alice, video))[0] == "processing"


async def test_the_length_may_be_said_when_nothing_more_comes(
    alice: Person, video: dict[str, Any], uploader: Uploader
) -> None:
    url = await uploader.start(alice, video)
    await uploader.patch(url, 0, b"a" * 10)
    assert (await uploader.patch(url, 10, b"", Upload_Length="10")).status_code == 204
    assert (await status_of(alice, video))[0] == "processing"


async def test_put_sends_the_whole_file_and_begins_from_zero(
    alice: Person, client: AsyncClient, video: dict[str, Any], uploader: Uploader
) -> None:
    url = await uploader.start(alice, video, protocol="put", size=1000)
    await uploader.patch(url, 0, b"x" * 400)
    content = os.urandom(1000)
    other = await client.put(url, content=content[:999])
    assert (other.status_code, other.json()["code"]) == (400, "size_mismatch")
    answer = await client.put(url, content=content, headers={"Content-Type": "video/mp4"})
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "1000")
    assert uploader.stored_bytes(video).endswith(content)
    assert (await status_of(alice, video))[0] == "processing"


async def test_a_put_without_length_is_refused(
    alice: Person, client: AsyncClient, video: dict[str, Any], uploader: Uploader
) -> None:
    async def chunks() -> AsyncGenerator[bytes]:
        yield b"x"

    url = await uploader.start(alice, video, protocol="put")
    answer = await client.put(url, content=chunks())
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")
    assert (await client.put(url, content=b"")).json()["code"] in {"length_required", "empty_upload"}


async def test_tus_creates_uploads_too(alice: Person, bob: Person, video: dict[str, Any]) -> None:
    metadata = "video_id " + base64.b64encode(video["id"].encode()).decode()
    headers = TUS | {"Upload-Length": "10", "Upload-Metadata": metadata}
    created = await alice.post("/api/v1/uploads", headers=headers)
    assert (created.status_code, created.headers["upload-offset"]) == (201, "0")
    head = await alice.head(created.headers["location"], headers=TUS)
    assert (head.headers["upload-length"], head.headers["upload-metadata"]) == ("10", metadata)

    assert (await bob.post("/api/v1/uploads", headers=headers)).json()["code"] == "not_your_video"
    for wrong, code in (
        ({"Upload-Metadata": ""}, "bad_metadata"),
        ({"Upload-Length": "0"}, "empty_upload"),
        ({"Upload-Defer-Length": "1"}, "validation_failed"),
        ({"Tus-Resumable": "0.2.2"}, "wrong_tus_version"),
    ):
        refused = await alice.post("/api/v1/uploads", headers=headers | wrong)
        assert refused.json()["code"] == code, refused.text
        assert refused.headers.get("tus-resumable") == "1.0.0" or code == "validation_failed"


async def test_what_is_spoken_here_is_said(client: AsyncClient) -> None:
    answer = await client.options("/api/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,creation-defer-length,expiration,checksum,termination"
    assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256,md5"
    assert int(answer.headers["tus-max-size"]) > 0


async def test_another_version_or_type_is_refused(
    alice: Person, client: AsyncClient, video: dict[str, Any], uploader: Uploader
) -> None:
    url = await uploader.start(alice, video, size=10)
    old = await uploader.patch(url, 0, b"x", Tus_Resumable="0.2.2")
    assert (old.status_code, old.headers["tus-version"]) == (412, "1.0.0")
    assert (await client.head(url)).status_code == 412
    typed = await uploader.patch(url, 0, b"x", Content_Type="video/mp4")
    assert (typed.status_code, typed.json()["code"]) == (415, "wrong_media_type")
    untyped = await client.patch(url, content=b"x", headers=TUS | {"Upload-Offset": "0"})
    assert untyped.status_code == 415


async def test_an_unknown_address_is_nothing(client: AsyncClient, uploader: Uploader) -> None:
    url = "/api/v1/uploads/" + "x" * 43
    assert (await client.head(url, headers=TUS)).status_code == 404
    assert (await uploader.patch(url, 0, b"x")).json()["code"] == "upload_not_found"
    assert (await client.delete(url, headers=TUS)).json()["code"] == "upload_not_found"


async def test_only_the_owner_starts_an_upload(alice: Person, bob: Person, client: AsyncClient) -> None:
    public = await registered_video(alice)
    private = await registered_video(alice, visibility="private")
    assert (await bob.post(f"/api/v1/videos/{public['id']}/upload")).json()["code"] == "not_your_video"
    assert (await bob.post(f"/api/v1/videos/{private['id']}/upload")).json()["code"] == "video_not_found"
    assert (await client.post(f"/api/v1/videos/{public['id']}/upload")).status_code == 401


async def test_a_newer_upload_takes_the_place_of_an_older_one(
    alice: Person, video: dict[str, Any], uploader: Uploader, jobs_done: JobsDone
) -> None:
    older = await uploader.start(alice, video, size=10)
    await uploader.patch(older, 0, b"x" * 5)
    newer = await uploader.start(alice, video, size=10)
    assert (await uploader.patch(older, 5, b"x")).json()["code"] == "upload_not_found"
    await uploader.patch(newer, 0, b"y" * 5)
    await jobs_done()
    assert uploader.stored_bytes(video) == b"y" * 5


async def test_nothing_is_uploaded_to_a_video_that_is_being_processed(
    alice: Person, video: dict[str, Any], uploader: Uploader
) -> None:
    await uploader.send(alice, video, b"x" * 10)
    answer = await alice.post(f"/api/v1/videos/{video['id']}/upload")
    assert (answer.status_code, answer.json()["code"]) == (409, "video_processing")


async def test_a_cancelled_upload_leaves_nothing(
    alice: Person, client: AsyncClient, video: dict[str, Any], uploader: Uploader, jobs_done: JobsDone
) -> None:
    url = await uploader.start(alice, video, size=10)
    await uploader.patch(url, 0, b"x" * 5)
    assert (await client.delete(url, headers=TUS)).status_code == 204
    assert (await client.head(url, headers=TUS)).status_code == 404
    assert await status_of(alice, video) == ("registered", None)
    await jobs_done()
    assert uploader.stored(video) == []


async def test_an_upload_that_is_never_finished_is_forgotten(studio: Studio, clock: FakeClock) -> None:
    uploader = studio.uploader
    url = await uploader.start(studio.alice, studio.video, size=10)
    clock.advance(hours=20)
    await uploader.patch(url, 0, b"x" * 5)
    clock.advance(hours=20)
    assert await uploader.offset(url) == 5  # each piece renews it
    clock.advance(hours=5)
    gone = await uploader.patch(url, 5, b"x" * 5)
    assert (gone.status_code, gone.json()["code"]) == (410, "upload_expired")

    await studio.service(Uploads).forget_expired()
    await studio.jobs_done()
    assert studio.stored() == []
    async with studio.db.read() as tx:
        assert await tx.fetch_value("SELECT status FROM videos") == "registered"
    assert (await studio.alice.head(url, headers=TUS)).status_code == 404


async def test_deleting_a_video_ends_its_upload(
    alice: Person, video: dict[str, Any], uploader: Uploader, jobs_done: JobsDone
) -> None:
    url = await uploader.start(alice, video, size=10)
    await uploader.patch(url, 0, b"x" * 5)
    await alice.delete(f"/api/v1/videos/{video['id']}")
    assert (await uploader.patch(url, 5, b"x")).json()["code"] == "upload_not_found"
    await jobs_done()
    assert uploader.stored(video) == []


async def test_an_account_has_so_many_unfinished_uploads_and_no_more(alice: Person) -> None:
    videos = [await registered_video(alice, title=f"Tea {index}") for index in range(25)]
    answers = await asyncio.gather(*(alice.post(f"/api/v1/videos/{video['id']}/upload") for video in videos))
    assert sorted(answer.status_code for answer in answers) == [201] * 20 + [409] * 5
    assert {answer.json().get("code") for answer in answers} == {None, "too_many_uploads"}


async def test_a_file_in_too_many_pieces_is_refused(
    alice: Person, video: dict[str, Any], uploader: Uploader, tx: Tx
) -> None:
    url = await uploader.start(alice, video, size=10)
    await tx.execute("UPDATE uploads SET pieces = 10000")
    answer = await uploader.patch(url, 0, b"x")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_pieces")
    assert uploader.stored_bytes(video) == b""


async def test_the_secret_of_an_address_is_not_stored(
    alice: Person, video: dict[str, Any], uploader: Uploader, tx: Tx
) -> None:
    url = await uploader.start(alice, video, size=10)
    rows = await tx.fetch("SELECT uploads::text AS line FROM uploads")
    assert all(url.rpartition("/")[2] not in row["line"] for row in rows)
