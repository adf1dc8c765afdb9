"""The calls about data channels: one publishes, any number receive, one of these may reply."""

from collections.abc import Sequence
from contextlib import suppress

import msgspec

from ..plane import ChannelSource, PlaneRefusal, TooMany
from ..plane import DataChannel as PlaneChannel
from .answering import take_offer
from .lines import Negotiation
from .offering import make_offer
from .refusals import (
    CLOSED_ALREADY,
    NOT_FOUND,
    REPEATED,
    InvalidParams,
    InvalidSessionDescription,
    ItemError,
    NotConnected,
    NotDecodable,
    invalid,
)
from .schemas import (
    Answer,
    DataChannel,
    DataChannels,
    Establishment,
    SessionDescription,
    checked_count,
    checked_name,
)
from .sdp import parse
from .sessions import Channel, Session, Sessions

SERVER_EVENTS = "server-events"
MOST_CHANNEL_ID = 1022  # browsers open no channel beyond (Chromium: 1,024 streams)
_FULL = invalid("the connection has as many data channels as it takes")
_MOST_NUMBER = 65535  # of the 16 bits that WebRTC gives ids and both limits


class Channels:
    """What can be asked about a session's data channels."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._plane = sessions.plane

    async def establish(self, session: Session, wish: Establishment) -> Answer:
        """Negotiate the transport of data channels, and with it the channel of the server's own events."""
        named = wish.data_channel.data_channel_name if wish.data_channel is not None else SERVER_EVENTS
        if named != SERVER_EVENTS:
            raise InvalidParams(
                f"only {SERVER_EVENTS} is established here; others are made by datachannels/new"
            )
        await self._sessions.negotiated(session)
        if session.negotiation.carries_data:
            raise NotDecodable("the transport of data channels is negotiated already")
        after, is_offer = _with_transport(session.negotiation, wish.session_description)
        self._sessions.commit(session, after)
        sdp = self._sessions.offer_of(session) if is_offer else self._sessions.answer_of(session)
        return Answer(
            requires_immediate_renegotiation=is_offer,
            data_channel=DataChannel("remote", data_channel_name=SERVER_EVENTS, id=0),
            session_description=SessionDescription(sdp, "offer" if is_offer else "answer"),
        )

    async def add(self, session: Session, wish: DataChannels) -> Answer:
        """Publish channels, or receive those of other sessions."""
        checked_count(wish.data_channels, "dataChannels")
        for item in wish.data_channels:
            _refuse_what_cannot_be(item)
        await self._sessions.connected(session)
        if not session.negotiation.carries_data:
            raise NotConnected("The transport of data channels is not established")
        self._forget_ended(session)
        return Answer(data_channels=[self._add(session, item) for item in wish.data_channels])

    async def update(self, session: Session, wish: DataChannels) -> Answer:
        """Let a receiver reply, or no longer."""
        checked_count(wish.data_channels, "dataChannels")
        await self._sessions.connected(session)
        return Answer(data_channels=[self._update(session, item) for item in wish.data_channels])

    def close(self, session: Session, wish: DataChannels) -> Answer:
        """Close channels by id."""
        ids = [item.id for item in checked_count(wish.data_channels, "dataChannels")]
        if not all(id_ is not None and 0 <= id_ <= _MOST_NUMBER for id_ in ids):
            raise InvalidParams(f"each data channel needs its id, 0 to {_MOST_NUMBER}")
        return Answer(data_channels=[self._close(session, item) for item in wish.data_channels])

    def _add(self, session: Session, item: DataChannel) -> DataChannel:
        name = item.data_channel_name or ""
        source = None if item.location == "local" else (item.session_id or "", name)
        if any((end.source, end.channel.label) == (source, name) for end in session.channels.values()):
            return _failed(item, REPEATED)
        id_ = _next_id(session)
        if id_ is None:
            return _failed(item, _FULL)
        channel = PlaneChannel(
            id_,
            name,
            item.ordered is not False,
            item.max_retransmits,
            item.max_packet_life_time,
        )
        try:
            if source is None:
                self._plane.publish_channel(session.id, channel)
            elif not self._subscribe(session, channel, source, wait_for_ack=bool(item.wait_for_ack)):
                return _failed(item, NOT_FOUND)
        except TooMany:
            return _failed(item, _FULL)
        except PlaneRefusal:
            return _failed(item, NOT_FOUND)
        session.channels[id_] = end = Channel(channel, source)
        session.last_channel_id = id_
        if item.can_reply and source is not None:
            self._let_reply(session, end, allowed=True)
        return msgspec.structs.replace(item, id=id_)

    def _subscribe(
        self, session: Session, channel: PlaneChannel, source: tuple[str, str], *, wait_for_ack: bool
    ) -> bool:
        publisher = self._published(source)
        if publisher is None:
            return False
        from_ = ChannelSource(source[0], publisher.channel.id)
        self._plane.subscribe_channel(session.id, channel, from_, wait_for_ack=wait_for_ack)
        return True

    def _published(self, source: tuple[str, str]) -> Channel | None:
        publisher = self._sessions.find(source[0])
        ends = () if publisher is None else publisher.channels.values()
        return next((end for end in ends if end.source is None and end.channel.label == source[1]), None)

    def _forget_ended(self, session: Session) -> None:
        """Drop the ends that the plane has closed by itself: not acknowledged, or holding up the others."""
        for id_ in tuple(session.channels):
            try:
                self._plane.channel_is_open(session.id, id_)
            except PlaneRefusal:
                del session.channels[id_]

    def _update(self, session: Session, item: DataChannel) -> DataChannel:
        source = item.session_id or "", item.data_channel_name or ""
        end = next((end for end in session.channels.values() if end.source == source), None)
        if end is None:
            return _failed(item, NOT_FOUND)
        try:
            self._let_reply(session, end, allowed=bool(item.can_reply))
        except PlaneRefusal:
            return _failed(item, NOT_FOUND)
        return msgspec.structs.replace(item, id=end.channel.id)

    def _let_reply(self, session: Session, end: Channel, *, allowed: bool) -> None:
        """Let one receiver reply; it is the only one of its publisher, and replaces the one before."""
        others = self._sessions.receiving(end.source) if allowed and end.source is not None else ()
        for other_session, other in others:
            if other.can_reply and other is not end:
                other.can_reply = False
                with suppress(PlaneRefusal):  # it may just have ended
                    self._plane.let_reply(other_session.id, other.channel.id, allowed=False)
        end.can_reply = allowed
        self._plane.let_reply(session.id, end.channel.id, allowed=allowed)

    def _close(self, session: Session, item: DataChannel) -> DataChannel:
        end = session.channels.pop(item.id, None) if item.id is not None else None
        if end is None:
            return _failed(item, CLOSED_ALREADY)
        try:
            self._plane.close_channel(session.id, end.channel.id)
        except PlaneRefusal:
            return _failed(item, CLOSED_ALREADY)
        publisher = end.source[0] if end.source is not None else None
        return DataChannel(
            "local" if end.source is None else "remote", publisher, end.channel.label, id=item.id
        )


