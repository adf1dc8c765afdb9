"""SCTP for data channels (RFC 8831) by aiortc's transport, driven alone and kept within bounds.

Its coroutines never wait for anything: they are run to their end at once, without tasks. What a client sends
is counted against a rate, because SCTP in Python at full speed would take a whole core: packets over the rate
wait, and when too many wait they are lost, which is how SCTP learns to slow down.
"""

import struct
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, cast

from aiortc.exceptions import InvalidStateError
from aiortc.rtcdatachannel import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcsctptransport import DataChunk, InboundStream, RTCSctpCapabilities, RTCSctpTransport

from ..plane import DataChannel

PORT = 5000
LARGEST_MESSAGE = 65536
_BYTES_A_TICK = 16_000  # 800 KB/s
_MOST_WAITING = 512  # packets
_FARTHEST_AHEAD = 4096  # chunks that may overtake a missing one
_HALF = 1 << 31
_DCEP = 50  # payload protocol identifier
_BROKEN = (ValueError, AssertionError, LookupError, struct.error, InvalidStateError, TypeError)


class _Wire:
    """What aiortc's SCTP asks of a DTLS transport."""

    _role = "server"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self.state = "connected"

    def _register_data_receiver(self, _receiver: object) -> None:
        """Do nothing: packets are handed over directly."""

    def _unregister_data_receiver(self, _receiver: object) -> None:
        """Do nothing, as above."""

    async def _send_data(self, packet: bytes) -> None:
        if self.state != "closed":
            self._send(packet)


class _BoundedSctp(RTCSctpTransport):
    """Accepts data on negotiated channels only, and no more than it has announced room for."""

    async def take(self, packet: bytes) -> None:
        """Handle a packet from the client."""
        await self._handle_data(packet)

    def _get_inbound_stream(self, stream_id: int) -> InboundStream:
        known = stream_id in self._data_channels
        return super()._get_inbound_stream(stream_id) if known else InboundStream()

    async def _data_channel_receive(self, stream_id: int, pp_id: int, data: bytes) -> None:
        if pp_id != _DCEP:  # channels are negotiated out of band: none is opened by a message (RFC 8832)
            await super()._data_channel_receive(stream_id, pp_id, data)

    async def _receive_data_chunk(self, chunk: DataChunk) -> None:
        newest = self._last_received_tsn
        if newest is None or _FARTHEST_AHEAD < (chunk.tsn - newest) & 0xFFFFFFFF < _HALF:
            return
        if chunk.stream_id not in self._data_channels:
            self._sack_needed = True
            self._mark_received(chunk.tsn)
        elif self._advertised_rwnd >= len(chunk.user_data):
            await super()._receive_data_chunk(chunk)


class Sctp:
    """One association: channels by id, messages in and out."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._wire = _Wire(send)
        self._sctp = _BoundedSctp(cast("RTCDtlsTransport", self._wire), PORT)
        self._waiting: deque[bytes] = deque()
        self._tokens = _BYTES_A_TICK
        self.is_started = False
        self.is_broken = False
        self.is_held = False  # receivers cannot follow: nothing is read

    def start(self) -> None:
        """Begin the association; both sides may (RFC 8841 §9.3)."""
        if not self.is_started:
            self.is_started = True
            self._run(self._sctp.start(RTCSctpCapabilities(maxMessageSize=LARGEST_MESSAGE), PORT))

    def receive(self, packet: bytes) -> None:
        """Take a packet, now or when the rate allows."""
        if self._tokens > 0 and not self._waiting and not self.is_held:
            self._take(packet)
        elif len(self._waiting) < _MOST_WAITING:
            self._waiting.append(packet)

    def tick(self) -> None:
        """Let the rate's next share in."""
        self._tokens = _BYTES_A_TICK
        while self._waiting and self._tokens > 0 and not self.is_held:
            self._take(self._waiting.popleft())

    def _take(self, packet: bytes) -> None:
        self._tokens -= len(packet)
        if self.is_started:
            self._run(self._sctp.take(packet))

    def open(self, channel: DataChannel) -> RTCDataChannel:
        """Return a channel negotiated out of band."""
        return RTCDataChannel(
            self._sctp,
            RTCDataChannelParameters(
                label=channel.label,
                ordered=channel.ordered,
                maxRetransmits=channel.max_retransmits,
                maxPacketLifeTime=channel.max_packet_life_time,
                negotiated=True,
                id=channel.id,
            ),
        )

    def close(self) -> None:
        """End the association."""
        self._waiting.clear()
        if self.is_started:
            self._run(self._sctp.stop())
        self._wire.state = "closed"

    def _run(self, steps: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine that does not wait. What a client's nonsense breaks, ends the association."""
        try:
            steps.send(None)
        except StopIteration:
            return
        except _BROKEN:
            self.is_broken = True
        finally:
            steps.close()
