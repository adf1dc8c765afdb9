"""Reasons in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from .list_store import Title
from .models import Ranked, Signal

_SENTENCES: dict[Signal, str] = {
    "embedding": "About similar things",
    "text": "Its title and description use the same words",
    "co_watch": "People who watched this also watched it",
    "co_watch_alike": "People who watched similar videos also watched it",
    "popularity": "Watched by many people",
    "freshness": "New",
    "history": "Fits what you have watched",
    "watched": "You have watched it already",
    "clicks": "Moved by how often people chose it here",
    "diversity": "Moved so that nearly equal videos stand apart",
    "exploration": "Changed places with its neighbour, to learn how lists are read",
}
_MOST_TAGS = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """What one signal contributed to a score, and that in words."""

    signal: Signal
    contribution: float
    text: str


def reasons_for(item: Ranked, shown: Title, tags: frozenset[str]) -> list[Reason]:
    """Return why an item is recommended, the weightiest first; their contributions sum to its score."""
    found: list[Reason] = []
    for signal, value in item.contributions.items():
        contribution = round(value, 6)
        if contribution:
            found.append(Reason(signal, contribution, _words(signal, shown, tags)))
    return sorted(found, key=lambda reason: (-abs(reason.contribution), reason.signal))


def score_of(reasons: Sequence[Reason]) -> float:
    """Return the sum of what reasons contribute, from 0 to 1."""
    return min(1.0, max(0.0, round(sum(reason.contribution for reason in reasons), 6)))


def _words(signal: Signal, shown: Title, tags: frozenset[str]) -> str:
    if signal == "author":
        return f"Also by {shown.author}"
    if signal == "tags":
        shared = ", ".join(sorted(shown.tags & tags)[:_MOST_TAGS])
        return f"Has the same tags: {shared}" if shared else "Has similar tags"
    return _SENTENCES[signal]
