"""Runs the engine in a child process, so that a hostile file can cost no more than that process."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from .models import EngineFailed, EngineLimits, Failed, NotAVideo, Processed, Progress

_EVENTS = msgspec.json.Decoder(Progress | Processed | Failed)
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR")
_LAST_WORDS_BYTES = 4096

OnProgress = Callable[[Progress], Awaitable[None]]


async def run_engine(source: Path, out_dir: Path, limits: EngineLimits, on_progress: OnProgress) -> Processed:
    """Fill the empty folder `out_dir` from the video `source`; give what is there.

    Raises NotAVideo when the file is at fault, EngineFailed when it is too much for the limits or the child
    crashed; `out_dir` then has leftovers for the caller to remove. The child never outlives this call: it is
    killed on cancellation, on timeout, and by the kernel when this process dies.
    """
    child = await asyncio.create_subprocess_exec(
        *_command(source, out_dir, limits),
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
    command += ["--threads", str(limits.threads), "--memory-mb", str(limits.memory_mb)]
    command += ["--cpu-seconds", str(limits.cpu_seconds), "--parent", str(os.getpid())]
    if limits.hls_from_seconds is not None:
        command += ["--hls-from", str(limits.hls_from_seconds)]
    return command


def child_environment() -> dict[str, str]:
    """Give what the child may know: the settings of the server, secrets among them, are not for it."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**kept, "MALLOC_ARENA_MAX": "2"}  # each arena of glibc counts as 64 MB of address space


async def _follow(child: asyncio.subprocess.Process, on_progress: OnProgress) -> Processed:
    assert child.stdout is not None
    assert child.stderr is not None
    last_words = asyncio.create_task(_tail(child.stderr))
    try:
        outcome: Processed | Failed | None = None
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


def _conclude(outcome: Processed | Failed | None, status: int, last_words: str) -> Processed:
    if isinstance(outcome, Processed) and status == 0:
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
