"""Reading session descriptions (RFC 8866, RFC 8829): only as much as deciding what is published needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .refusals import BadSdp

LONGEST = 512 * 1024
"""Characters; 200 m-lines of a browser fit."""

_MOST_LINES = 20_000
_MOST_SECTIONS = 256
_is_line = re.compile(r"[a-z]=[^\x00]*").fullmatch
_is_token = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}").fullmatch
_is_ice = re.compile(r"[A-Za-z0-9+/]{4,256}").fullmatch
_is_fingerprint = re.compile(r"[a-z0-9-]{3,16} [0-9A-F]{2}(:[0-9A-F]{2}){15,63}", re.IGNORECASE).fullmatch

_SENDING = frozenset({"sendrecv", "sendonly"})
_RECEIVING = frozenset({"sendrecv", "recvonly"})
_DIRECTIONS = frozenset({"sendrecv", "sendonly", "recvonly", "inactive"})


@dataclass(frozen=True, slots=True)
class MediaLine:
    """One m-line: `kind` is audio, video or application; `direction` as the client sees it."""

    kind: str
    mid: str
    direction: str
    is_rejected: bool

    @property
    def sends(self) -> bool:
        """Whether the client sends on it."""
        return not self.is_rejected and self.direction in _SENDING

    @property
    def receives(self) -> bool:
        """Whether the client is ready to receive on it."""
        return not self.is_rejected and self.direction in _RECEIVING


@dataclass(frozen=True, slots=True)
class Offered:
    """What of a description matters here."""

    lines: Sequence[MediaLine]
    fingerprint: str
    ice_ufrag: str


def read_sdp(text: str) -> Offered:
    """Return what a description says; refuses with `BadSdp` what no browser could have written."""
    if not text or len(text) > LONGEST:
        raise BadSdp
    lines = [line.rstrip("\r") for line in text.split("\n")]
    if lines[-1] == "":
        lines.pop()
    if not lines or lines[0] != "v=0" or len(lines) > _MOST_LINES or not all(map(_is_line, lines)):
        raise BadSdp
    starts = [index for index, line in enumerate(lines) if line.startswith("m=")]
    if not starts or len(starts) > _MOST_SECTIONS or not any(line.startswith("o=") for line in lines[:4]):
        raise BadSdp
    head = lines[: starts[0]]
    sections = [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    media = [_media_line(section, head) for section in sections]
    if len({line.mid for line in media}) != len(media):
        raise BadSdp("Two m-lines of the description have the same mid.")
    everything = (head, *sections)
    fingerprint = _first(everything, "a=fingerprint:")
    ice_ufrag = _first(everything, "a=ice-ufrag:")
    if not _is_fingerprint(fingerprint) or not _is_ice(ice_ufrag):
        raise BadSdp("The description lacks a fingerprint or ICE credentials.")
    return Offered(media, fingerprint.lower(), ice_ufrag)


def new_line(offered: Offered, kind: str, *, taken: frozenset[str], seen: frozenset[str]) -> MediaLine:
    """Return the m-line of an offer that a new track of this kind comes on; refuses with `BadSdp`.

    `taken` are the mids of what is published now, `seen` all that ever were: an m-line is used again only
    when there is no new one.
    """
    free = [line for line in offered.lines if line.kind == kind and line.sends and line.mid not in taken]
    fresh = [line for line in free if line.mid not in seen]
    if not free:
        raise BadSdp(f"The description offers no new {kind} that would be sent.")
    return (fresh or free)[0]


def sending_lines(offered: Offered) -> list[MediaLine]:
    """Return the m-lines of sound and pictures that a client sends on."""
    return [line for line in offered.lines if line.sends and line.kind in {"audio", "video"}]


def receiving_lines(offered: Offered) -> list[MediaLine]:
    """Return the m-lines of sound and pictures that a client would receive on."""
    return [line for line in offered.lines if line.receives and line.kind in {"audio", "video"}]


def _media_line(section: Sequence[str], head: Sequence[str]) -> MediaLine:
    words = section[0].removeprefix("m=").split()
    if len(words) < 4 or words[0] not in {"audio", "video", "application"}:  # noqa: PLR2004 - m=kind port proto fmt
        raise BadSdp
    mid = _first((section,), "a=mid:")
    if not _is_token(mid):
        raise BadSdp("An m-line of the description has no mid.")
    flags = {line.removeprefix("a=") for line in (*head, *section)}
    own = [line.removeprefix("a=") for line in section if line.removeprefix("a=") in _DIRECTIONS]
    shared = [line.removeprefix("a=") for line in head if line.removeprefix("a=") in _DIRECTIONS]
    # Port 0 rejects an m-line, but not with a=bundle-only: Firefox writes that (RFC 9143, section 6).
    rejected = words[1] == "0" and "bundle-only" not in flags
    return MediaLine(words[0], mid, (own or shared or ["sendrecv"])[0], rejected)


def _first(sections: Sequence[Sequence[str]], name: str) -> str:
    found = (line.removeprefix(name) for section in sections for line in section if line.startswith(name))
    return next(found, "").strip()
