"""The demo library: twelve short clips with believable descriptions, rendered on the spot."""

from .catalogue import SAMPLES
from .models import Sample
from .render import draw_moment, render_sample

__all__ = ["SAMPLES", "Sample", "draw_moment", "render_sample"]
