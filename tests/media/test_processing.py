"""From a complete upload to a video that plays."""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

import pytest

from kinetoscope.media import Cleaning, Processing, Scratch, Uploads
from kinetoscope.worker import release_orphans
from media.conftest import Studio
from support.cast import registered_video
from support.clips import make_clip
from support.clock import FakeClock

_WORKER = """
import asyncio, sys
from kinetoscope.kernel.secrets import Keyring
from kinetoscope.kernel.settings import Settings
from kinetoscope.wiring import build_platform
from kinetoscope.worker import run_worker
settings = Settings(data_dir=sys.argv[1], _env_file=None)
platform = build_platform(settings, dsn=sys.argv[2], keyring=Keyring(b"k" * 32))
asyncio.run(run_worker(platform, dsn=sys.argv[2], stop=asyncio.Event()))
"""

NOT_A_VIDEO = b"%PDF-1.7 " + b"x" * 100


async def begin_processing(studio: Studio) -> "asyncio.Task[None]":
    """Upload the clip, and return the processing once it has made some progress."""
    await studio.upload()
    processing = asyncio.create_task(studio.service(Processing).process(await studio.upload_id()))
    while "%" not in ((await studio.shown())["status_detail"] or ""):
        assert not processing.done()
    return processing


async def test_a_real_file_becomes_a_video_that_plays(studio: Studio) -> None:
    ready = await studio.upload_and_process()
    assert (ready["status"], ready["status_detail"], ready["duration"]) == ("ready", None, 2)
    playback = ready["playback"]
    assert playback["url"] == studio.path + "/playback"
    assert (playback["content_type"], playback["hls"]) == ("video/mp4", False)
    assert (playback["width"], playback["height"]) == (160, 90)
    assert (playback["video_codec"], playback["audio_codec"]) == ("h264", "aac")
    assert ready["thumbnail_url"].startswith("http://kinetoscope.test/media/0.")
    poster = await studio.alice.get(ready["thumbnail_url"])
    assert poster.headers["content-type"] == "image/jpeg"
    assert len(studio.runs()) == 1  # no upload is left
    assert studio.scratch() == []


async def test_a_long_video_is_offered_as_hls_whose_parts_its_signature_covers(
    studio: Studio, tmp_path: Path
) -> None:
    long = make_clip(tmp_path / "long.mp4", seconds=601.0, size=(32, 18), rate=1, audio_codec=None)
    ready = await studio.upload_and_process(long.read_bytes())
    assert (ready["status"], ready["playback"]["hls"]) == ("ready", True)
    url = (await studio.alice.get(studio.path + "/playback")).json()["hls_url"]
    playlist = await studio.alice.get(url)
    assert playlist.headers["content-type"] == "application/vnd.apple.mpegurl"
    names = [line for line in playlist.text.splitlines() if line and not line.startswith("#")]
    part = await studio.alice.get(url.rpartition("/")[0] + "/" + names[-1])
    assert (part.status_code, part.headers["content-type"]) == (200, "video/iso.segment")


async def test_a_thumbnail_that_the_owner_chose_stays(studio: Studio) -> None:
    video = await registered_video(studio.alice, thumbnail_url="https://example.org/own.jpg")
    await studio.uploader.send(studio.alice, video, studio.clip)
    await studio.jobs_done()
    shown = (await studio.alice.get(f"/api/v1/videos/{video['id']}")).json()
    assert (shown["status"], shown["thumbnail_url"]) == ("ready", "https://example.org/own.jpg")


async def test_a_second_file_takes_the_place_of_the_first(studio: Studio, tmp_path: Path) -> None:
    first = await studio.upload_and_process()
    second = make_clip(tmp_path / "b.mp4", size=(320, 180), seconds=3.0, audio_codec=None)
    await studio.upload(second.read_bytes())
    meanwhile = await studio.alice.get(studio.path + "/playback")
    assert (await studio.alice.get(meanwhile.json()["mp4_url"])).content == studio.clip

    await studio.jobs_done()
    ready = await studio.shown()
    assert (ready["status"], ready["duration"], ready["playback"]["width"]) == ("ready", 3, 320)
    assert ready["playback"]["audio_codec"] is None
    assert ready["thumbnail_url"] not in {None, first["thumbnail_url"]}
    assert (await studio.alice.get(first["thumbnail_url"])).status_code == 404
    assert len(studio.runs()) == 1


@pytest.mark.parametrize(("content", "word"), [(b"PK\x03\x04" + bytes(100), "ZIP"), (NOT_A_VIDEO, "PDF")])
async def test_what_is_no_video_fails_with_a_sentence_and_leaves_nothing(
    studio: Studio, content: bytes, word: str
) -> None:
    failed = await studio.upload_and_process(content)
    assert (failed["status"], failed["playback"]) == ("failed", None)
    assert word in failed["status_detail"]
    assert failed["status_detail"].endswith(".")
    assert studio.stored() == studio.scratch() == []
    playback = await studio.alice.get(studio.path + "/playback")
    assert (playback.status_code, playback.json()["code"]) == (409, "not_ready")
    assert "failed" in playback.json()["detail"]


