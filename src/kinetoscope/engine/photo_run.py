"""Makes the sizes of a photo in a child process: a hostile file can cost no more than that."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from .models import EngineFailed, Failed, MadePhoto, NotAPhoto, PhotoLimits
from .photo_kinds import describe_no_photo, may_be_photo
from .run import child_environment
from .unreadable import head_of

_OUTCOME = msgspec.json.Decoder(MadePhoto | Failed)
_LAST_WORDS = 1000


async def make_photo(source: Path, out_dir: Path, limits: PhotoLimits) -> MadePhoto:
    """Fill the empty folder `out_dir` with the sizes of a photo; give what is there.

    Raises NotAPhoto when the file is at fault, which one that makes the child crash is, and EngineFailed when
    the child was stopped from outside; `out_dir` then has leftovers for the caller to remove. The child never
    outlives this call.
    """
    head = await asyncio.to_thread(head_of, source)
    if not may_be_photo(head):  # not worth a process
        raise NotAPhoto(describe_no_photo(head))
    command = [sys.executable, "-P", "-m", "kinetoscope.engine.photo_process", str(source), str(out_dir)]
    command += ["--memory-mb", str(limits.memory_mb), "--cpu-seconds", str(limits.cpu_seconds)]
    child = await asyncio.create_subprocess_exec(
        *command,
        "--parent",
        str(os.getpid()),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=child_environment(),
        start_new_session=True,  # Ctrl-C is for the parent to decide on
    )
    clock = asyncio.timeout(limits.wall_seconds)
    try:
        async with clock:
            said, last_words = await child.communicate()
    except TimeoutError as error:
        if not clock.expired():
            raise
        raise NotAPhoto("This photo takes longer to read than is allowed here.") from error
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
    return _conclude(said, child.returncode or 0, last_words)


def _conclude(said: bytes, status: int, last_words: bytes) -> MadePhoto:
    outcome = _OUTCOME.decode(said) if status == 0 else None
    if isinstance(outcome, MadePhoto):
        return outcome
    if outcome is not None:
        raise NotAPhoto(outcome.reason)
    if status == -signal.SIGKILL:  # by a person, or by a kernel that is short of memory
        raise EngineFailed("Reading the photo was stopped from outside.", may_pass_later=True)
    refusal = NotAPhoto("This photo makes the reader fail. Save it anew, or as another kind of file.")
    text = last_words.decode("utf-8", errors="replace").strip()[-_LAST_WORDS:]
    refusal.add_note(f"exit status {status}; its last words: {text or 'none'}")
    raise refusal
