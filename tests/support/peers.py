"""Browsers, as far as their session descriptions go."""

import secrets
from dataclasses import dataclass, field

_DIRECTIONS = {"send": "sendonly", "receive": "recvonly", "both": "sendrecv", "off": "inactive"}


def _fingerprint() -> str:
    return "sha-256 " + ":".join(f"{byte:02X}" for byte in secrets.token_bytes(32))


@dataclass
class Peer:
    """One RTCPeerConnection: a certificate of its own, and m-lines that are only ever added."""

    lines: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    fingerprint: str = field(default_factory=_fingerprint)
    ufrag: str = field(default_factory=lambda: secrets.token_hex(4))

    def add(self, kind: str, direction: str = "send") -> "Peer":
        """Add an m-line; its mid is its place."""
        self.lines.append((kind, _DIRECTIONS[direction]))
        return self

    def offer(self) -> str:
        """Return a description with all m-lines."""
        return self._described("actpass")

    def answer(self, offer: str) -> str:
        """Return the answer to an offer, which may bring new m-lines."""
        for section in offer.split("m=")[len(self.lines) + 1 :]:
            self.lines.append((section.split(" ", 1)[0], "recvonly"))
        return self._described("active")

    def _described(self, setup: str) -> str:
        mids = " ".join(str(mid) for mid in range(len(self.lines)))
        head = f"v=0\r\no=- 46117317 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mids}\r\n"
        return head + "".join(
            self._section(kind, mid, direction, setup) for mid, (kind, direction) in enumerate(self.lines)
        )

    def _section(self, kind: str, mid: int, direction: str, setup: str) -> str:
        payload, codec = ("111", "opus/48000/2") if kind == "audio" else ("96", "VP8/90000")
        return (
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {payload}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\n"
            f"a={direction}\r\na=ice-ufrag:{self.ufrag}\r\na=ice-pwd:{'p' * 22}\r\n"
            f"a=fingerprint:{self.fingerprint}\r\na=setup:{setup}\r\na=rtcp-mux\r\n"
            f"a=rtpmap:{payload} {codec}\r\n"
        )