async def test_a_bad_second_file_leaves_the_first_one_playing(studio: Studio) -> None:
    await studio.upload_and_process()
    assert (await studio.upload_and_process(NOT_A_VIDEO))["status"] == "failed"
    playback = await studio.alice.get(studio.path + "/playback")
    assert (await studio.alice.get(playback.json()["mp4_url"])).content == studio.clip
    assert len(studio.runs()) == 1


async def test_deleting_a_video_removes_its_files(studio: Studio) -> None:
    await studio.upload_and_process()
    addresses = (await studio.alice.get(studio.path + "/playback")).json()
    assert (await studio.alice.delete(studio.path)).status_code == 204
    await studio.jobs_done()
    assert studio.stored() == []
    assert (await studio.alice.get(addresses["mp4_url"])).status_code == 404


async def test_erasing_an_account_removes_its_files(studio: Studio) -> None:
    await studio.upload_and_process()
    assert (await studio.alice.delete("/api/v1/auth/me")).status_code == 202
    await studio.jobs_done()
    assert studio.stored() == []


async def test_a_video_that_is_deleted_while_it_is_processed_leaves_nothing(studio: Studio) -> None:
    processing = await begin_processing(studio)
    await studio.alice.delete(studio.path)
    await studio.jobs_done()
    await processing
    assert studio.stored() == studio.scratch() == []


async def test_of_two_runs_for_one_upload_one_counts_and_nothing_is_left_of_the_other(
    studio: Studio,
) -> None:
    await studio.upload()
    upload_id = await studio.upload_id()
    processing = studio.service(Processing)
    await asyncio.gather(processing.process(upload_id), processing.process(upload_id))
    await studio.jobs_done()
    assert (await studio.shown())["status"] == "ready"
    assert len(studio.runs()) == 1
    before = studio.stored()
    await processing.process(upload_id)  # again, as after a crash
    assert studio.stored() == before


async def test_progress_is_seen_and_is_no_change_for_an_owner_who_edits(studio: Studio) -> None:
    await studio.upload()
    etag = (await studio.alice.get(studio.path)).headers["etag"]
    processing = asyncio.create_task(studio.service(Processing).process(await studio.upload_id()))
    while "%" not in ((await studio.shown())["status_detail"] or ""):
        assert not processing.done()
    changed = await studio.alice.patch(studio.path, json={"title": "New"}, headers={"If-Match": etag})
    assert changed.status_code == 200
    await processing
    ready = await studio.shown()
    assert (ready["status"], ready["title"]) == ("ready", "New")


async def test_a_worker_that_stops_leaves_its_job_to_another(studio: Studio) -> None:
    processing = await begin_processing(studio)
    processing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await processing
    assert studio.scratch() == []
    assert (await studio.shown())["status"] == "processing"
    await studio.jobs_done()
    assert (await studio.shown())["status"] == "ready"


async def test_a_worker_that_is_killed_leaves_its_job_to_another(
    studio: Studio, tmp_path: Path, dsn: str
) -> None:
    slow = make_clip(
        tmp_path / "slow.avi",
        container="avi",
        video_codec="mpeg4",
        audio_codec="mp2",
        size=(640, 360),
        seconds=20.0,
        rate=25,
    )
    await studio.upload(slow.read_bytes())
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", _WORKER, str(studio.data_dir), dsn)
    while not ((await studio.shown())["status_detail"] or "").startswith("Transcoding"):
        assert worker.returncode is None
    worker.kill()
    await worker.wait()
    half = await studio.shown()
    assert (half["status"], half["playback"]) == ("processing", None)
    assert studio.service(Scratch).clear() == 1

    await release_orphans(studio.db)
    await studio.jobs_done()
    ready = await studio.shown()
    assert (ready["status"], ready["duration"]) == ("ready", 20)
    assert len(studio.runs()) == 1
    assert studio.scratch() == []


async def test_a_job_that_fails_for_good_says_so(studio: Studio, clock: FakeClock) -> None:
    await studio.upload()
    for name in studio.stored():
        path = studio.data_dir / "media" / "videos" / studio.video["id"] / name
        if path.is_file():
            path.unlink()  # as if the disk had lost it
    for _ in range(5):
        await studio.jobs_done()
        clock.advance(minutes=1)
    failed = await studio.shown()
    assert failed["status"] == "failed"
    assert failed["status_detail"].startswith("Processing failed several times.")


async def test_files_that_nothing_refers_to_are_swept(studio: Studio) -> None:
    await studio.upload_and_process()
    kept = studio.stored()
    stray = studio.data_dir / "media" / "videos" / str(UUID(int=7)) / "uploads" / str(UUID(int=8)) / "1"
    stray.mkdir(parents=True)
    (stray / "piece").write_bytes(b"x")
    await studio.service(Cleaning).sweep()
    assert not stray.parents[2].exists()
    assert studio.stored() == kept


async def test_a_processed_upload_is_forgotten_after_its_time(studio: Studio, clock: FakeClock) -> None:
    url = await studio.upload()
    await studio.jobs_done()
    assert await studio.uploader.offset(url) == len(studio.clip)  # who missed the last answer can ask
    clock.advance(hours=25)
    await studio.service(Uploads).forget_expired()
    assert (await studio.alice.head(url, headers={"Tus-Resumable": "1.0.0"})).status_code == 404
