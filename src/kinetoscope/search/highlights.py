"""Where a result holds the words of the query: a piece of its text, made safe, with the words marked."""

import html
from collections.abc import Collection

from .words import is_unspaced, word_spans, words_of

_LONGEST = 240
_BEFORE = 60


def highlight(text: str, stems: Collection[str], prefixes: Collection[str]) -> str | None:
    """Return a piece of a text as HTML in which only `<mark>` is markup; None if nothing is to be marked.

    `stems` are what a word of the text must begin with, or be, to be marked; `prefixes` are words of the
    query as they were written.
    """
    spans = [(start, end) for word, start, end in word_spans(text) if _is_meant(word, stems, prefixes)]
    if not spans:
        return None
    begin = max(0, spans[0][0] - _BEFORE)
    begin = text.find(" ", begin) + 1 if begin else 0
    begin = min(begin, spans[0][0])
    end = min(len(text), begin + _LONGEST)
    pieces = ["…"] if begin else []
    place = begin
    for start, stop in spans:
        if stop <= end:
            pieces += [html.escape(text[place:start]), "<mark>", html.escape(text[start:stop]), "</mark>"]
            place = stop
    pieces += [html.escape(text[place:end])] + (["…"] if end < len(text) else [])
    return "".join(pieces)


def _is_meant(word: str, stems: Collection[str], written: Collection[str]) -> bool:
    if word in written:
        return True
    if is_unspaced(word):
        return any(pair in written for pair in words_of(word))
    return any(len(stem) > 2 and word.startswith(stem) and len(word) - len(stem) <= 4 for stem in stems)  # noqa: PLR2004 - an ending
