"""HTML that cannot be forgotten to escape: what is not Html is text."""

import html
import json
import re
from collections.abc import Iterable


class Html(str):
    """Markup that is ready to be put on a page."""

    __slots__ = ()

    def join_text(self, parts: Iterable[str]) -> "Html":
        """Return parts with this markup between them."""
        return Html(self.join(html.escape(part) for part in parts))


def element(name: str, *content: str, **attributes: str) -> Html:
    """Return an element around its content; text in it, and its attributes, are escaped.

    An attribute's name may end in `_` (`class_`) and has `-` for `_`; an empty one is only named.
    """
    return Html(f"<{name}{''.join(map(_attribute, attributes.items()))}>{joined(content)}</{name}>")


def joined(parts: Iterable[str]) -> Html:
    """Return parts one after the other; those that are text are escaped."""
    return Html("".join(part if isinstance(part, Html) else html.escape(part) for part in parts))


def inline(text: str) -> Html:
    """Return a sentence whose words in backticks are code."""
    pieces = re.split(r"`([^`]+)`", text)
    return joined(element("code", piece) if n % 2 else piece for n, piece in enumerate(pieces))


def breakable(name: str) -> Html:
    """Return a long name that a narrow column may break after its dots and underscores."""
    return Html("<wbr>").join_text(re.split(r"(?<=[._])(?=\w)", name))


def paragraphs(text: str) -> Html:
    """Return text whose paragraphs are parted by empty lines."""
    return joined(element("p", inline(part.strip())) for part in re.split(r"\n\s*\n", text) if part.strip())


def readable_json(value: object) -> str:
    """Return indented JSON in which a list of plain values stays on one line."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    # Strings hold no bare line breaks, so an opening bracket before one is never inside a string.
    return re.sub(r"\[\n\s*([^\[\]{}]*?)\n\s*\]", lambda found: f"[{_one_line(found[1])}]", text)


def _one_line(text: str) -> str:
    return re.sub(r"\n\s*", " ", text)


def _attribute(pair: tuple[str, str]) -> str:
    name = pair[0].rstrip("_").replace("_", "-")
    return f' {name}="{html.escape(pair[1])}"' if pair[1] else f" {name}"
