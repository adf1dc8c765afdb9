"""Asking publishers for key frames: many receivers' wishes become one request."""

from ..wire import rtcp
from .model import Stream
from .sending import Sending

_APART_US = 400_000
_REPEAT_US = 500_000


class KeyFrames:
    """Asks each stream at most every 0.4 s, and every 0.5 s while somebody waits for a first picture."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._wanted: set[Stream] = set()
        self.asked = 0

    def ask(self, stream: Stream, now_us: int) -> None:
        """Ask now, or as soon as it is decent."""
        if not stream.track.is_video or not stream.track.codec.pli:
            return
        self._wanted.add(stream)
        if now_us - stream.key_frame_asked_us >= _APART_US:
            self._send(stream, now_us)

    def came(self, stream: Stream) -> None:
        """Forget the wish: a key frame has begun."""
        self._wanted.discard(stream)

    def tick(self, now_us: int) -> None:
        """Send what is due: a lost request or a lost key frame must not strand anybody."""
        for stream in list(self._wanted):
            since = now_us - stream.key_frame_asked_us
            if since >= (_REPEAT_US if stream.waiting else _APART_US):
                self._send(stream, now_us)

    def _send(self, stream: Stream, now_us: int) -> None:
        peer = stream.track.peer
        stream.key_frame_asked_us = now_us
        if not stream.waiting:
            self._wanted.discard(stream)
        self.asked += 1
        self._sending.rtcp(peer, rtcp.pli(peer.ssrc, stream.ssrc))
