"""Which word was meant: the nearest one that the project's own texts hold."""

from collections.abc import Iterable

_SHORT, _LONG = 4, 6
_CLOSE_ENOUGH = 2


def may_be_misspelled(word: str) -> bool:
    """Whether it makes sense to correct a word: it is long enough, and no number."""
    return len(word) >= _SHORT - 1 and not any(map(str.isdigit, word))


def best_correction(word: str, candidates: Iterable[tuple[str, int]]) -> str | None:
    """Return the word that was most likely meant, of candidates with how many texts hold each; None if none.

    The fewest changes count first, then the same first letter, then how common a word is.
    """
    most = 1 if len(word) < _LONG - 1 else _CLOSE_ENOUGH
    ranked = [
        (distance, candidate[:1] != word[:1], -documents, candidate)
        for candidate, documents in candidates
        if candidate != word and (distance := changes_between(word, candidate, most=most)) <= most
    ]
    return min(ranked)[3] if ranked else None


def changes_between(left: str, right: str, *, most: int) -> int:
    """Return how many letters were added, left out, replaced or swapped (optimal string alignment).

    More than `most` are not counted further.
    """
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(right) + 1))
    for row, sign in enumerate(left, 1):
        line = [row]
        for column, other in enumerate(right, 1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (sign != other))
            if row > 1 and column > 1 and sign == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        if min(line) > most:
            return most + 1
        before, last = last, line
    return last[-1]
