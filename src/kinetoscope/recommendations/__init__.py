"""Recommendations: what to watch next, why, and how lists improve by what people choose from them."""

from .clicking import Clicking, ClickReports
from .counting import Counting
from .impressions import Impressions
from .improving import Improving
from .jobs import duties, handlers, learning_lane, reactions
from .learning import Training
from .lists import Lists
from .service import Recommending
from .sources import Sources

__all__ = [
    "ClickReports",
    "Clicking",
    "Counting",
    "Impressions",
    "Improving",
    "Lists",
    "Recommending",
    "Sources",
    "Training",
    "duties",
    "handlers",
    "learning_lane",
    "reactions",
]
