"""Runs the engine in a child process, so that a hostile file can cost no more than that process."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from .models import EngineFailed, EngineLimits, Failed, Joined, NotAVideo, Processed, Progress, TapeFile

_EVENTS = msgspec.json.Decoder(Progress | Processed | Joined | Failed)
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR")
_LAST_WORDS_BYTES = 4096

Outcome = Processed | Joined
OnProgress = Callable[[Progress], Awaitable[None]]


async def run_engine(source: Path, out_dir: Path, limits: EngineLimits, on_progress: OnProgress) -> Processed:
    """Fill the empty folder `out_dir` from the video `source`; give what is there.

    Raises NotAVideo when the file is at fault, EngineFailed when it is too much for the limits or the child
    crashed; `out_dir` then has leftovers for the caller to remove. The child never outlives this call: it is
    killed on cancellation, on timeout, and by the kernel when this process dies.
    """
    done = await _run(_command(source, out_dir, limits), limits, on_progress)
    assert isinstance(done, Processed)
    return done


async def join_recording(
    tapes: Sequence[TapeFile], target: Path, limits: EngineLimits, on_progress: OnProgress
) -> Joined:
    """Write one file of the tracks of a recording, which `run_engine` takes; raises as that does.

    A file beside `target` tells the child what to do.
    """
    manifest = target.with_suffix(".json")
    await asyncio.to_thread(manifest.write_bytes, msgspec.json.encode(tapes))
    command = [sys.executable, "-P", "-m", "kinetoscope.engine.tapes.process", str(manifest), str(target)]
    done = await _run(command + _limited(limits), limits, on_progress)
    assert isinstance(done, Joined)
    return done


async def _run(command: list[str], limits: EngineLimits, on_progress: OnProgress) -> Outcome:
    child = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=child_environment(),
        start_new_session=True,  # Ctrl-C is for the parent to decide on
    )
    clock = asyncio.timeout(limits.wall_seconds)
    try:
        async with clock:
            return await _follow(child, on_progress)
    except TimeoutError as error:
        if not clock.expired():
            raise
        raise EngineFailed("This video takes longer to process than is allowed here.") from error
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def _command(source: Path, out_dir: Path, limits: EngineLimits) -> list[str]:
    # -P: no module is taken from the working folder
    command = [sys.executable, "-P", "-m", "kinetoscope.engine.process", str(source), str(out_dir)]
    command += ["--threads", str(limits.threads), *_limited(limits)]
    if limits.hls_from_seconds is not None:
        command += ["--hls-from", str(limits.hls_from_seconds)]
    return command


def _limited(limits: EngineLimits) -> list[str]:
    memory, seconds = str(limits.memory_mb), str(limits.cpu_seconds)
    return ["--memory-mb", memory, "--cpu-seconds", seconds, "--parent", str(os.getpid())]


def child_environment() -> dict[str, str]:
    """Give what the child may know: the settings of the server, secrets among them, are not for it."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**kept, "MALLOC_ARENA_MAX": "2"}  # each arena of glibc counts as 64 MB of address space


async def _follow(child: asyncio.subprocess.Process, on_progress: OnProgress) -> Outcome:
    assert child.stdout is not None
    assert child.stderr is not None
    last_words = asyncio.create_task(_tail(child.stderr))
    try:
        outcome: Outcome | Failed | None = None
        async for line in child.stdout:
            event = _EVENTS.decode(line)
            if isinstance(event, Progress):
                await on_progress(event)
            else:
                outcome = event
        status = await child.wait()
        return _conclude(outcome, status, await last_words)
    finally:
        last_words.cancel()


async def _tail(stream: asyncio.StreamReader) -> str:
    kept = b""
    while piece := await stream.read(_LAST_WORDS_BYTES):
        kept = (kept + piece)[-_LAST_WORDS_BYTES:]
    return kept.decode("utf-8", errors="replace").strip()


def _conclude(outcome: Outcome | Failed | None, status: int, last_words: str) -> Outcome:
    if isinstance(outcome, Processed | Joined) and status == 0:
        return outcome
    if isinstance(outcome, Failed):
        if outcome.is_refusal:
            raise NotAVideo(outcome.reason)
        raise EngineFailed(outcome.reason, may_pass_later=outcome.may_pass_later)
    failure = _explain(status)
    failure.add_note(f"exit status {status}; its last words: {last_words or 'none'}")
    raise failure


def _explain(status: int) -> EngineFailed:
    if status == -signal.SIGXCPU:
        return EngineFailed("This video takes more computing time to process than is allowed here.")
    if status == -signal.SIGKILL:  # by a person, or by a kernel that is short of memory
        return EngineFailed("Processing was stopped from outside.", may_pass_later=True)
    return EngineFailed("This video makes the converter fail.")
