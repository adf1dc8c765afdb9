"""Reading a query: words, "phrases in quotes", and -words that must not be there."""

import re
from collections.abc import Mapping

from .models import Question
from .words import words_of

_PART = re.compile(r'(?P<minus>(?:(?<=\s)|^)-)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_MOST_WORDS = 64


def read_question(text: str) -> Question:
    """Return what a query asks for. Whatever was typed is a query: nothing in it is an error."""
    wanted: list[str] = []
    phrases: list[tuple[str, ...]] = []
    excluded: list[tuple[str, ...]] = []
    spoken: list[str] = []
    for part in _PART.finditer(text.translate(_QUOTES)):
        written = part["phrase"] if part["phrase"] is not None else part["word"]
        words = tuple(words_of(written))
        if not words:
            continue
        if part["minus"]:
            excluded.append(words)
            continue
        spoken.append(written)
        wanted += words
        if part["phrase"] is not None and len(words) > 1:
            phrases.append(words)
    if not wanted and excluded:  # nothing but exclusions: then they are meant as words
        return Question(text.strip(), tuple(word for words in excluded for word in words)[:_MOST_WORDS])
    return Question(
        " ".join(spoken).strip() or text.strip(), tuple(wanted[:_MOST_WORDS]), tuple(phrases), tuple(excluded)
    )


def without_phrases(question: Question) -> Question:
    """Return the same query with its phrases taken as words."""
    return Question(question.text, question.words, (), question.excluded)


def corrected(question: Question, corrections: Mapping[str, str]) -> Question:
    """Return a query with some of its words replaced."""

    def repaired(match: "re.Match[str]") -> str:
        return corrections.get("".join(words_of(match[0])), match[0])

    return Question(
        re.sub(r"[^\W_]+", repaired, question.text),
        tuple(corrections.get(word, word) for word in question.words),
        tuple(tuple(corrections.get(word, word) for word in phrase) for phrase in question.phrases),
        question.excluded,
    )
