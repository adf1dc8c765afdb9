"""The text of our offers and answers (RFC 8829 §5.2, §5.3). Pure."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from ..plane import Candidate, IceCredentials, LocalTransport
from .lines import APPLICATION, Line, Negotiation, Pull
from .offered import ABS_SEND_TIME, Format
from .sdp import Direction, joined

_TO_RECEIVERS = ("nack", "nack pli", "ccm fir", "goog-remb")
_FEEDBACK_ORDER = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
_ID_BITS = 62  # of the origin, which has to fit a signed 64-bit number (RFC 8829 §5.2.1)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who writes: the session, its ICE credentials, and the server's certificate and addresses."""

    session_id: str
    credentials: IceCredentials
    local: LocalTransport


def written_offer(negotiation: Negotiation, speaker: Speaker) -> str:
    """Return our offer: each line as it shall be."""
    return _written(negotiation, speaker, "actpass", {line.mid: line.wished for line in negotiation.lines})


def written_answer(negotiation: Negotiation, speaker: Speaker) -> str:
    """Return our answer: each line as it now is."""
    return _written(negotiation, speaker, "passive", {line.mid: line.flowing for line in negotiation.lines})


def _written(negotiation: Negotiation, speaker: Speaker, setup: str, directions: dict[str, Direction]) -> str:
    opened = [line.mid for line in negotiation.lines if not line.is_rejected]
    lines = [
        "v=0",
        f"o=- {int(speaker.session_id, 16) >> (128 - _ID_BITS)} {negotiation.version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        *(["a=group:BUNDLE " + " ".join(opened)] if opened else []),
        *(["a=extmap-allow-mixed"] if negotiation.mixes_extensions else []),
        "a=msid-semantic: WMS *",
    ]
    for line in negotiation.lines:
        if line.is_rejected:
            lines += _rejected(line)
            continue
        transport = list(_transport(speaker, setup))
        # One transport serves all lines; its addresses are told once, on the line that stands for it.
        if line.mid == opened[0]:
            transport += _addresses(speaker.local.candidates)
        if line.kind == APPLICATION:
            lines += [*_data(line, speaker.local), *transport]
        else:
            lines += [*_media(line, directions[line.mid]), *transport]
    return joined(lines)


def _transport(speaker: Speaker, setup: str) -> Iterator[str]:
    fingerprint = speaker.local.fingerprint
    yield f"a=ice-ufrag:{speaker.credentials.ufrag}"
    yield f"a=ice-pwd:{speaker.credentials.pwd}"
    yield f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}"
    yield f"a=setup:{setup}"


def _addresses(candidates: tuple[Candidate, ...]) -> Iterator[str]:
    for c in candidates:
        passive = " tcptype passive" if c.protocol == "tcp" else ""
        yield (
            f"a=candidate:{c.foundation} 1 {c.protocol} {c.priority} {c.address} {c.port} typ host{passive}"
        )
    yield "a=end-of-candidates"


def _rejected(line: Line) -> Iterator[str]:
    names = [str(format_.payload_type) for format_ in line.formats]
    offered = line.offered_formats[:1]
    yield f"m={line.kind} 0 {line.protocol} {' '.join(offered or names) or '0'}"
    yield "c=IN IP4 0.0.0.0"
    yield f"a=mid:{line.mid}"
    if line.kind != APPLICATION:
        yield "a=inactive"


def _data(line: Line, local: LocalTransport) -> Iterator[str]:
    yield f"m=application 9 {line.protocol} webrtc-datachannel"
    yield "c=IN IP4 0.0.0.0"
    yield f"a=mid:{line.mid}"
    yield f"a=sctp-port:{local.sctp_port}"
    yield f"a=max-message-size:{local.max_message_size}"


def _media(line: Line, direction: Direction) -> Iterator[str]:
    numbers = [str(n) for f in line.formats for n in (f.payload_type, f.rtx_payload_type) if n is not None]
    yield f"m={line.kind} 9 {line.protocol} {' '.join(numbers)}"
    yield "c=IN IP4 0.0.0.0"
    yield "a=rtcp:9 IN IP4 0.0.0.0"
    yield f"a=mid:{line.mid}"
    yield f"a={direction}"
    yield "a=rtcp-mux"
    yield "a=rtcp-rsize"
    for format_ in line.formats:
        yield from _codec(format_, _feedback(line, format_))
    for uri, id_ in _extensions(line):
        yield f"a=extmap:{id_} {uri}"
    if line.push is not None and line.push.rids:
        for rid in line.push.rids:
            yield f"a=rid:{rid} recv"
        yield f"a=simulcast:recv {';'.join(line.push.rids)}"
    if line.pull is not None and direction in {"sendonly", "sendrecv"}:
        yield from _sender(line.pull)


def _codec(format_: Format, feedback: list[str]) -> Iterator[str]:
    channels = f"/{format_.channels}" if format_.channels > 1 else ""
    yield f"a=rtpmap:{format_.payload_type} {format_.name}/{format_.clock_rate}{channels}"
    if format_.parameters:
        yield f"a=fmtp:{format_.payload_type} {format_.parameters}"
    for kind in feedback:
        yield f"a=rtcp-fb:{format_.payload_type} {kind}"
    if format_.rtx_payload_type is not None:
        yield f"a=rtpmap:{format_.rtx_payload_type} rtx/{format_.clock_rate}"
        yield f"a=fmtp:{format_.rtx_payload_type} apt={format_.payload_type}"


def _feedback(line: Line, format_: Format) -> list[str]:
    kinds = set(format_.feedback) if line.push is not None else set[str]()
    if line.pull is not None and format_.is_video:
        kinds |= set(_TO_RECEIVERS)
    return [kind for kind in _FEEDBACK_ORDER if kind in kinds]


def _extensions(line: Line) -> list[tuple[str, int]]:
    found = list(line.push.extensions) if line.push is not None else []
    if line.pull is not None and line.pull.abs_send_time is not None:
        found.append((ABS_SEND_TIME, line.pull.abs_send_time))
    return found


def _sender(pull: Pull) -> Iterator[str]:
    """Return the lines of what we send; one stream for each publisher, whose tracks stay in sync."""
    publisher = pull.source.connection_id
    track = hashlib.blake2s(f"{publisher} {pull.name}".encode(), digest_size=16).hexdigest()
    yield f"a=msid:{publisher} {track}"
    ssrcs = [pull.ssrc]
    if pull.format.rtx_payload_type is not None:
        ssrcs.append(pull.rtx_ssrc)
        yield f"a=ssrc-group:FID {pull.ssrc} {pull.rtx_ssrc}"
    for ssrc in ssrcs:
        yield f"a=ssrc:{ssrc} cname:{publisher}"
