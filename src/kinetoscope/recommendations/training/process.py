"""Running a training in a process of its own, without holding up whoever waits for it."""

import asyncio
import io
import os
import sys

from .exchange import read_trained, write_given
from .models import Factors, Trained, TrainingSet


class TrainingFailed(Exception):  # noqa: N818 - it reads as what it is
    """The process ended before it had sent a model."""


async def train_apart(given: TrainingSet | Factors) -> list[Trained]:
    """Return what a training gives; its memory is gone when this returns."""
    sent = io.BytesIO()
    write_given(sent, given)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __package__ or "",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"OPENBLAS_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // 2))},
    )
    try:
        out, err = await process.communicate(sent.getvalue())
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        raise TrainingFailed(err.decode(errors="replace")[-500:])
    return read_trained(io.BytesIO(out))
