"""Payload types and extension ids of one connection, the same on all its bundled lines (RFC 8843 §10.1.2).

What the client's descriptions number, we number alike; what they do not gets free numbers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from .offered import Format, Key, extensions_of, formats_of, payload_types_of, with_payload_types
from .sdp import Section

_DYNAMIC = (*range(96, 128), *range(35, 64))
_RTCP = range(64, 96)  # RFC 5761 §4: looks like RTCP
_CUSTOMARY = {"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time": 2}
"""As browsers number it, who find no id left for their own extensions where one of ours takes it first."""

_SHORT_IDS = range(1, 15)  # those of a one-byte header (RFC 8285 §4.2)


class NumbersUsedUp(Exception):  # noqa: N818 - it reads as what it is
    """The connection names so many codecs that no payload type is left."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is numbered so far."""

    formats: Mapping[Key, Format] = field(default_factory=dict[Key, Format])
    taken: frozenset[int] = field(default_factory=frozenset[int])
    extensions: Mapping[str, int] = field(default_factory=dict[str, int])

    def learned(self, sections: Iterable[Section]) -> "Numbers":
        """Return these with all that a client's description names; what is numbered already stays."""
        formats, extensions, taken = dict(self.formats), dict(self.extensions), set(self.taken)
        for section in sections:
            taken.update(payload_types_of(section))
            for format_ in formats_of(section):
                formats.setdefault(format_.key, format_)
            for uri, id_ in extensions_of(section).items():
                extensions.setdefault(uri, id_)
        return Numbers(formats, frozenset(taken), extensions)

    def with_format(self, wanted: Format) -> tuple["Numbers", Format]:
        """Return a codec as this connection numbers it, and the numbers with it.

        A codec that is new keeps its numbers where they are free. Raises `NumbersUsedUp`.
        """
        known = self.formats.get(wanted.key)
        if known is not None:
            return self, known
        taken = set(self.taken)
        payload_type = _free(wanted.payload_type, taken)
        # Repeats are ours to send, whether or not the publisher has any.
        rtx = _free(wanted.rtx_payload_type, taken) if wanted.is_video else None
        numbered = with_payload_types(wanted, payload_type, rtx)
        formats = {**self.formats, wanted.key: numbered}
        return replace(self, formats=formats, taken=frozenset(taken)), numbered

    def with_extension(self, uri: str) -> tuple["Numbers", int | None]:
        """Return the short id of an extension, and the numbers with it; None where none is left."""
        id_ = self.extensions.get(uri)
        if id_ is None:
            used = set(self.extensions.values())
            wanted = (_CUSTOMARY.get(uri, _SHORT_IDS[0]), *_SHORT_IDS)
            id_ = next((free for free in wanted if free not in used), None)
        if id_ is None or id_ not in _SHORT_IDS:
            return self, None
        return replace(self, extensions={**self.extensions, uri: id_}), id_


def _free(preferred: int | None, taken: set[int]) -> int:
    candidates = _DYNAMIC if preferred in {None, *_RTCP} else (preferred, *_DYNAMIC)
    found = next((number for number in candidates if number is not None and number not in taken), None)
    if found is None:
        raise NumbersUsedUp
    taken.add(found)
    return found
