"""Recordings: packets as they came in, late, twice, lost or cut off, and the file that is made of them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from kinetoscope.engine import EngineLimits, NotAVideo, Progress, TapeFile, join_recording, probe, run_engine
from kinetoscope.engine.models import Joined
from kinetoscope.engine.tapes.clock import Clock, look, wall_offset
from kinetoscope.engine.tapes.joining import join_tapes
from kinetoscope.engine.tapes.layout import HEIGHT, WIDTH, boxes, fitted
from kinetoscope.engine.tapes.payloads import join_av1, join_h264, join_vp8, join_vp9
from kinetoscope_sfu.recording import PACKET, read
from support.tapes import BEGUN_US, NTP_AHEAD_US, RATE, Sent, camera, late, microphone, write_tape

CODECS = ["VP8", "VP9", "H264", "AV1"]


def untold(_: float) -> None:
    """Tell nobody how far it is."""


def made(folder: Path, *tapes: TapeFile) -> Path:
    target = folder / "recording.mkv"
    join_tapes(tapes, target, untold)
    return target


def times(path: Path, kind: str) -> list[int]:
    """Return when each frame of a file is shown, in milliseconds."""
    with av.open(str(path)) as file:
        (stream,) = file.streams.get(**{kind: 0})
        return [packet.pts for packet in file.demux(stream) if packet.pts is not None and packet.size]


def shades(path: Path) -> list[int]:
    """Return how light the middle of each decoded picture is."""
    with av.open(str(path)) as file:
        pictures = [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]
    return [int(each[each.shape[0] // 2 - 1, each.shape[1] // 2 - 1]) for each in pictures]


def loudness(path: Path) -> list[float]:
    """Return the loudest sample of each tenth of a second."""
    with av.open(str(path)) as file:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
    return [float(abs(sound[at : at + 4800]).max()) for at in range(0, len(sound) - 4800, 4800)]


@pytest.mark.parametrize("codec", CODECS)
def test_a_camera_and_a_microphone_are_taken_over_as_they_were_sent(tmp_path: Path, codec: str) -> None:
    sent = camera(codec, key_every=100)
    video = write_tape(tmp_path / "v", sent, codec=codec)
    audio = write_tape(tmp_path / "a", microphone(), codec="opus")
    target = made(tmp_path, TapeFile(str(video), "video", "alice"), TapeFile(str(audio), "audio", "alice"))
    found = probe(target)
    assert (found.video_codec, found.audio_codec) == (codec.lower(), "opus")
    assert (found.width, found.height) == (160, 120)
    assert found.duration_seconds == pytest.approx(2, abs=0.1)
    assert times(target, "video") == [number * 1000 // RATE for number in range(2 * RATE)]
    grey = shades(target)
    assert (len(grey), grey[-1] - grey[0]) == (2 * RATE, pytest.approx(98, abs=40))


async def test_the_engine_makes_a_video_with_a_poster_of_it(tmp_path: Path) -> None:
    video = write_tape(tmp_path / "v", camera())
    audio = write_tape(tmp_path / "a", microphone(), codec="opus")
    tapes = [TapeFile(str(video), "video", "alice"), TapeFile(str(audio), "audio", "alice")]

    async def tell(_: Progress) -> None:
        """Tell nobody."""

    joined = await join_recording(tapes, tmp_path / "recording.mkv", EngineLimits(), tell)
    assert joined.seconds == pytest.approx(2, abs=0.1)
    out = tmp_path / "out"
    out.mkdir()
    done = await run_engine(tmp_path / "recording.mkv", out, EngineLimits(), tell)
    assert (done.content_type, done.how) == ("video/webm", "copied")
    assert (out / done.poster).stat().st_size > 0


def test_late_and_repeated_packets_stand_in_their_place(tmp_path: Path) -> None:
    sent = camera(size=(320, 240))
    video = write_tape(tmp_path / "v", late(sent, 5, by=12))
    target = made(tmp_path, TapeFile(str(video), "video", "alice"))
    assert times(target, "video") == [number * 1000 // RATE for number in range(2 * RATE)]


def test_after_a_lost_packet_it_goes_on_with_the_next_key_frame(tmp_path: Path) -> None:
    sent = camera(key_every=10)
    kept = [packet for packet in sent if packet.timestamp != 13 * 90_000 // RATE]
    target = made(tmp_path, TapeFile(str(write_tape(tmp_path / "v", kept)), "video", "alice"))
    lost = {number * 1000 // RATE for number in range(13, 20)}
    assert times(target, "video") == [
        number * 1000 // RATE for number in range(2 * RATE) if number * 1000 // RATE not in lost
    ]


def test_it_begins_with_the_first_key_frame(tmp_path: Path) -> None:
    sent = [packet for packet in camera(key_every=10) if packet.timestamp >= 3 * 90_000 // RATE]
    target = made(tmp_path, TapeFile(str(write_tape(tmp_path / "v", sent)), "video", "alice"))
    assert len(times(target, "video")) == 2 * RATE - 10


def test_what_a_crash_has_cut_off_is_left_out(tmp_path: Path) -> None:
    whole = write_tape(tmp_path / "v", camera(size=(320, 240))).read_bytes()
    for cut in (1, 40, 700):
        (tmp_path / "cut").write_bytes(whole[:-cut])
        target = made(tmp_path, TapeFile(str(tmp_path / "cut"), "video", "alice"))
        assert 2 * RATE - 10 <= len(times(target, "video")) <= 2 * RATE


@pytest.mark.parametrize("reports", [True, False])
def test_picture_and_sound_are_in_step_although_one_came_later(tmp_path: Path, *, reports: bool) -> None:
    video = write_tape(tmp_path / "v", camera(), starts_us=400_000, delay_us=150_000, reports=reports)
    audio = write_tape(tmp_path / "a", microphone(), codec="opus", delay_us=30_000, reports=reports)
    target = made(tmp_path, TapeFile(str(video), "video", "alice"), TapeFile(str(audio), "audio", "alice"))
    shown = times(target, "video")[0] - times(target, "audio")[0]
    assert shown == pytest.approx(400 if reports else 520, abs=2)


def test_a_publishers_lies_about_time_move_nothing_far(tmp_path: Path) -> None:
    sent = camera()
    jumped = [replace(packet, timestamp=packet.timestamp + (1 << 31)) for packet in sent[RATE:]]
    video = write_tape(tmp_path / "v", [*sent[:RATE], *jumped])
    target = made(tmp_path, TapeFile(str(video), "video", "alice"))
    assert times(target, "video")[-1] < 6000


def test_a_clock_that_is_slow_is_followed_by_its_reports(tmp_path: Path) -> None:
    sent = [Sent(n, n * 960, False, b"x", n * 20_020) for n in range(3000)]  # 0.1 % slow
    tape = write_tape(tmp_path / "a", sent, codec="opus", reports=False)
    seen = look(read(tape)[1], 48_000)
    told = tuple((BEGUN_US + NTP_AHEAD_US + n * 20_020, seen.first + n * 960) for n in (0, 2999))
    clock = Clock(seen._replace(reports=told), 48_000, wall_offset(seen._replace(reports=told), 48_000))
    last = BEGUN_US + 2999 * 20_020
    assert clock.at(seen.first + 2999 * 960, last) == pytest.approx(last, abs=2000)


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Joined]:
    """Alice, and Bob who comes after one second, each with a camera and a microphone."""
    folder = tmp_path_factory.mktemp("call")
    tapes = [
        TapeFile(str(write_tape(folder / "v1", camera(seconds=3, light=60))), "video", "alice"),
        TapeFile(str(write_tape(folder / "a1", microphone(1), codec="opus")), "audio", "alice"),
        TapeFile(
            str(write_tape(folder / "v2", camera("VP9", 2, light=230), codec="VP9", starts_us=1_000_000)),
            "video",
            "bob",
        ),
        TapeFile(
            str(write_tape(folder / "a2", microphone(1), codec="opus", starts_us=2_000_000)), "audio", "bob"
        ),
    ]
    target = folder / "recording.mkv"
    return target, join_tapes(tapes, target, untold)


def test_several_cameras_are_one_picture_and_several_microphones_one_sound(call: tuple[Path, Joined]) -> None:
    target, joined = call
    assert joined.seconds == pytest.approx(3, abs=0.1)
    found = probe(target)
    assert (found.width, found.height, found.video_codec, found.audio_codec) == (1280, 720, "h264", "opus")
    loud = loudness(target)
    assert min(loud[1:9]) > 0.2
    assert max(loud[12:19]) < 0.05
    assert min(loud[22:28]) > 0.2


def test_who_comes_later_is_shown_beside(call: tuple[Path, Joined]) -> None:
    with av.open(str(call[0])) as file:
        pictures = [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]
    alone, both = pictures[RATE // 2], pictures[2 * RATE]
    assert abs(alone[300:400, 200:600].mean() - alone[300:400, 680:1080].mean()) < 10
    assert both[300:400, 680:1080].mean() - both[300:400, 100:500].mean() > 80


def test_a_call_without_a_camera_is_a_dark_picture_with_its_sound(tmp_path: Path) -> None:
    audio = write_tape(tmp_path / "a", microphone(1), codec="opus")
    target = made(tmp_path, TapeFile(str(audio), "audio", "alice"))
    assert max(shades(target)) < 40
    assert min(loudness(target)[1:9]) > 0.2


def test_files_that_hold_nothing_are_no_recording(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "other").write_bytes(b"something else\n")
    write_tape(tmp_path / "silent", [])
    (tmp_path / "no head").write_bytes(b"KTRTP1\n[]\n")
    names = ("empty", "other", "silent", "no head")
    tapes = [TapeFile(str(tmp_path / name), "video", "alice") for name in names]
    with pytest.raises(NotAVideo, match="Nothing was sent"):
        made(tmp_path, *tapes)


@pytest.mark.parametrize("join", [join_vp8, join_vp9, join_h264, join_av1])
def test_no_payload_makes_more_than_a_refusal(join: object) -> None:
    assert callable(join)
    noise = np.random.default_rng(7)
    for size in range(60):
        payloads: Sequence[bytes] = [noise.bytes(size), noise.bytes(size // 2)]
        try:
            join(payloads)
        except (IndexError, ValueError):
            continue


def test_a_hostile_tape_costs_nothing_but_itself(tmp_path: Path) -> None:
    noise = np.random.default_rng(3)
    numbers = noise.integers(1 << 16, size=(3000, 2)).tolist()
    sent = [
        Sent(sequence, timestamp << 16, bool(n % 3), noise.bytes(n % 90), n * 1000)
        for n, (sequence, timestamp) in enumerate(numbers)
    ]
    good = TapeFile(str(write_tape(tmp_path / "a", microphone(1), codec="opus")), "audio", "alice")
    for codec in CODECS:
        bad = TapeFile(str(write_tape(tmp_path / codec, sent, codec=codec)), "video", "mallory")
        joined = join_tapes([good, bad], tmp_path / "recording.mkv", untold)
        assert 3 <= joined.seconds < 7
    assert sum(record.kind == PACKET for record in read(Path(good.path))[1]) == 50


def test_a_picture_without_an_end_is_given_up(tmp_path: Path) -> None:
    (key, *_) = camera(seconds=0.1)
    endless = [replace(key, sequence=n, marker=False) for n in range(9000)]
    after = [replace(packet, sequence=9000 + n, timestamp=99_000) for n, packet in enumerate([key])]
    video = write_tape(tmp_path / "v", [*endless, *after])
    audio = write_tape(tmp_path / "a", microphone(1), codec="opus")
    target = made(tmp_path, TapeFile(str(video), "video", "mallory"), TapeFile(str(audio), "audio", "alice"))
    assert times(target, "audio")


def test_pictures_lie_in_a_grid_and_a_screen_takes_most_of_it() -> None:
    assert boxes([]) == []
    assert boxes([False]) == [(0, 0, WIDTH, HEIGHT)]
    assert boxes([False, False]) == [(0, 0, 640, 720), (640, 0, 640, 720)]
    assert [box[:2] for box in boxes([False] * 4)] == [(0, 0), (640, 0), (0, 360), (640, 360)]
    assert boxes([True]) == [(0, 0, WIDTH, HEIGHT)]
    assert boxes([False, True]) == [(960, 0, 320, 180), (0, 0, 960, 720)]
    for count in range(1, 17):
        for box in boxes([False] * count):
            assert box.left + box.width <= WIDTH
            assert box.top + box.height <= HEIGHT
    assert fitted(160, 90, boxes([False, False])[1]) == (640, 180, 640, 360)
