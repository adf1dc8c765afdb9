"""Session descriptions (RFC 8866) as values: a strict, bounded reader and the writer's last step. Pure.

Only the structure is read here. What a section offers, in codecs and the like, is read by `offered`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from .refusals import InvalidSessionDescription

MOST_CHARACTERS = 512 * 1024
MOST_SECTIONS = 256
MOST_LINES = 1024  # of one section; Chromium's longest has about 200
MOST_LINE_CHARACTERS = 2048
MOST_FORMATS = 128
MOST_PORT = 65535

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

_DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")
_TOKEN = re.compile(r"[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One `a=` line; a flag has no value."""

    name: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One `m=` line and the attributes under it."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    attributes: tuple[Attribute, ...] = ()

    def first(self, name: str) -> str | None:
        """Return the value of the first attribute of that name; "" for a flag."""
        return next(self.all(name), None)

    def all(self, name: str) -> Iterator[str]:
        """Return the values of all attributes of that name, in order."""
        return (attribute.value for attribute in self.attributes if attribute.name == name)

    @property
    def mid(self) -> str:
        """The section's identification (RFC 5888); "" where it has none."""
        return self.first("mid") or ""

    @property
    def direction(self) -> Direction:
        """Which way media may flow, as its writer sees it (RFC 8866 §6.7)."""
        names = {attribute.name for attribute in self.attributes}
        said: Direction | None = next((each for each in _DIRECTIONS if each in names), None)
        return said or "sendrecv"

    @property
    def is_rejected(self) -> bool:
        """Whether the section is closed: port 0, but not with `a=bundle-only` (RFC 8843 §6)."""
        return self.port == 0 and self.first("bundle-only") is None


@dataclass(frozen=True, slots=True)
class Description:
    """A whole session description."""

    attributes: tuple[Attribute, ...]
    sections: tuple[Section, ...]

    def first(self, name: str) -> str | None:
        """Return the value of the first attribute of that name that stands above all sections."""
        return next((attribute.value for attribute in self.attributes if attribute.name == name), None)

    def bundled(self) -> tuple[str, ...]:
        """Return the mids of the first BUNDLE group (RFC 8843)."""
        groups = (attribute.value.split() for attribute in self.attributes if attribute.name == "group")
        return next((tuple(words[1:]) for words in groups if words[:1] == ["BUNDLE"]), ())


def parse(text: str) -> Description:
    """Return what a text says, or refuse it. Lines end in CRLF or LF and in nothing else."""
    if len(text) > MOST_CHARACTERS:
        raise InvalidSessionDescription(f"an SDP may have {MOST_CHARACTERS} characters")
    lines = _lines(text)
    if next(lines, None) != ("v", "0"):
        raise InvalidSessionDescription("an SDP begins with v=0")
    attributes: list[Attribute] = []
    sections: list[Section] = []
    of_section: list[Attribute] | None = None
    for letter, value in lines:
        if letter == "m":
            _close(sections, of_section)
            sections.append(_section(value))
            of_section = []
            if len(sections) > MOST_SECTIONS:
                raise InvalidSessionDescription(f"an SDP may have {MOST_SECTIONS} m= sections")
        elif letter == "a":
            found = attributes if of_section is None else of_section
            found.append(_attribute(value))
            if len(found) > MOST_LINES:
                raise InvalidSessionDescription(f"a section may have {MOST_LINES} attributes")
    _close(sections, of_section)
    return Description(tuple(attributes), tuple(sections))


def joined(lines: Iterable[str]) -> str:
    """Return the text of lines, the last one ended too: some readers drop a line that is not."""
    return "\r\n".join([*lines, ""])


def number(text: str, most: int) -> int | None:
    """Return a number written in ASCII digits and not above `most`, else None."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(most)):
        return None
    value = int(text)
    return value if value <= most else None


def is_token(text: str, most: int) -> bool:
    """Whether a text is a token of RFC 8866 of at most so many characters."""
    return len(text) <= most and _TOKEN.fullmatch(text) is not None


def _lines(text: str) -> Iterator[tuple[str, str]]:
    # Not str.splitlines, which also breaks at eight other characters, some legal inside a line.
    lines = text.split("\n")
    while lines and not lines[-1].strip("\r"):
        lines.pop()
    for ended in lines:
        line = ended.removesuffix("\r")
        if len(line) > MOST_LINE_CHARACTERS:
            raise InvalidSessionDescription(f"a line may have {MOST_LINE_CHARACTERS} characters")
        if "\r" in line or _CONTROL.search(line):
            raise InvalidSessionDescription("a line holds a control character")
        if len(line) < 2 or line[1] != "=" or not "a" <= line[0] <= "z":  # noqa: PLR2004 - "x="
            raise InvalidSessionDescription(f"{line[:20]!r} is not a line of an SDP")
        yield line[0], line[2:]


def _section(value: str) -> Section:
    words = value.split(" ")
    if len(words) < 4 or not all(words) or len(words) - 3 > MOST_FORMATS:  # noqa: PLR2004 - kind, port, protocol, formats
        raise InvalidSessionDescription(f"m={value[:40]!r} is not a media line")
    kind, port_text, protocol, *formats = words
    port = number(port_text.partition("/")[0], MOST_PORT)
    if port is None:
        raise InvalidSessionDescription(f"{port_text[:10]!r} is not a port")
    return Section(kind, port, protocol, tuple(formats))


def _attribute(value: str) -> Attribute:
    name, _, rest = value.partition(":")
    if not is_token(name, 64):
        raise InvalidSessionDescription(f"a={value[:20]!r} is not an attribute")
    return Attribute(name, rest)


def _close(sections: list[Section], attributes: list[Attribute] | None) -> None:
    if attributes is not None:
        last = sections[-1]
        sections[-1] = Section(last.kind, last.port, last.protocol, last.formats, tuple(attributes))
