"""Measures of rankings: nDCG@10 (Järvelin and Kekäläinen 2002), Recall@10, mean reciprocal rank."""

import math
import random
import string
from collections.abc import Collection, Sequence
from dataclasses import dataclass

DEPTH = 10
_RESAMPLES = 2000


@dataclass(frozen=True)
class Judged:
    """A query with what is relevant to it."""

    query: str
    relevant: frozenset[str]


@dataclass(frozen=True)
class Metrics:
    """Means over all queries; `interval` is the 95 % bootstrap interval of nDCG@10."""

    ndcg: float
    recall: float
    mrr: float
    interval: tuple[float, float]
    gains: Sequence[float]


def measured(ranked: Sequence[Sequence[str]], judged: Sequence[Judged]) -> Metrics:
    """Return how good rankings are, one for each query."""
    pairs = list(zip(ranked, (one.relevant for one in judged), strict=True))
    gains = [_ndcg(*pair) for pair in pairs]
    return Metrics(
        _mean(gains),
        _mean([len(relevant & set(found[:DEPTH])) / min(DEPTH, len(relevant)) for found, relevant in pairs]),
        _mean([_reciprocal(*pair) for pair in pairs]),
        _interval(gains),
        gains,
    )


def gain_over(better: Metrics, other: Metrics) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean difference in nDCG@10 of the same queries."""
    return _interval([mine - its for mine, its in zip(better.gains, other.gains, strict=True)])


def typo_in(text: str, rng: random.Random) -> str:
    """Return a text with one letter of its longest word replaced, left out, doubled or swapped."""
    words = text.split()
    place = max(range(len(words)), key=lambda n: len(words[n]))
    word = words[place]
    if len(word) < 4:
        return text
    at = rng.randrange(1, len(word) - 1)
    words[place] = rng.choice(
        (
            word[:at] + rng.choice(string.ascii_lowercase) + word[at + 1 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        )
    )
    return " ".join(words)


def _ndcg(found: Sequence[str], relevant: Collection[str]) -> float:
    gain = sum(1 / math.log2(rank + 1) for rank, one in enumerate(found[:DEPTH], 1) if one in relevant)
    return gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(DEPTH, len(relevant)) + 1))


def _reciprocal(found: Sequence[str], relevant: Collection[str]) -> float:
    return next((1 / rank for rank, one in enumerate(found, 1) if one in relevant), 0.0)


def _interval(values: Sequence[float]) -> tuple[float, float]:
    rng = random.Random(1)
    means = sorted(_mean(rng.choices(values, k=len(values))) for _ in range(_RESAMPLES))
    return means[int(0.025 * _RESAMPLES)], means[int(0.975 * _RESAMPLES)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
