"""What people would have added to the sample library by now: likes, a thread of comments, an album."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..media.samples import Sample, draw_moment
from .client import DemoClient

ALBUM = "Moments of the samples"
_LIKED = 4
_PHOTOGRAPHED = 2


def add_extras(client: DemoClient, videos: Sequence[Mapping[str, Any]], samples: Sequence[Sample]) -> None:
    """Add them, unless they are there; begun anew after a kill, it goes on where it was."""
    for video in videos[:_LIKED]:
        client.like(video["id"])
    if not any(video["comment_count"] for video in videos):
        _talk(client, videos[0]["id"])
    if ALBUM not in client.album_titles():
        _make_album(client, videos, samples)


def _talk(client: DemoClient, video_id: str) -> None:
    question = client.comment(video_id, "How was this part made?", timestamp=1.0)
    client.comment(video_id, "It was drawn on the spot, picture by picture.", parent_id=question)
    client.comment(video_id, "I could watch this all day.")


def _make_album(client: DemoClient, videos: Sequence[Mapping[str, Any]], samples: Sequence[Sample]) -> None:
    items = [
        ("photo", client.upload_photo(draw_moment(sample, 0.4)), f"A moment of “{sample.title}”")
        for sample in samples[:_PHOTOGRAPHED]
    ]
    items += [("video", str(video["id"]), str(video["title"])) for video in videos[:_PHOTOGRAPHED]]
    fields = {"title": ALBUM, "description": "Photos and videos in one album.", "visibility": "public"}
    client.create_album(fields, items)
