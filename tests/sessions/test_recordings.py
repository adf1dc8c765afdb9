"""Recording: who may, what is recorded, what is told, and the video that it becomes."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kinetoscope.kernel.db import Tx
from kinetoscope.sessions import Filing, Recordings
from kinetoscope.wiring import Platform
from kinetoscope_fakes.realtime import RealtimeFake
from support.cast import Person
from support.clock import FakeClock
from support.jobs_done import JobsDone
from support.peers import Peer
from support.rooms import Member, Room, events_of
from support.tapes import camera, microphone, write_tape

NOBODY = "http://127.0.0.1:9"
"""Where no media server answers (any more)."""


@pytest.fixture(autouse=True)
def recorder(fake: RealtimeFake) -> RealtimeFake:
    """The media service, as one that can record."""
    fake.can_record = True
    return fake


async def recordings_of(member: Member) -> list[dict[str, Any]]:
    answer = await member.get(f"{member.session}/recordings")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["recordings"]
    return found


def watching(platform: Platform) -> Recordings:
    found = platform.services[Recordings]
    assert isinstance(found, Recordings)
    return found


async def told(member: Member) -> list[str]:
    return [event["type"] for event in await member.events() if event["type"].startswith("recording.")]


async def test_a_host_records_what_is_published_before_and_after_the_start(
    host: Member, guest: Member, recorder: RealtimeFake, jobs_done: JobsDone
) -> None:
    first = await host.publish(Peer())
    started = await host.post(f"{host.session}/recordings")
    assert (started.status_code, started.json()["status"]) == (201, "recording")
    await jobs_done()
    second = await guest.publish(Peer(), "audio")
    await jobs_done()
    recording = started.json()["recording_id"]
    assert set(recorder.recordings) == {f"{recording}-{track['track_id']}.ktrtp" for track in (first, second)}


async def test_everybody_is_told_and_sees_that_it_is_recorded(host: Member, guest: Member) -> None:
    recording = (await host.post(f"{host.session}/recordings")).json()
    event = (await guest.events())[-1]
    assert (event["type"], event["data"]["recording_id"]) == ("recording.started", recording["id"])
    assert (await guest.get(guest.session)).json()["recording"] is True
    assert (await guest.get(f"{guest.session}/participants")).json()["recording"] is True
    assert (await host.delete(f"{host.session}/recordings")).status_code == 204
    assert await told(guest) == ["recording.started", "recording.stopped"]
    assert (await guest.get(guest.session)).json()["recording"] is False
    assert [each["status"] for each in await recordings_of(guest)] == ["processing"]


async def test_of_racing_starts_one_recording_comes(host: Member) -> None:
    answers = await asyncio.gather(*(host.post(f"{host.session}/recordings") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await told(host) == ["recording.started"]


async def test_stopping_twice_or_without_a_recording_is_no_failure(host: Member) -> None:
    assert (await host.delete(f"{host.session}/recordings")).status_code == 204
    await host.post(f"{host.session}/recordings")
    stops = await asyncio.gather(*(host.delete(f"{host.session}/recordings") for _ in range(4)))
    assert {answer.status_code for answer in stops} == {204}
    assert await told(host) == ["recording.started", "recording.stopped"]


async def test_only_the_host_records(guest: Member, bob: Person, room: Room) -> None:
    for caller in (guest, bob):
        for answer in (
            await caller.post(f"{room.path}/recordings"),
            await caller.delete(f"{room.path}/recordings"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "not_the_host")


async def test_who_is_not_in_the_session_sees_no_recordings(bob: Person, room: Room, host: Member) -> None:
    answer = await bob.get(f"{room.path}/recordings")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_member")


async def test_cloudflares_server_cannot_record(host: Member, recorder: RealtimeFake) -> None:
    recorder.can_record = False
    answer = await host.post(f"{host.session}/recordings")
    assert (answer.status_code, answer.json()["code"]) == (501, "recording_unsupported")
    assert await recordings_of(host) == []


async def test_without_a_media_server_nothing_begins(host: Member, recorder: RealtimeFake) -> None:
    recorder.is_down = True
    answer = await host.post(f"{host.session}/recordings")
    assert (answer.status_code, answer.json()["code"]) == (503, "media_unavailable")
    assert await told(host) == []


async def test_an_ended_session_is_not_recorded_and_its_recording_has_ended(
    host: Member, alice: Person, room: Room
) -> None:
    await host.post(f"{host.session}/recordings")
    await alice.patch(room.path, json={"status": "ended"})
    answer = await alice.post(f"{room.path}/recordings")
    assert (answer.status_code, answer.json()["code"]) == (410, "session_ended")
    types = [event["type"] for event in await events_of(alice, room.path)]
    assert types[-2:] == ["recording.stopped", "session.ended"]


async def test_a_recording_ends_when_the_media_server_was_started_anew(
    host: Member, platform: Platform, recorder: RealtimeFake
) -> None:
    await host.post(f"{host.session}/recordings")
    recorder.is_down = True
    await watching(platform).watch()
    assert await told(host) == ["recording.started"]
    recorder.is_down = False
    recorder.forget_all()
    await watching(platform).watch()
    assert await told(host) == ["recording.started", "recording.stopped"]


async def test_a_recording_ends_when_its_room_moves_and_another_may_begin(
    host: Member, tx: Tx, recorder: RealtimeFake, jobs_done: JobsDone
) -> None:
    await host.publish(Peer())
    await host.post(f"{host.session}/recordings")
    await jobs_done()
    await tx.execute("UPDATE video_sessions SET media_url = $1", NOBODY)
    await tx.execute("UPDATE session_recordings SET media_url = $1", NOBODY)
    await tx.execute("UPDATE session_connections SET media_url = $1", NOBODY)
    track = await host.publish(Peer())
    assert await told(host) == ["recording.started", "recording.stopped"]
    assert [each["status"] for each in await recordings_of(host)] == ["processing"]
    again = await host.post(f"{host.session}/recordings")
    assert (again.status_code, again.json()["status"]) == (201, "recording")
    await jobs_done()
    assert f"{again.json()['recording_id']}-{track['track_id']}.ktrtp" in recorder.recordings


async def test_a_recording_ends_when_all_have_left(host: Member, alice: Person, platform: Platform) -> None:
    await host.post(f"{host.session}/recordings")
    await watching(platform).watch()
    assert await told(host) == ["recording.started"]
    await host.delete(host.path)
    await watching(platform).watch()
    assert [event["type"] for event in await events_of(alice, host.session)][-1] == "recording.stopped"


async def recorded(host: Member, recorder: RealtimeFake, jobs_done: JobsDone, folder: Path) -> dict[str, Any]:
    """Record a camera and a microphone, end it, and return the recording."""
    peer = Peer()
    await host.publish(peer)
    await host.publish(peer, "audio")
    await host.post(f"{host.session}/recordings")
    await jobs_done()
    files = (write_tape(folder / "v", camera()), write_tape(folder / "a", microphone(), codec="opus"))
    for name, file in zip(sorted(recorder.recordings), files, strict=True):
        recorder.recordings[name] = file.read_bytes()
    await host.delete(f"{host.session}/recordings")
    return (await recordings_of(host))[-1]


async def test_a_recording_becomes_a_ready_private_video_of_the_host(
    host: Member, alice: Person, recorder: RealtimeFake, jobs_done: JobsDone, tmp_path: Path, bob: Person
) -> None:
    await recorded(host, recorder, jobs_done, tmp_path)
    await jobs_done()
    (recording,) = await recordings_of(host)
    assert (recording["status"], recording["status_detail"]) == ("ready", None)
    video = (await alice.get(f"/api/v1/videos/{recording['video_id']}")).json()
    assert (video["title"], video["status"], video["visibility"]) == ("Standup", "ready", "private")
    assert (video["duration"], video["playback"]["video_codec"]) == (2, "vp8")
    assert video["playback"]["audio_codec"] == "opus"
    assert video["thumbnail_url"].endswith(".jpg")
    assert await told(host) == ["recording.started", "recording.stopped", "recording.ready"]
    assert recorder.recordings == {}
    assert (await bob.get(f"/api/v1/videos/{recording['video_id']}")).status_code == 404


async def test_a_worker_that_dies_in_the_middle_leaves_one_video(
    host: Member, alice: Person, recorder: RealtimeFake, jobs_done: JobsDone, tmp_path: Path, clock: FakeClock
) -> None:
    await recorded(host, recorder, jobs_done, tmp_path)
    working = asyncio.create_task(jobs_done())
    while not (await recordings_of(host))[0]["video_id"]:
        pass  # asking gives the work its turn
    working.cancel()
    await asyncio.wait([working])
    clock.advance(minutes=2)  # the leases of the dead worker end
    await jobs_done()
    (recording,) = await recordings_of(host)
    assert recording["status"] == "ready"
    videos = (await alice.get("/api/v1/videos")).json()["videos"]
    assert [(video["id"], video["status"]) for video in videos] == [(recording["video_id"], "ready")]


async def test_a_recording_that_is_handed_in_is_not_made_again(
    host: Member, alice: Person, recorder: RealtimeFake, jobs_done: JobsDone, tmp_path: Path, tx: Tx
) -> None:
    await recorded(host, recorder, jobs_done, tmp_path)
    await jobs_done()
    videos = (await alice.get("/api/v1/videos")).json()["videos"]
    await tx.execute("UPDATE session_recordings SET status = 'processing'")
    await run_again(tx, (await recordings_of(host))[0]["id"])
    await jobs_done()
    assert (await alice.get("/api/v1/videos")).json()["videos"] == videos


async def run_again(tx: Tx, recording_id: str) -> None:
    """Promise the job again, as if its end had not been noted."""
    await tx.execute(
        """
        INSERT INTO jobs (kind, payload, run_at, created_at)
        VALUES ('sessions.join-recording', jsonb_build_object('recording_id', $1::text), '2020-01-01', now())
        """,
        recording_id,
    )


async def test_a_recording_of_nothing_fails_with_a_sentence(host: Member, jobs_done: JobsDone) -> None:
    await host.post(f"{host.session}/recordings")
    await host.delete(f"{host.session}/recordings")
    await jobs_done()
    (recording,) = await recordings_of(host)
    assert (recording["status"], recording["status_detail"]) == (
        "failed",
        "Nothing was sent while this was recorded.",
    )
    assert await told(host) == ["recording.started", "recording.stopped", "recording.failed"]


async def test_a_video_that_the_host_deletes_does_not_come_back(
    host: Member, alice: Person, recorder: RealtimeFake, jobs_done: JobsDone, tmp_path: Path, tx: Tx
) -> None:
    recording = await recorded(host, recorder, jobs_done, tmp_path)
    await jobs_done()
    (recording,) = await recordings_of(host)
    await tx.execute("UPDATE session_recordings SET status = 'processing'")
    await alice.delete(f"/api/v1/videos/{recording['video_id']}")
    await run_again(tx, recording["id"])
    await jobs_done()
    assert (await recordings_of(host))[0]["status"] == "failed"
    assert (await alice.get("/api/v1/videos")).json()["videos"] == []


async def test_files_that_no_recording_needs_are_swept_away(
    host: Member, recorder: RealtimeFake, jobs_done: JobsDone, platform: Platform, alice: Person
) -> None:
    await host.publish(Peer())
    await host.post(f"{host.session}/recordings")
    await jobs_done()
    (needed,) = recorder.recordings
    nobodys = f"{host.id}-{host.id}.ktrtp"
    recorder.recordings |= {nobodys: b"", "another-program.ktrtp": b""}
    filing = platform.services[Filing]
    assert isinstance(filing, Filing)
    await filing.sweep()
    assert set(recorder.recordings) == {needed, "another-program.ktrtp"}
    await alice.delete("/api/v1/auth/me")
    await jobs_done()
    await filing.sweep()
    assert set(recorder.recordings) == {"another-program.ktrtp"}
