"""A client's offer: what becomes of each of its sections (RFC 8829 §5.3). Pure.

A refused offer leaves the negotiation as it was; what is returned is a new one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from . import offered
from .lines import APPLICATION, Line, Negotiation, Placed, Pull, PullWish, Push, PushWish
from .offered import Format, encodings_of, extensions_of, formats_of, rids_of
from .refusals import REPEATED, InvalidSessionDescription, ItemError, invalid
from .sdp import Description, Section
from .transport import with_transport

_SETUPS = {"actpass", "active"}
_RTP = {"UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "RTP/SAVPF", "RTP/SAVP"}
_DATA = {"UDP/DTLS/SCTP", "TCP/DTLS/SCTP", "DTLS/SCTP"}
_DATA_FORMATS = ("webrtc-datachannel",)
_ALWAYS = (offered.MID, offered.RID, offered.REPAIRED_RID, offered.AUDIO_LEVEL)
_FEEDBACK = {
    "video": frozenset({"nack", "nack pli", "ccm fir", "transport-cc", "goog-remb"}),
    "audio": frozenset({"transport-cc"}),
}
_LONGEST_SHORT_ID = 14
_SENDS = {"sendrecv", "sendonly"}
_RECEIVES = {"sendrecv", "recvonly"}


@dataclass(frozen=True, slots=True)
class Answered:
    """The negotiation with an offer taken in, and what became of each wish, in order.

    `discovered` are the tracks that were named here, as name and mid.
    """

    negotiation: Negotiation
    pushes: tuple[Placed, ...] = ()
    pulls: tuple[Placed, ...] = ()
    discovered: tuple[tuple[str, str], ...] = ()


def take_offer(
    before: Negotiation,
    description: Description,
    *,
    pushes: Sequence[PushWish] = (),
    pulls: Sequence[PullWish] = (),
    names: Iterator[str] | None = None,
) -> Answered:
    """Return what an offer and the wishes that came with it lead to.

    With `names` every sending section that no wish names becomes a track too, by the next of these names.
    """
    if before.awaits_answer:
        raise InvalidSessionDescription("our own offer waits for its answer first")
    negotiation = with_transport(before, description, setups=_SETUPS)
    if not negotiation.fingerprints:
        raise InvalidSessionDescription("the offer has no open m= section")
    sections = description.sections
    lines = [_continued(line, section) for line, section in _paired(before.lines, sections)]
    pushed = tuple(_push(lines, sections, wish) for wish in pushes)
    discovered = tuple(_discover(lines, sections, names)) if names is not None else ()
    pulled = tuple(_pull(lines, sections, wish) for wish in pulls)
    _refuse_shared_ssrcs(lines)
    return Answered(
        replace(
            negotiation,
            lines=tuple(replace(line, agreed=line.flowing) for line in lines),
            numbers=before.numbers.learned(sections),
            version=before.version + 1,
            mixes_extensions=description.first("extmap-allow-mixed") is not None,
        ),
        pushed,
        pulled,
        discovered,
    )


def read_push(section: Section, push: Push) -> Push | None:
    """Return a track as a section of the client sends it, or None where no codec of it can be forwarded.

    A codec that was agreed stays while it is offered; otherwise the client's first.
    """
    formats = formats_of(section)
    if not formats:
        return None
    kept = [format_ for format_ in formats if push.format is not None and format_.key == push.format.key]
    chosen = (kept or formats)[0]
    ids = extensions_of(section)
    feedback = chosen.feedback & _FEEDBACK[section.kind]
    if offered.TRANSPORT_CC not in ids:
        feedback -= {"transport-cc"}
    uris = (*_ALWAYS, offered.TRANSPORT_CC) if "transport-cc" in feedback else _ALWAYS
    rids = rids_of(section) if section.kind == "video" else ()
    return Push(
        push.name,
        replace(chosen, feedback=feedback),
        () if rids else encodings_of(section),
        rids,
        tuple((uri, ids[uri]) for uri in uris if uri in ids),
        flows=section.direction in _SENDS,
    )


def _paired(lines: Sequence[Line], sections: Sequence[Section]) -> Iterator[tuple[Line | None, Section]]:
    """Return each section with the line that it continues; lines never go away (RFC 8829 §5.2.2)."""
    if len(sections) < len(lines):
        raise InvalidSessionDescription(f"the offer has {len(sections)} of the {len(lines)} m= sections")
    for index, section in enumerate(sections):
        line = lines[index] if index < len(lines) else None
        if line is None or (line.mid, line.kind) == (section.mid, section.kind):
            yield line, section
        elif line.is_rejected:
            yield None, section  # recycled (RFC 8829 §5.2.2)
        else:
            raise InvalidSessionDescription(f"the section at a=mid:{line.mid} has become another")


def _continued(line: Line | None, section: Section) -> Line:
    """Return a line as its section now has it, its tracks carried on."""
    before = line or Line(section.mid, section.kind)
    now = replace(before, protocol=section.protocol, offered_formats=section.formats)
    if section.is_rejected or not _is_known(section):
        return _rejected(now)
    if section.kind == APPLICATION:
        return replace(now, is_rejected=False)
    formats = formats_of(section)
    if not formats:
        return _rejected(now)
    push = now.push and read_push(section, now.push)
    pull = now.pull and _pull_as_offered(now.pull, section, formats)
    named = [push.format] if push and push.format else []
    named += [pull.format] if pull and pull.format.payload_type not in {f.payload_type for f in named} else []
    return replace(
        now,
        push=push,
        pull=pull,
        formats=tuple(named) or formats[:1],
        is_rejected=False,
        is_willing=section.direction in _RECEIVES,
    )


def _is_known(section: Section) -> bool:
    if section.kind == APPLICATION:
        return section.protocol in _DATA and section.formats == _DATA_FORMATS
    return section.kind in _FEEDBACK and section.protocol in _RTP


def _rejected(line: Line) -> Line:
    return replace(line, is_rejected=True, push=None, pull=None, formats=())


def _pull_as_offered(pull: Pull, section: Section, formats: Sequence[Format]) -> Pull:
    offers = any(f.payload_type == pull.format.payload_type and f.key == pull.format.key for f in formats)
    flows = pull.is_accepted and offers and section.direction in _RECEIVES
    return replace(pull, flows=flows)


def _push(lines: list[Line], sections: Sequence[Section], wish: PushWish) -> Placed:
    if any(line.push is not None and line.push.name == wish.name for line in lines):
        return Placed(wish.mid, REPEATED)
    index = next((i for i, line in enumerate(lines) if line.mid == wish.mid), None)
    if index is None:
        return Placed(wish.mid, invalid(f"the offer has no section with a=mid:{wish.mid}"))
    line, section = lines[index], sections[index]
    if (error := _why_not_pushed(line, section, wish)) is not None:
        return Placed(wish.mid, error)
    push = read_push(section, Push(wish.name))
    assert push is not None  # a section without usable codecs is rejected, and that is an error above
    assert push.format is not None
    lines[index] = replace(
        line,
        push=push,
        formats=_first_of_all(push.format, line.pull),
        is_bidirectional=line.is_bidirectional or wish.is_bidirectional,
    )
    return Placed(wish.mid)


def _why_not_pushed(line: Line, section: Section, wish: PushWish) -> ItemError | None:
    if line.is_rejected or line.kind == APPLICATION:
        return invalid(f"the section with a=mid:{line.mid} has no codec that can be forwarded")
    if line.push is not None:
        return invalid(f"the section with a=mid:{line.mid} sends another track")
    if section.direction not in _SENDS:
        return invalid(f"the section with a=mid:{line.mid} does not send")
    if wish.kind is not None and wish.kind != line.kind:
        return invalid(f"the section with a=mid:{line.mid} is {line.kind}")
    return None


def _discover(
    lines: list[Line], sections: Sequence[Section], names: Iterator[str]
) -> Iterator[tuple[str, str]]:
    for line, section in zip(tuple(lines), sections, strict=True):
        sends = section.direction in _SENDS and line.kind != APPLICATION
        if sends and line.push is None and not line.is_rejected:
            name = next(names)
            _push(lines, sections, PushWish(name, line.mid))
            yield name, line.mid


def _pull(lines: list[Line], sections: Sequence[Section], wish: PullWish) -> Placed:
    index = next((i for i, line in enumerate(lines) if _takes(line, sections[i], wish)), None)
    if index is None:
        where = f"no section with a=mid:{wish.mid}" if wish.mid else "no further section"
        return Placed(wish.mid, invalid(f"the offer has {where} that receives {wish.kind}"))
    line, section = lines[index], sections[index]
    format_ = next((f for f in formats_of(section) if f.key == wish.format.key), None)
    if format_ is None:
        return Placed(line.mid, invalid(f"the section with a=mid:{line.mid} lacks {wish.format.name}"))
    id_ = extensions_of(section).get(offered.ABS_SEND_TIME)
    pull = Pull(
        wish.name,
        wish.source,
        format_,
        wish.ssrc,
        wish.rtx_ssrc,
        wish.layers,
        id_ if id_ is not None and id_ <= _LONGEST_SHORT_ID else None,
        is_accepted=True,
        flows=True,
    )
    sent = line.push.format if line.push is not None else None
    lines[index] = replace(line, pull=pull, formats=_first_of_all(sent or format_, pull))
    return Placed(line.mid)


def _takes(line: Line, section: Section, wish: PullWish) -> bool:
    if wish.mid.startswith("#"):
        is_meant = line.push is not None and line.push.name == wish.mid[1:]
    else:
        is_meant = wish.mid in {"", line.mid}
    usable = line.kind == wish.kind and line.pull is None and not line.is_rejected
    return is_meant and usable and section.direction in _RECEIVES


def _first_of_all(first: Format, pull: Pull | None) -> tuple[Format, ...]:
    if pull is None or pull.format.payload_type == first.payload_type:
        return (first,)
    return first, pull.format


def _refuse_shared_ssrcs(lines: Sequence[Line]) -> None:
    encodings = [encoding for line in lines if line.push is not None for encoding in line.push.encodings]
    ssrcs = [encoding.ssrc for encoding in encodings]
    ssrcs += [encoding.rtx_ssrc for encoding in encodings if encoding.rtx_ssrc is not None]
    if len(set(ssrcs)) != len(ssrcs):
        raise InvalidSessionDescription("two sections name the same a=ssrc")
