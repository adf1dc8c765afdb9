"""The nouns of the sample library."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PIL import Image

Paint = Callable[[float], Image.Image]
"""Gives the picture at a share (0 to 1) of the clip, at the size of the video or twice that."""

Scene = Callable[[str], Paint]
"""Prepares what does not move, with a headline on it, and gives the painter of the rest."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A clip of the demo library: what is told of it, and what it shows and plays.

    `melody` is in semitones from A4, one note each half second, repeated to the end.
    """

    title: str
    description: str
    tags: tuple[str, ...]
    tech_stack: tuple[str, ...]
    video_type: Literal["tutorial", "webinar", "demo", "other"]
    headline: str
    scene: Scene
    melody: tuple[int, ...]
    seconds: float = 6.0
    container: Literal["mp4", "webm"] = "mp4"
