"""The score of a document for a query, from what its fields and its words are worth.

`score = sem + 0.25 · text / best text`, held to 0–1. `sem` is the mean of the fields' cosines, weighted 50,
30 and 20 % over the fields that a document has: one without tags can win too. Fixed weights hold from one
library to another, learned ones do not (docs/search.md).
"""

import math
from collections.abc import Mapping, Sequence

from .models import FIELD_WEIGHTS, Field, Scored, Stem

TEXT_WEIGHT = 0.25
MATCHES_FROM = 0.28
"""From which similarity on a document is a match though it holds none of the words."""

OTHER_LANGUAGE_WEIGHT = 0.9
"""How much the multilingual model counts where the query or the text is not English."""

_CANDIDATES = 1000

Cosines = Mapping[Field, float]


def worth_of(documents: int, held_by: int) -> float:
    """Return the inverse document frequency of a stem, as BM25 has it (Robertson and Zaragoza 2009)."""
    return math.log(1 + (documents - held_by + 0.5) / (held_by + 0.5))


def similarity(cosines: Cosines) -> float:
    """Return the weighted mean of the cosines of those fields that a document has."""
    total = sum(FIELD_WEIGHTS[field] for field in cosines)
    return sum(FIELD_WEIGHTS[field] * cosine for field, cosine in cosines.items()) / total if total else 0.0


def blended(main: float | None, multilingual: float | None) -> float:
    """Return the similarity in another language than English, from both models; one may be missing."""
    if multilingual is None:
        return main or 0.0
    if main is None:
        return multilingual
    return OTHER_LANGUAGE_WEIGHT * multilingual + (1 - OTHER_LANGUAGE_WEIGHT) * main


def fused(
    semantic: Mapping[int, float],
    text: Mapping[int, float],
    *,
    coverage: float,
    fields: Mapping[int, Cosines],
    matches_from: float = MATCHES_FROM,
) -> list[Scored]:
    """Return all matches, best first; equals in the order of their ids.

    A match holds a word of the query, or is similar enough. `coverage` is the share of the
    query's words that anything holds: words in a language that nothing is written in say little.
    """
    best = max(text.values(), default=0.0)
    ranked: list[Scored] = []
    for document in semantic.keys() | text.keys():
        near = min(1.0, max(0.0, semantic.get(document, 0.0)))
        words = text.get(document, 0.0)
        if words <= 0 and near < matches_from:
            continue
        share = TEXT_WEIGHT * coverage * words / best if best > 0 else 0.0
        ranked.append(Scored(document, near, min(share, 1.0 - near), fields.get(document, {})))
    return sorted(ranked, key=lambda scored: (-scored.score, scored.document_id))


def by_words_alone(text: Mapping[int, float]) -> list[Scored]:
    """Return all that hold a word of the query, best first: what remains when there are no vectors."""
    best = max(text.values(), default=0.0)
    ranked = [Scored(document, 0.0, value / best) for document, value in text.items() if value > 0]
    return sorted(ranked, key=lambda scored: (-scored.score, scored.document_id))


def essential(stems: Sequence[Stem], *, most: int = _CANDIDATES) -> list[Stem]:
    """Return the rarest stems, as long as they are in no more than `most` documents together; at least one.

    Only documents that hold one of them become candidates. The common ones still count in their scores: a
    document that has nothing but the commonest word of a long query is not what was meant.
    """
    chosen: list[Stem] = []
    held_by = 0
    for stem in sorted(stems, key=lambda stem: stem.documents):
        held_by += stem.documents
        if chosen and held_by > most:
            break
        chosen.append(stem)
    return chosen
