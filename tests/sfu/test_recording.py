"""Recordings: what is in the file, also after a crash and across layers."""

import struct
from pathlib import Path

import pytest

from kinetoscope_sfu import recording
from kinetoscope_sfu.plane import RepeatedTrack, Source, UnknownTrack
from kinetoscope_sfu.wire import rtcp
from sfu.test_simulcast import RIDS, Camera
from support.media import CAMERA_SSRC, DELTA, KEY, World, read_rtp, rtp

CAMERA = Source("alice", "0")


async def test_a_recording_has_the_packets_from_the_first_key_frame_on(world: World, tmp_path: Path) -> None:
    path = tmp_path / "camera.rtp"
    alice = world.publisher()
    world.plane.record(CAMERA, path)
    assert alice.key_frame_requests() == 1
    for number, payload in enumerate((DELTA, KEY + b"1", DELTA + b"2")):
        alice.probe.send_rtp(rtp(number, payload))
    alice.probe.send_rtcp(rtcp.sender_report(rtcp.SenderInfo(CAMERA_SSRC, 5 << 32, 3000, 1, 2)))
    await world.plane.stop_recording(CAMERA)
    head, records = recording.read(path)
    kept = list(records)
    assert head == {"kind": "video", "codec": "VP8", "clock_rate": 90_000, "payload_type": 96}
    packets = [read_rtp(record.body) for record in kept if record.kind == recording.PACKET]
    assert [packet.payload for packet in packets] == [KEY + b"1", DELTA + b"2"]
    assert [packet.timestamp for packet in packets] == [3000, 6000]
    assert [record.body for record in kept if record.kind == recording.SENDER_REPORT] == [
        struct.pack("!QI", 5 << 32, 3000)
    ]


async def test_a_recording_goes_on_when_the_layer_changes(world: World, tmp_path: Path) -> None:
    path = tmp_path / "camera.rtp"
    camera = Camera(world)
    camera.send("l", key=True)
    world.plane.record(CAMERA, path)
    for second in range(3):
        for _ in range(30):
            camera.send(*(RIDS if second else ("l",)), key=True)
        world.clock.now_us -= 980_000
        world.pass_seconds(1)
    await world.plane.stop_recording(CAMERA)
    packets = [read_rtp(record.body) for record in recording.read(path)[1]]
    layers = [chr(packet.payload[-1]) for packet in packets]
    assert (layers[0], layers[-1]) == ("l", "h")
    assert [packet.sequence for packet in packets] == list(range(len(packets)))


async def test_the_file_is_there_after_a_second(world: World, tmp_path: Path) -> None:
    path = tmp_path / "camera.rtp"
    alice = world.publisher()
    world.plane.record(CAMERA, path)
    alice.probe.send_rtp(rtp(1, KEY))
    world.pass_seconds(1)
    last = world.plane.recordings[CAMERA].written
    assert last is not None
    last.result(5)
    assert len(list(recording.read(path)[1])) == 1


def test_a_cut_record_is_left_out(tmp_path: Path) -> None:
    whole = struct.pack("!BIQ", 1, 3, 7) + b"abc"
    for cut in range(len(whole)):
        path = tmp_path / "cut.rtp"
        path.write_bytes(recording.MAGIC + b"{}\n" + whole + whole[:cut])
        assert list(recording.read(path)[1]) == [(1, 7, b"abc")]


def test_another_file_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(b"something else")
    with pytest.raises(ValueError, match="not a recording"):
        recording.read(path)


async def test_one_publication_is_recorded_once_and_only_if_it_is_there(world: World, tmp_path: Path) -> None:
    world.publisher()
    world.plane.record(CAMERA, tmp_path / "one.rtp")
    with pytest.raises(RepeatedTrack):
        world.plane.record(CAMERA, tmp_path / "two.rtp")
    with pytest.raises(UnknownTrack):
        world.plane.record(Source("alice", "9"), tmp_path / "two.rtp")
    with pytest.raises(UnknownTrack):
        await world.plane.stop_recording(Source("alice", "9"))


def test_a_connection_that_ends_closes_its_file(world: World, tmp_path: Path) -> None:
    path = tmp_path / "camera.rtp"
    alice = world.publisher()
    world.plane.record(CAMERA, path)
    alice.probe.send_rtp(rtp(1, KEY))
    world.plane.close("alice")
    world.plane.shut_down()
    assert len(list(recording.read(path)[1])) == 1
    assert world.plane.recordings == {}


async def test_a_packet_that_never_comes_makes_the_server_ask_for_a_key_frame(
    world: World, tmp_path: Path
) -> None:
    alice = world.publisher()
    world.plane.record(CAMERA, tmp_path / "camera.rtp")
    alice.probe.send_rtp(rtp(1, KEY))
    world.pass_seconds(1)
    alice.key_frame_requests()
    alice.probe.send_rtp(rtp(2, DELTA))
    alice.probe.send_rtp(rtp(4, DELTA))
    world.pass_seconds(0.3)
    assert alice.key_frame_requests() == 0
    world.pass_seconds(0.7)
    assert alice.key_frame_requests() == 1


async def test_a_track_that_is_unpublished_closes_its_file(world: World, tmp_path: Path) -> None:
    path = tmp_path / "camera.rtp"
    alice = world.publisher()
    world.plane.record(CAMERA, path)
    assert world.plane.recorded() == {CAMERA: path}
    alice.probe.send_rtp(rtp(1, KEY))
    world.plane.unpublish("alice", "0")
    await world.plane.settle_recordings()
    assert (world.plane.recorded(), len(list(recording.read(path)[1]))) == ({}, 1)
