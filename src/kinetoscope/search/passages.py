"""What of a video's text is embedded: its title, its description in passages, its tags.

A model reads the beginning of a long text, and addresses, hashtags and repetitions drown the rest: so
descriptions are cleaned, and cut into passages of 40 to 60 words, of which the best counts.
"""

import re

from .models import Document, Field

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+", re.IGNORECASE)
_HASHTAG = re.compile(r"(?:^|(?<=\s))#\w+")
_SPACE = re.compile(r"\s+")
_SENTENCE = re.compile("(?<=[.!?\u3002\uff01\uff1f\u2026])\\s*|\\n+")
_FULL, _LONGEST = 40, 60
_MOST_PASSAGES = 12
_SIGNS_A_WORD = 3
"""How many signs of a script without spaces count as a word."""


def passages_of(document: Document) -> dict[Field, list[str]]:
    """Return the texts of each field that has any."""
    found: dict[Field, list[str]] = {"title": [document.title]}
    if parts := description_passages(document.description):
        found["description"] = parts
    if document.tags:
        found["tags"] = [", ".join(document.tags)]
    return found


def description_passages(description: str) -> list[str]:
    """Return a description without its noise, in passages of some 40 to 60 words."""
    passages: list[str] = []
    words: list[str] = []
    for sentence in _sentences(description):
        for piece in _pieces(sentence):
            if words and len(words) + len(piece) > _LONGEST:
                passages.append(" ".join(words))
                words = []
            words += piece
            if len(words) >= _FULL:
                passages.append(" ".join(words))
                words = []
    if words:
        passages.append(" ".join(words))
    return passages[:_MOST_PASSAGES]


def _sentences(text: str) -> list[str]:
    plain = _HASHTAG.sub(" ", _ADDRESS.sub(" ", text))
    cleaned = (_SPACE.sub(" ", sentence).strip(" -–—|•*:=_~>#") for sentence in _SENTENCE.split(plain))
    return list(dict.fromkeys(sentence for sentence in cleaned if any(map(str.isalnum, sentence))))


def _pieces(sentence: str) -> list[list[str]]:
    words = [part for word in sentence.split() for part in _parts(word)]
    return [words[start : start + _LONGEST] for start in range(0, len(words), _LONGEST)]


def _parts(word: str) -> list[str]:
    """Cut what is too long to be one word: text without spaces."""
    longest = _SIGNS_A_WORD * 20
    return [word[start : start + longest] for start in range(0, len(word), longest)]
