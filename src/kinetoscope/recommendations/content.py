"""How alike two videos are by what is said of them.

`.5 · embedding + .3 · tags + .2 · text + .05 · same author`, over the sum of the weights. Against the
choices of TED's editors: tags alone .165 nDCG@10, text .230, embedding .275, the four together .348
(docs/recommendations.md).
"""

import math
from collections.abc import Mapping, Sequence
from operator import itemgetter

from .models import Candidate, Likeness, Policy, Ranked, Signal


def likeness_of(candidate: Candidate, policy: Policy) -> dict[Signal, float]:
    """Return what each part contributes to the likeness of a candidate; their sum is from 0 to 1."""
    whole = policy.embedding + policy.tags + policy.text + policy.author
    parts: Likeness = candidate.likeness
    return {
        "embedding": policy.embedding * max(0.0, parts.embedding) / whole,
        "tags": policy.tags * parts.tags / whole,
        "text": policy.text * parts.text / whole,
        "author": policy.author * parts.author / whole,
    }


def likeness(candidate: Candidate, policy: Policy) -> float:
    """Return how alike a candidate is, from 0 to 1: the sum of `likeness_of`."""
    parts = candidate.likeness
    whole = policy.embedding + policy.tags + policy.text + policy.author
    total = policy.embedding * max(0.0, parts.embedding) + policy.tags * parts.tags
    return (total + policy.text * parts.text + policy.author * parts.author) / whole


def by_content(candidates: Sequence[Candidate], policy: Policy) -> list[Ranked]:
    """Return those candidates that are alike in anything, the most alike first."""
    ranked = [Ranked(candidate.video_id, likeness_of(candidate, policy)) for candidate in candidates]
    return best_first([item for item in ranked if item.score > 0])


def tag_likeness(mine: Sequence[str], theirs: Sequence[str], rarity: Mapping[str, float]) -> float:
    """Return the cosine of two sets of tags, each tag weighed by its rarity: from 0 to 1."""
    if not mine or not theirs:
        return 0.0
    shared = sum(rarity[tag] ** 2 for tag in set(mine) & set(theirs))
    return shared / (_length(mine, rarity) * _length(theirs, rarity))


def rarity_of(videos: int, with_tag: int) -> float:
    """Return the inverse document frequency of a tag (Spärck Jones 1972), at least the logarithm of two."""
    return math.log(1 + max(videos, with_tag, 1) / max(1, with_tag))


def best_first(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Return recommendations by their score, equals by id: the same everywhere and every time."""
    scored = [(-item.score, item.video_id, item) for item in ranked]
    return [item for _, _, item in sorted(scored, key=itemgetter(0, 1))]


def _length(tags: Sequence[str], rarity: Mapping[str, float]) -> float:
    return math.sqrt(sum(rarity[tag] ** 2 for tag in set(tags)))
