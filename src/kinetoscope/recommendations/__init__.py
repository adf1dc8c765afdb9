"""Recommendations: what to watch next, why, and how lists improve by what people choose from them."""

from .clicking import Clicking, ClickReports
from .counting import Counting
from .exporting import Exporting
from .impressions import Impressions
from .improving import Improving, PolicyUnknown
from .jobs import duties, handlers, learning_lane, reactions
from .learning import Training
from .lists import Lists
from .policy_store import PolicyRecord, Trial, difference_of, share_of
from .service import Recommending
from .sources import Sources

__all__ = [
    "ClickReports",
    "Clicking",
    "Counting",
    "Exporting",
    "Impressions",
    "Improving",
    "Lists",
    "PolicyRecord",
    "PolicyUnknown",
    "Recommending",
    "Sources",
    "Training",
    "Trial",
    "difference_of",
    "duties",
    "handlers",
    "learning_lane",
    "reactions",
    "share_of",
]
