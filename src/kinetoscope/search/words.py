"""Words of any script: what text is cut into, for the index and for queries alike."""

import re
import unicodedata

_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff"
)
_WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
# Scripts without spaces: Chinese, Japanese. A text of theirs is cut into pairs of neighbouring signs.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_LATIN_MARKS = re.compile(r"[\u0300-\u036f]")
_LONGEST = 64


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared: lower case, without accents, in their order."""
    found: list[str] = []
    for match in _WORD.finditer(_folded(text)):
        word = match[0]
        begin = 0
        for run in _UNSPACED.finditer(word):
            _add(found, word[begin : run.start()])
            found += _pairs(run[0])
            begin = run.end()
        _add(found, word[begin:])
    return found


def word_spans(text: str) -> list[tuple[str, int, int]]:
    """Return each word of a text with where it stands; unspaced scripts as whole runs."""
    return [(_folded(match[0]), match.start(), match.end()) for match in _WORD.finditer(text)]


def is_unspaced(text: str) -> bool:
    """Whether a text holds a script that is written without spaces."""
    return _UNSPACED.search(text) is not None


def _add(found: list[str], word: str) -> None:
    if word:
        found.append(word[:_LONGEST])


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    plain = _LATIN_MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return unicodedata.normalize("NFC", plain)
