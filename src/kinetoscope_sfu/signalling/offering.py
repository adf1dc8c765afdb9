"""Our own offers, and the client's answers to them (RFC 8829 §5.2, §5.10). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from . import offered
from .answering import read_push
from .lines import APPLICATION, Line, Negotiation, Placed, Pull, PullWish, Push, PushWish, next_mid
from .numbers import Numbers, NumbersUsedUp
from .offered import Format, extensions_of, formats_of
from .refusals import REPEATED, InvalidSessionDescription, ItemError, invalid
from .sdp import MOST_SECTIONS, Description, Section
from .transport import with_transport

_SETUPS = {"active"}
_SENDS = {"sendrecv", "sendonly"}
_RECEIVES = {"sendrecv", "recvonly"}
_DATA_PROTOCOL = "UDP/DTLS/SCTP"

_FULL = invalid(f"the connection has {MOST_SECTIONS} m= sections already")

_VIDEO_FEEDBACK = frozenset({"nack", "nack pli", "ccm fir", "transport-cc"})
_OPUS = Format("opus", 111, 48000, 2, "minptime=10;useinbandfec=1", None, frozenset({"transport-cc"}))
_H264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
TAKEN: dict[str, tuple[Format, ...]] = {
    "audio": (_OPUS, Format("PCMU", 0, 8000), Format("PCMA", 8, 8000)),
    "video": (
        Format("VP8", 96, 90000, 1, "", 97, _VIDEO_FEEDBACK),
        Format("H264", 102, 90000, 1, _H264, 103, _VIDEO_FEEDBACK),
        Format("VP9", 98, 90000, 1, "profile-id=0", 99, _VIDEO_FEEDBACK),
        Format("AV1", 45, 90000, 1, "level-idx=5;profile=0;tier=0", 46, _VIDEO_FEEDBACK),
    ),
}
"""What we offer to take when a client shall send; it answers with those that it has, and sends its first."""

EXTENSIONS = {
    "audio": (offered.MID, offered.TRANSPORT_CC, offered.AUDIO_LEVEL),
    "video": (offered.MID, offered.RID, offered.REPAIRED_RID, offered.TRANSPORT_CC),
}


@dataclass(frozen=True, slots=True)
class Offered:
    """The negotiation with an offer of ours made, and what became of each wish, in order."""

    negotiation: Negotiation
    pushes: tuple[Placed, ...] = ()
    pulls: tuple[Placed, ...] = ()

    @property
    def is_needed(self) -> bool:
        """Whether there is something to negotiate."""
        return self.negotiation.awaits_answer


def make_offer(
    before: Negotiation,
    *,
    pushes: Sequence[PushWish] = (),
    pulls: Sequence[PullWish] = (),
    with_data: bool = False,
) -> Offered:
    """Return what our offer for these wishes leads to; where none can be met there is no offer."""
    if before.awaits_answer:
        raise InvalidSessionDescription("our own offer waits for its answer first")
    lines, numbers = list(before.lines), before.numbers
    pushed: list[Placed] = []
    for push in pushes:
        numbers, placed = _push(lines, numbers, push)
        pushed.append(placed)
    pulled: list[Placed] = []
    for pull in pulls:
        numbers, placed = _pull(lines, numbers, pull)
        pulled.append(placed)
    if with_data and not before.carries_data:
        lines.append(Line(next_mid(lines), APPLICATION, _DATA_PROTOCOL, is_ours=True))
    if lines == list(before.lines):
        return Offered(before, tuple(pushed), tuple(pulled))
    offer = replace(
        before, lines=tuple(lines), numbers=numbers, version=before.version + 1, awaits_answer=True
    )
    return Offered(offer, tuple(pushed), tuple(pulled))


def take_answer(before: Negotiation, description: Description) -> Negotiation:
    """Return the negotiation with our offer answered. What the client refused is gone from it."""
    if not before.awaits_answer:
        raise InvalidSessionDescription("no offer of ours waits for an answer")
    answered = [(section.mid, section.kind) for section in description.sections]
    if answered != [(line.mid, line.kind) for line in before.lines]:
        raise InvalidSessionDescription("the answer has other m= sections than the offer")
    negotiation = with_transport(before, description, setups=_SETUPS)
    pairs = zip(before.lines, description.sections, strict=True)
    settled = [_settled(line, section) for line, section in pairs]
    return replace(
        negotiation,
        lines=tuple(replace(line, agreed=line.flowing) for line in settled),
        numbers=before.numbers.learned(description.sections),
        awaits_answer=False,
        ufrag=before.ufrag or negotiation.ufrag,  # only an offer restarts ICE (RFC 8839 §4.4.1.1)
    )


def _push(lines: list[Line], numbers: Numbers, wish: PushWish) -> tuple[Numbers, Placed]:
    if any(line.push is not None and line.push.name == wish.name for line in lines):
        return numbers, Placed(error=REPEATED)
    if wish.kind is None:
        return numbers, Placed(error=invalid("a track without an offer needs its kind, audio or video"))
    if len(lines) >= MOST_SECTIONS:
        return numbers, Placed(error=_FULL)
    formats: list[Format] = []
    try:
        for taken in TAKEN[wish.kind]:
            numbers, format_ = numbers.with_format(taken)
            formats.append(replace(format_, feedback=taken.feedback))
    except NumbersUsedUp:
        return numbers, Placed(error=invalid("no payload type is left on this connection"))
    ids: list[tuple[str, int]] = []
    for uri in EXTENSIONS[wish.kind]:
        numbers, id_ = numbers.with_extension(uri)
        ids += [] if id_ is None else [(uri, id_)]
    line = Line(
        next_mid(lines),
        wish.kind,
        formats=tuple(formats),
        push=Push(wish.name, extensions=tuple(ids)),
        is_ours=True,
        is_bidirectional=wish.is_bidirectional,
    )
    _put(lines, line)
    return numbers, Placed(line.mid)


def _pull(lines: list[Line], numbers: Numbers, wish: PullWish) -> tuple[Numbers, Placed]:
    place = _place(lines, wish)
    if isinstance(place, ItemError):
        return numbers, Placed(wish.mid, place)
    try:
        numbers, format_ = numbers.with_format(wish.format)
    except NumbersUsedUp:
        return numbers, Placed(wish.mid, invalid("no payload type is left on this connection"))
    numbers, id_ = numbers.with_extension(offered.ABS_SEND_TIME)
    pull = Pull(wish.name, wish.source, format_, wish.ssrc, wish.rtx_ssrc, wish.layers, id_)
    sent = [] if place.push is None or place.push.format is None else [place.push.format]
    others = [format_] if format_.payload_type not in {f.payload_type for f in sent} else []
    _put(lines, replace(place, pull=pull, formats=(*sent, *others)))
    return numbers, Placed(place.mid)


def _place(lines: Sequence[Line], wish: PullWish) -> Line | ItemError:
    """Return the line for a track that is to be received: the named one, a free one, or a new one."""
    if wish.mid:
        found = next((line for line in lines if _is_named(line, wish.mid)), None)
        if found is None or found.is_rejected:
            return invalid(f"there is no transceiver {wish.mid}")
        if found.kind != wish.kind or found.pull is not None:
            return invalid(f"the transceiver {wish.mid} cannot receive this track")
        return found
    free = next((line for line in lines if line.is_free and line.kind == wish.kind), None)
    if free is None and len(lines) >= MOST_SECTIONS:
        return _FULL
    return free or Line(next_mid(lines), wish.kind, is_ours=True)


def _is_named(line: Line, mid: str) -> bool:
    if mid.startswith("#"):
        return line.push is not None and line.push.name == mid[1:]
    return line.mid == mid


def _put(lines: list[Line], line: Line) -> None:
    index = next((i for i, other in enumerate(lines) if other.mid == line.mid), None)
    if index is None:
        lines.append(line)
    else:
        lines[index] = line


def _settled(line: Line, section: Section) -> Line:
    if section.port == 0 and not line.is_rejected:
        return replace(line, is_rejected=True, push=None, pull=None, formats=())
    if line.is_rejected or line.kind == APPLICATION:
        return line
    push = line.push and _settled_push(line.push, section)
    pull = line.pull and _settled_pull(line.pull, section)
    named = [push.format] if push and push.format else []
    named += [pull.format] if pull and pull.format.payload_type not in {f.payload_type for f in named} else []
    is_willing = line.is_willing if line.pull is None else section.direction in _RECEIVES
    formats = tuple(named) or line.formats[:1]
    return replace(line, push=push, pull=pull, formats=formats, is_willing=is_willing)


def _settled_push(push: Push, section: Section) -> Push | None:
    if push.format is not None:
        return replace(push, flows=section.direction in _SENDS)
    return read_push(section, push) if section.direction in _SENDS else None


def _settled_pull(pull: Pull, section: Section) -> Pull | None:
    """Return what is received as the client agreed to it, or None where it never did."""
    named = next((f for f in formats_of(section) if f.payload_type == pull.format.payload_type), None)
    accepts = named is not None and section.direction in _RECEIVES
    if named is None or not accepts:
        return replace(pull, flows=False) if pull.is_accepted else None
    format_ = replace(pull.format, rtx_payload_type=named.rtx_payload_type)
    id_ = extensions_of(section).get(offered.ABS_SEND_TIME)
    return replace(
        pull,
        format=format_,
        abs_send_time=id_ if id_ == pull.abs_send_time else None,
        is_accepted=True,
        flows=True,
    )