def _with_transport(before: Negotiation, description: SessionDescription | None) -> tuple[Negotiation, bool]:
    """Return the negotiation with data channels, and whether that is an offer of ours."""
    if description is None:
        return make_offer(before, with_data=True).negotiation, True
    if description.type != "offer":
        raise InvalidSessionDescription("an offer is expected here; an answer goes to renegotiate")
    after = take_offer(before, parse(description.sdp)).negotiation
    if not after.carries_data:
        raise InvalidSessionDescription("the offer has no m=application section")
    return after, False


def _refuse_what_cannot_be(item: DataChannel) -> None:
    name = checked_name(item.data_channel_name, "dataChannelName")
    if name == SERVER_EVENTS:
        raise InvalidParams(f"{SERVER_EVENTS} is the server's own channel")
    if item.location is None:
        raise InvalidParams("each data channel needs its location, local or remote")
    if item.location == "remote":
        checked_name(item.session_id, "sessionId")
    elif item.wait_for_ack or item.can_reply:
        raise InvalidParams("waitForAck and canReply are for remote data channels")
    limits = [limit for limit in (item.max_retransmits, item.max_packet_life_time) if limit is not None]
    if len(limits) > 1:
        raise InvalidParams("maxRetransmits and maxPacketLifeTime exclude each other")
    if not all(0 <= limit <= _MOST_NUMBER for limit in limits):
        raise InvalidParams(f"maxRetransmits and maxPacketLifeTime are 0 to {_MOST_NUMBER}")


def _next_id(session: Session) -> int | None:
    """Return an id that is free, and as long as possible after its last use: its stream is then reset."""
    ids: Sequence[int] = range(1, MOST_CHANNEL_ID + 1)
    start = session.last_channel_id % MOST_CHANNEL_ID
    return next((id_ for id_ in [*ids[start:], *ids[:start]] if id_ not in session.channels), None)


def _failed(item: DataChannel, error: ItemError) -> DataChannel:
    return msgspec.structs.replace(item, error_code=error.code, error_description=error.description)
