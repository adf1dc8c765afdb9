"""Session descriptions that a media server could have written: they name every m-line and carry no media."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_FINGERPRINT = "sha-256 " + ":".join(["7B"] * 32)
_CODECS = {
    "audio": ("111", "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"),
    "video": ("96", "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"),
}
_MIRRORED = {"sendonly": "recvonly", "recvonly": "sendonly", "sendrecv": "sendrecv", "inactive": "inactive"}
_direction = re.compile(r"^a=(sendrecv|sendonly|recvonly|inactive)\r?$", re.MULTILINE)
_mid = re.compile(r"^a=mid:(\S+)\r?$", re.MULTILINE)


@dataclass(slots=True)
class Line:
    """One m-line of a connection; `direction` is the server's."""

    kind: str
    mid: str
    direction: str


def read_lines(sdp: object) -> list[Line] | None:
    """Return the m-lines of a client's description, as the server mirrors them; None if it is not one."""
    if not isinstance(sdp, str) or not sdp.startswith("v=0") or "a=fingerprint:" not in sdp:
        return None
    lines: list[Line] = []
    for section in re.split(r"^(?=m=)", sdp, flags=re.MULTILINE)[1:]:
        mid = _mid.search(section)
        if mid is None:
            return None
        direction = _direction.search(section)
        kind = section[2:].split(" ", 1)[0]
        lines.append(Line(kind, mid[1], _MIRRORED[direction[1] if direction else "sendrecv"]))
    return lines or None


def write(lines: Sequence[Line], *, session_id: str, version: int, setup: str) -> str:
    """Return a description with these m-lines; `setup` is passive in answers, actpass in offers."""
    bundle = " ".join(line.mid for line in lines)
    head = (
        f"v=0\r\no=- {int(session_id[:12], 16)} {version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
        f"a=group:BUNDLE {bundle}\r\na=ice-lite\r\n"
    )
    return head + "".join(_section(line, session_id, setup) for line in lines)


def _section(line: Line, session_id: str, setup: str) -> str:
    payload, codec = _CODECS.get(line.kind, ("webrtc-datachannel", "a=sctp-port:5000\r\n"))
    protocol = "UDP/TLS/RTP/SAVPF" if line.kind in _CODECS else "UDP/DTLS/SCTP"
    rtp = f"a={line.direction}\r\na=rtcp-mux\r\n" if line.kind in _CODECS else ""
    return (
        f"m={line.kind} 9 {protocol} {payload}\r\nc=IN IP4 0.0.0.0\r\na=mid:{line.mid}\r\n{rtp}"
        f"a=ice-ufrag:{session_id[:8]}\r\na=ice-pwd:{session_id[:24]}\r\na=fingerprint:{_FINGERPRINT}\r\n"
        f"a=setup:{setup}\r\n{codec}"
        "a=candidate:1 1 udp 2130706431 192.0.2.1 1473 typ host\r\na=end-of-candidates\r\n"
    )
