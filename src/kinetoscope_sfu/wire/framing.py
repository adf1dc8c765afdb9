"""Packets on a TCP stream, each behind two bytes of length (RFC 4571), as ICE-TCP sends them (RFC 6544)."""

_LONGEST = 2048


class FrameTooLong(Exception):  # noqa: N818 - named by the reason
    """The peer announces a packet that no path would carry; the connection is not worth keeping."""


class Deframer:
    """Cuts a stream into packets; holds at most one unfinished packet."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, received: bytes) -> list[bytes]:
        """Return the packets that are complete now. Refused: `FrameTooLong`."""
        rest = self._rest
        rest += received
        packets: list[bytes] = []
        at = 0
        while len(rest) - at >= 2:  # noqa: PLR2004 - the length
            size = rest[at] << 8 | rest[at + 1]
            if size > _LONGEST:
                raise FrameTooLong
            if len(rest) - at - 2 < size:
                break
            packets.append(bytes(rest[at + 2 : at + 2 + size]))
            at += 2 + size
        del rest[:at]
        return packets


def framed(packet: bytes | bytearray | memoryview) -> bytes:
    """Return the packet behind its length."""
    return len(packet).to_bytes(2, "big") + packet
