"""The child process: what it tells, and that it never costs more than it may."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from kinetoscope.engine import EngineFailed, EngineLimits, NotAVideo, Progress, run_engine
from support.clips import make_clip


async def _ignore(_: Progress) -> None:
    """Tell nobody."""


def _out(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    out.mkdir()
    return out


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A source that never gives a byte: opening it waits for a writer who does not come."""
    pipe = tmp_path / "endless"
    os.mkfifo(pipe)
    return pipe


async def test_everything_is_made_of_a_video(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "clip", container="avi", video_codec="mpeg4", audio_codec="libmp3lame")
    out = _out(tmp_path)
    told: list[Progress] = []

    async def tell(progress: Progress) -> None:
        told.append(progress)

    made = await run_engine(source, out, EngineLimits(hls_from_seconds=1), tell)
    assert (made.main, made.content_type, made.how) == ("video.mp4", "video/mp4", "transcoded")
    assert (made.source.container, made.result.container) == ("avi", "mp4")
    assert made.hls == "hls/index.m3u8"
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {made.main, made.poster, made.storyboard, made.storyboard_track, made.hls} <= files
    assert made.total_bytes == sum((out / name).stat().st_size for name in files)
    assert [progress.stage for progress in told][:2] == ["checking", "transcoding"]
    assert all(0 <= progress.percent <= 100 for progress in told)


async def test_short_videos_and_webm_get_no_hls(tmp_path: Path) -> None:
    short = make_clip(tmp_path / "clip")
    assert (await run_engine(short, _out(tmp_path), EngineLimits(), _ignore)).hls is None
    webm = make_clip(tmp_path / "webm", container="webm", video_codec="libvpx", audio_codec=None)
    (tmp_path / "second").mkdir()
    made = await run_engine(webm, tmp_path / "second", EngineLimits(hls_from_seconds=0), _ignore)
    assert (made.hls, made.content_type, made.how) == (None, "video/webm", "as it is")


async def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "notes.mp4"
    source.write_text("Milk, bread, apples.")
    with pytest.raises(NotAVideo, match="text file"):
        await run_engine(source, _out(tmp_path), EngineLimits(), _ignore)


async def test_the_settings_of_the_server_are_not_told_to_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endless: Path
) -> None:
    monkeypatch.setenv("KINETOSCOPE_DATABASE_URL", "postgresql://secret")
    seen: dict[str, str] = {}

    async def look(_: Progress) -> None:
        (child,) = _engines()
        seen.update(child.environ())

    with pytest.raises(EngineFailed):
        await run_engine(endless, _out(tmp_path), EngineLimits(wall_seconds=2), look)
    assert "PATH" in seen
    assert not [name for name in seen if name.startswith("KINETOSCOPE")]


async def test_a_child_that_takes_too_long_is_killed(tmp_path: Path, endless: Path) -> None:
    with pytest.raises(EngineFailed, match="longer"):
        await run_engine(endless, _out(tmp_path), EngineLimits(wall_seconds=0.3), _ignore)
    assert _engines() == []


async def test_a_cancelled_call_kills_the_child(tmp_path: Path, endless: Path) -> None:
    started = asyncio.Event()

    async def tell(_: Progress) -> None:
        started.set()

    task = asyncio.create_task(run_engine(endless, _out(tmp_path), EngineLimits(), tell))
    await started.wait()
    assert len(_engines()) == 1
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert _engines() == []


async def test_a_failing_listener_kills_the_child(tmp_path: Path, endless: Path) -> None:
    async def fail(_: Progress) -> None:
        raise ConnectionError("the database is gone")

    with pytest.raises(ConnectionError):
        await run_engine(endless, _out(tmp_path), EngineLimits(), fail)
    assert _engines() == []


async def test_a_child_that_is_killed_may_be_tried_again(tmp_path: Path, endless: Path) -> None:
    async def kill(_: Progress) -> None:
        for child in _engines():
            child.kill()

    with pytest.raises(EngineFailed) as failure:
        await run_engine(endless, _out(tmp_path), EngineLimits(), kill)
    assert failure.value.may_pass_later


async def test_more_computing_time_than_allowed_is_refused(tmp_path: Path) -> None:
    source = make_clip(
        tmp_path / "clip", container="matroska", video_codec="mpeg4", size=(2560, 1440), seconds=4
    )
    with pytest.raises(EngineFailed, match="computing time") as failure:
        await run_engine(source, _out(tmp_path), EngineLimits(cpu_seconds=1), _ignore)
    assert not failure.value.may_pass_later


async def test_more_memory_than_allowed_is_refused(tmp_path: Path) -> None:
    source = make_clip(
        tmp_path / "clip",
        container="matroska",
        video_codec="mpeg4",
        size=(4096, 4096),
        seconds=0.5,
        audio_codec=None,
    )
    with pytest.raises(EngineFailed, match="memory"):
        await run_engine(source, _out(tmp_path), EngineLimits(memory_mb=220), _ignore)


_PARENT = """
import asyncio, sys
from pathlib import Path
from kinetoscope.engine import EngineLimits, run_engine

async def tell(progress):
    print(progress.stage, flush=True)

asyncio.run(run_engine(Path(sys.argv[1]), Path(sys.argv[2]), EngineLimits(), tell))
"""


def test_the_child_of_a_killed_worker_does_not_live_on(tmp_path: Path, endless: Path) -> None:
    command = [sys.executable, "-c", _PARENT, str(endless), str(_out(tmp_path))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "checking\n"
        (child,) = psutil.Process(parent.pid).children()
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        gone, alive = psutil.wait_procs([child], timeout=10)
    assert (gone, alive) == ([child], [])


def test_the_child_runs_at_low_priority(tmp_path: Path, endless: Path) -> None:
    command = [sys.executable, "-m", "kinetoscope.engine.process", str(endless), str(_out(tmp_path))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert psutil.Process(child.pid).nice() >= 10
        child.kill()


def _engines() -> list[psutil.Process]:
    """Return our children that run the engine; this process has others, the database among them."""
    return [child for child in psutil.Process().children() if _is_engine(child)]


def _is_engine(process: psutil.Process) -> bool:
    try:
        return "kinetoscope.engine.process" in process.cmdline()
    except psutil.Error:
        return False
