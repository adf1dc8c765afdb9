"""What one section of a description offers: codecs, header extensions, layers, SSRCs, certificates. Pure.

A line that makes no sense is passed over, as RFC 8866 §5.13 asks for attributes that are not understood.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..plane import Encoding, Fingerprint
from .sdp import Description, Section, is_token, number

MOST_PAYLOAD_TYPE = 127
MOST_EXTENSION_ID = 255
VIDEO_CLOCK = 90000
MOST_SSRC = (1 << 32) - 1
MOST_RIDS = 8
MOST_RID_CHARACTERS = 16
_PAIR = 2
_MOST_PARAMETERS = 1024

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

Key = tuple[str, ...]
"""What makes two codecs the same for a receiver: the name and the parameters that decide on decoding."""

_AUDIO = {
    ("OPUS", 48000, 2): "opus",
    ("PCMU", 8000, 1): "PCMU",
    ("PCMA", 8000, 1): "PCMA",
    ("G722", 8000, 1): "G722",
}
_VIDEO = {(name, VIDEO_CLOCK, 1): name for name in ("VP8", "VP9", "H264", "H265", "AV1")}
_CODECS = {"audio": _AUDIO, "video": _VIDEO}
_STATIC = {0: "PCMU/8000", 8: "PCMA/8000", 9: "G722/8000"}  # RFC 3551 §6: need no rtpmap
_HASHES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
_HEX = re.compile(r"[0-9A-F]{2}(?::[0-9A-F]{2})*")


@dataclass(frozen=True, slots=True)
class Format:
    """A codec as a description writes it. `parameters` is the text of its `a=fmtp`, "" for none."""

    name: str
    payload_type: int
    clock_rate: int
    channels: int = 1
    parameters: str = ""
    rtx_payload_type: int | None = None
    feedback: frozenset[str] = frozenset()

    @property
    def is_video(self) -> bool:
        """Whether it codes pictures: all such codecs count time in 90 kHz (RFC 3551 §4.1), no other does."""
        return self.clock_rate == VIDEO_CLOCK

    @property
    def key(self) -> Key:
        """What the codec is recognized by under another payload type.

        The level of H.264 says how much the sender of the description can decode, and is no part of it; the
        variants of its baseline profile are one, as every decoder in use reads all of them.
        """
        values = parameters_of(self.parameters)
        match self.name:
            case "H264":
                profile = values.get("profile-level-id", "420010")[:2].lower()
                return ("H264", profile, values.get("packetization-mode", "0"))
            case "H265":
                return ("H265", values.get("profile-id", "1"))
            case "VP9":
                return ("VP9", values.get("profile-id", "0"))
            case "AV1":
                return ("AV1", values.get("profile", "0"))
            case name:
                return (name,)


def formats_of(section: Section) -> tuple[Format, ...]:
    """Return the codecs of a section that can be forwarded, in its own order of preference."""
    known = _CODECS.get(section.kind, {})
    maps = {**_STATIC, **_by_payload_type(section.all("rtpmap"))}
    parameters = _by_payload_type(section.all("fmtp"))
    repeats = _rtx_payload_types(maps, parameters)
    feedback = _feedback(section)
    found: list[Format] = []
    for payload_type in payload_types_of(section):
        name, clock_rate, channels = _encoding(maps.get(payload_type, ""))
        registered = known.get((name.upper(), clock_rate, channels))
        if registered is None or len(parameters.get(payload_type, "")) > _MOST_PARAMETERS:
            continue
        found.append(
            Format(
                registered,
                payload_type,
                clock_rate,
                channels,
                parameters.get(payload_type, ""),
                repeats.get(payload_type) if section.kind == "video" else None,
                feedback.get("*", frozenset()) | feedback.get(str(payload_type), frozenset()),
            )
        )
    return tuple(found)


def payload_types_of(section: Section) -> tuple[int, ...]:
    """Return the payload types of the media line, once each."""
    numbers = (number(text, MOST_PAYLOAD_TYPE) for text in section.formats)
    return tuple(dict.fromkeys(value for value in numbers if value is not None))


def extensions_of(section: Section) -> dict[str, int]:
    """Return the ids of the header extensions that the writer may send (RFC 8285), by URI."""
    found: dict[str, int] = {}
    for value in section.all("extmap"):
        head, _, rest = value.partition(" ")
        id_text, _, direction = head.partition("/")
        id = number(id_text, MOST_EXTENSION_ID)
        uri = rest.split(" ")[0]
        if id and uri and direction not in {"recvonly", "inactive"} and id not in found.values():
            found.setdefault(uri, id)
    return found


def rids_of(section: Section) -> tuple[str, ...]:
    """Return the simulcast layers that the writer sends, best first (RFC 8853); of alternatives the first."""
    words = (section.first("simulcast") or "").split()
    if "send" not in words[:-1]:
        return ()
    named = words[words.index("send") + 1].split(";")
    first = (alternatives.split(",")[0].removeprefix("~") for alternatives in named)
    return tuple(dict.fromkeys(rid for rid in first if is_token(rid, MOST_RID_CHARACTERS)))[:MOST_RIDS]


def encodings_of(section: Section) -> tuple[Encoding, ...]:
    """Return the SSRC that the section names, with that of its repeats (RFC 5576, RFC 4588); () for none."""
    ssrcs = [number(value.split(" ")[0], MOST_SSRC) for value in section.all("ssrc")]
    groups = [value.split() for value in section.all("ssrc-group")]
    pairs = [[number(word, MOST_SSRC) for word in words[1:3]] for words in groups if words[:1] == ["FID"]]
    repeats = {pair[0]: pair[1] for pair in pairs if len(pair) == _PAIR}
    first = next((ssrc for ssrc in ssrcs if ssrc is not None and ssrc not in repeats.values()), None)
    return () if first is None else (Encoding(first, repeats.get(first)),)


def fingerprints_of(description: Description) -> tuple[Fingerprint, ...]:
    """Return the certificate's digests (RFC 8122), those of one place; hashes that are broken are left out.

    In a BUNDLE only the first section that is not rejected speaks for the transport (RFC 8843 §7.1.3).
    """
    places = [section.all("fingerprint") for section in description.sections if not section.is_rejected]
    places.append(attribute.value for attribute in description.attributes if attribute.name == "fingerprint")
    for values in places:
        found = [_fingerprint(value) for value in values]
        if usable := tuple(fingerprint for fingerprint in found if fingerprint is not None):
            return usable[: len(_HASHES)]
    return ()


def transport_attribute(description: Description, name: str) -> str | None:
    """Return the value of an attribute that may stand above the sections or in the first that is open."""
    values = (section.first(name) for section in description.sections if not section.is_rejected)
    found = next((value for value in values if value is not None), None)
    return description.first(name) if found is None else found


def parameters_of(text: str) -> dict[str, str]:
    """Return the parameters of an `a=fmtp`, their names in lower case."""
    pairs = (part.strip().partition("=") for part in text.split(";"))
    return {name.lower(): value for name, _, value in pairs if name}


def with_payload_types(format: Format, payload_type: int, rtx_payload_type: int | None) -> Format:  # noqa: A002 - SDP's own word
    """Return a codec under other payload types."""
    return replace(format, payload_type=payload_type, rtx_payload_type=rtx_payload_type)


def _by_payload_type(values: Iterable[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for value in values:
        head, _, rest = value.partition(" ")
        payload_type = number(head, MOST_PAYLOAD_TYPE)
        if payload_type is not None:
            found.setdefault(payload_type, rest)
    return found


def _encoding(text: str) -> tuple[str, int, int]:
    name, _, rest = text.partition("/")
    clock_text, _, channels_text = rest.partition("/")
    return name, number(clock_text, 1_000_000) or 0, number(channels_text, 8) or 1


def _rtx_payload_types(maps: Mapping[int, str], parameters: Mapping[int, str]) -> dict[int, int]:
    """Return, for each payload type that is repeated, that of its repeats (RFC 4588 §8.6)."""
    found: dict[int, int] = {}
    for payload_type, text in maps.items():
        if text.partition("/")[0].lower() == "rtx":
            repeated = number(
                parameters_of(parameters.get(payload_type, "")).get("apt", ""), MOST_PAYLOAD_TYPE
            )
            if repeated is not None:
                found.setdefault(repeated, payload_type)
    return found


def _feedback(section: Section) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for value in section.all("rtcp-fb"):
        payload_type, _, kind = value.partition(" ")
        found.setdefault(payload_type, set()).add(kind)
    return {payload_type: frozenset(kinds) for payload_type, kinds in found.items()}


def _fingerprint(value: str) -> Fingerprint | None:
    algorithm, _, digest = value.strip().partition(" ")
    algorithm, digest = algorithm.lower(), digest.strip().upper()
    size = _HASHES.get(algorithm)
    if size is None or len(digest) != size * 3 - 1 or not _HEX.fullmatch(digest):
        return None
    return Fingerprint(algorithm, digest)
