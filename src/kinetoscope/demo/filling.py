"""Makes the sample library complete: renders, uploads, and waits until all of it plays."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ..media.samples import Sample, render_sample
from .account import DemoAccount
from .annotations import ANNOTATIONS
from .client import DemoClient, FillingFailed
from .extras import add_extras
from .progress import Progress

__all__ = ["FillingFailed", "fill"]

_LOOK_SECONDS = 0.3


def fill(client: DemoClient, account: DemoAccount, progress: Progress, samples: Sequence[Sample]) -> None:
    """Add what is missing of the samples; nothing when it was complete before.

    A sample is known by its title, so a demo that was killed in the middle goes on where it was.
    """
    if account.is_filled:
        return
    with progress:
        progress.show_total(len(samples))
        _add_missing(client, progress, samples)
        while (ready := _ready(client, samples)) < len(samples):
            progress.show_ready(ready)
            time.sleep(_LOOK_SECONDS)
        progress.show_ready(ready)
        titles = {sample.title for sample in samples}
        add_extras(client, [video for video in client.own_videos() if video["title"] in titles], samples)
    account.is_filled = True
    account.save()


def _add_missing(client: DemoClient, progress: Progress, samples: Sequence[Sample]) -> None:
    present = {video["title"]: video for video in client.own_videos()}
    with tempfile.TemporaryDirectory(prefix="kinetoscope-demo-") as folder:
        for number, sample in enumerate(samples):
            video = present.get(sample.title)
            if video is None or video["status"] not in {"processing", "ready"}:
                progress.show_sent(number, sample.title)
                if video is not None:  # of a demo that was killed
                    client.delete_video(video["id"])
                _add(client, sample, Path(folder))
                progress.show_ready(_ready(client, samples))
    progress.show_sent(len(samples), "")


def _add(client: DemoClient, sample: Sample, folder: Path) -> None:
    file = folder / f"clip.{sample.container}"
    render_sample(sample, file)
    video_id = client.create_video(
        {
            "title": sample.title,
            "description": sample.description,
            "tags": list(sample.tags),
            "tech_stack": list(sample.tech_stack),
            "video_type": sample.video_type,
        }
    )
    for annotation in ANNOTATIONS.get(sample.title, ()):
        client.annotate(video_id, annotation)
    client.upload(video_id, file)


def _ready(client: DemoClient, samples: Sequence[Sample]) -> int:
    titles = {sample.title for sample in samples}
    videos = [video for video in client.own_videos() if video["title"] in titles]
    for video in videos:
        if video["status"] == "failed":
            raise FillingFailed(f"“{video['title']}” could not be processed: {video['status_detail']}")
    return sum(video["status"] == "ready" for video in videos)
