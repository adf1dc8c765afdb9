"""Data channels from one publisher to many subscribers, and back to the publisher where that is allowed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from aiortc.rtcdatachannel import RTCDataChannel

from ..plane import ChannelSource, DataChannel, RepeatedTrack, TooMany, UnknownTrack
from .sctp import LARGEST_MESSAGE, Sctp

SERVER_EVENTS = DataChannel(0, "server-events")
MOST_CHANNELS = 256  # of one connection
_FULL = 1 << 20  # bytes waiting for one subscriber
_PATIENCE_US = 5_000_000  # how long one subscriber may hold up its publisher
_ACK_US = 30_000_000
_MOST_HELD = 256  # messages for a subscriber that has not acknowledged

Message = str | bytes


@dataclass(eq=False, slots=True)
class End:
    """One side's end of a relayed channel."""

    of: "DataEnds"
    channel: RTCDataChannel
    is_reliable: bool
    subscribers: "list[End]" = field(default_factory=list["End"])
    publisher: "End | None" = None
    may_reply: bool = False
    held: list[Message] | None = None  # until the acknowledgement
    deadline_us: int = 0  # of the acknowledgement
    full_since_us: int = 0

    def is_open(self) -> bool:
        """Tell whether messages can be sent."""
        return self.channel.readyState == "open"

    def send(self, message: Message) -> None:
        """Send, or hold, or drop where the channel may lose."""
        size = len(message) if isinstance(message, bytes) else len(message.encode())
        if size > LARGEST_MESSAGE:
            return
        if self.held is not None:
            if len(self.held) < _MOST_HELD:
                self.held.append(message)
        elif self.is_open() and (self.is_reliable or self.channel.bufferedAmount < _FULL):
            self.channel.send(message)


class DataEnds:
    """The channels of one connection."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.sctp = Sctp(send)
        self._ends: dict[int, End] = {}
        self._events = self._open(SERVER_EVENTS)

    def tell(self, message: str) -> None:
        """Send on the server-events channel."""
        self._events.send(message)

    def publish(self, channel: DataChannel) -> None:
        """Pass what comes on a channel to its subscribers. Refused: `RepeatedTrack`, `TooMany`."""
        end = self._open(channel)

        def received(message: Message) -> None:
            for subscriber in list(end.subscribers):
                subscriber.send(message)

        end.channel.on("message", received)

    def subscribe(self, channel: DataChannel, publisher: End, ack_by_us: int) -> None:
        """Join a publisher's channel; `ack_by_us`: 0 where no acknowledgement is wanted."""
        end = self._open(channel)
        end.publisher = publisher
        if ack_by_us:
            end.held, end.deadline_us = [], ack_by_us
        publisher.subscribers.append(end)

        def received(message: Message) -> None:
            if end.held is not None:
                held, end.held = end.held, None
                for one in held:
                    end.send(one)
            elif end.may_reply and end.publisher is not None:
                end.publisher.send(message)

        end.channel.on("message", received)

    def end(self, channel_id: int) -> End:
        """Return an end. Refused: `UnknownTrack`."""
        try:
            return self._ends[channel_id]
        except KeyError:
            raise UnknownTrack(channel_id) from None

    def close_channel(self, channel_id: int) -> None:
        """Close an end. Refused: `UnknownTrack`."""
        end = self.end(channel_id)
        del self._ends[channel_id]
        _detach(end)
        end.channel.remove_all_listeners()
        end.channel.close()

    def close(self) -> None:
        """Close everything."""
        for end in self._ends.values():
            _detach(end)
        self._ends.clear()
        self.sctp.close()

    def tick(self, now_us: int) -> None:
        """Take in what the rate and the slowest subscriber allow; drop subscribers that hold up the rest."""
        full = False
        for end in list(self._ends.values()):
            full |= any(_is_full(subscriber, now_us) for subscriber in list(end.subscribers))
            if end.held is not None and now_us > end.deadline_us:
                self.close_channel(end.channel.id or 0)
        self.sctp.is_held = full
        self.sctp.tick()

    def _open(self, channel: DataChannel) -> End:
        if channel.id in self._ends:
            raise RepeatedTrack(channel.id)
        if len(self._ends) >= MOST_CHANNELS:
            raise TooMany
        is_reliable = channel.max_retransmits is None and channel.max_packet_life_time is None
        try:
            end = End(self, self.sctp.open(channel), is_reliable)
        except ValueError:  # its last use is not closed by the client yet
            raise RepeatedTrack(channel.id) from None
        self._ends[channel.id] = end
        return end


def ack_deadline(now_us: int) -> int:
    """Return until when an acknowledgement is awaited."""
    return now_us + _ACK_US


def source_end(ends: DataEnds | None, source: ChannelSource) -> End:
    """Return the publisher's end. Refused: `UnknownTrack`."""
    if ends is None:
        raise UnknownTrack(source.channel_id)
    return ends.end(source.channel_id)


def _is_full(subscriber: End, now_us: int) -> bool:
    if not subscriber.is_reliable or subscriber.channel.bufferedAmount < _FULL:
        subscriber.full_since_us = 0
        return False
    subscriber.full_since_us = subscriber.full_since_us or now_us
    if now_us - subscriber.full_since_us > _PATIENCE_US:
        subscriber.of.close_channel(subscriber.channel.id or 0)
        return False
    return True


def _detach(end: End) -> None:
    for subscriber in end.subscribers:
        subscriber.publisher = None
    end.subscribers.clear()
    if end.publisher is not None:
        end.publisher.subscribers.remove(end)
        end.publisher = None
