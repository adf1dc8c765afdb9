"""Puts the times of packets on one line that runs on, where a recording jumps."""

from fractions import Fraction

from .typed_av import AnyPacket

_LONGEST_JUMP = Fraction(10)  # seconds, as FFmpeg's own tools have it for broadcast formats
_JUMPY = frozenset({"mpegts", "mpeg"})


class Timeline:
    """Shifts all streams together when one of them jumps by more than ten seconds.

    Backward jumps are mended in all formats, forward jumps only in those for broadcast: there a clock may be
    set anew, whereas elsewhere a long gap is meant, such as a still in a screen recording.
    """

    def __init__(self, container: str, start: Fraction) -> None:
        self._mends_forward = container in _JUMPY
        self._shift = -start
        self._expected: dict[int, Fraction] = {}

    def place(self, packet: AnyPacket) -> None:
        """Change the times of the packet so that they count from the start and fit the ones before."""
        told = packet.dts if packet.dts is not None else packet.pts
        if told is None:
            return
        base = packet.time_base
        time = told * base + self._shift
        expected = self._expected.get(packet.stream_index)
        if expected is None and self._expected and self._mends_forward:
            expected = max(self._expected.values())
        if expected is not None and self._is_jump(time - expected):
            self._shift += expected - time
            time = expected
        self._expected[packet.stream_index] = time + (packet.duration or 0) * base
        shift = round(self._shift / base)
        if (
            packet.pts is not None
            and packet.dts is not None
            and self._is_jump((packet.pts - packet.dts) * base)
        ):
            packet.pts = packet.dts
        packet.pts = packet.pts + shift if packet.pts is not None else None
        packet.dts = packet.dts + shift if packet.dts is not None else None

    def _is_jump(self, by: Fraction) -> bool:
        return by < -_LONGEST_JUMP or (self._mends_forward and by > _LONGEST_JUMP)
