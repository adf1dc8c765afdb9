"""The calls about sessions and their tracks: publish, receive, renegotiate, change, close, look."""

import asyncio
from collections.abc import Iterator, Sequence

from ..plane import PlaneRefusal, Source
from .answering import take_offer
from .changing import with_closed, with_layers, with_source
from .lines import Line, Negotiation, Placed, PullWish
from .offering import make_offer, take_answer
from .refusals import NOT_FOUND, SILENT, InvalidParams, ItemError, not_updated
from .schemas import (
    Answer,
    ChangedTracks,
    ClosedTracks,
    DataChannel,
    NewSession,
    NewTracks,
    Renegotiation,
    SessionDescription,
    Simulcast,
    Track,
    checked_count,
    checked_name,
    with_outcome,
)
from .sdp import Description, parse
from .sessions import Channel, Session, Sessions
from .wishes import (
    checked_tracks,
    format_of,
    layers_of,
    locator_of,
    new_ssrcs,
    offer_in,
    outcomes,
    pull_wish,
    push_wish,
    random_names,
)

MEDIA_SECONDS = 5.0
"""How long a pull waits for the publisher's first packet."""

_LOOK_SECONDS = 0.02

Found = tuple[Source, Line]


class Tracks:
    """What can be asked about a session and its tracks."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def new_session(self, wish: NewSession) -> Answer:
        """Open a session; an offer that comes along is answered."""
        offer = None if wish.session_description is None else offer_in(wish.session_description)
        session = self._sessions.open()
        if offer is None:
            return Answer(session_id=session.id)
        try:
            self._sessions.commit(session, take_offer(session.negotiation, offer).negotiation)
        except Exception:
            self._sessions.close(session)
            raise
        return Answer(session_id=session.id, session_description=self._answer(session))

    async def add(self, session: Session, wish: NewTracks) -> Answer:
        """Publish and receive tracks: as the client offers, or by an offer of ours."""
        offer = None if wish.session_description is None else offer_in(wish.session_description)
        tracks = checked_tracks(wish, with_offer=offer is not None)
        await self._sessions.negotiated(session)
        found = await self._found([track for track in tracks if track.location == "remote"])
        if offer is None:
            return self._add_by_our_offer(session, tracks, found)
        return self._add_as_offered(session, tracks, found, offer, discovers=bool(wish.auto_discover))

    def renegotiate(self, session: Session, wish: Renegotiation) -> Answer:
        """Take the client's answer to our offer, or answer one of its own, as for an ICE restart."""
        description = parse(wish.session_description.sdp)
        if wish.session_description.type == "answer":
            self._sessions.commit(session, take_answer(session.negotiation, description))
            return Answer()
        self._sessions.commit(session, take_offer(session.negotiation, description).negotiation)
        return Answer(session_description=self._answer(session))

    async def update(self, session: Session, wish: ChangedTracks) -> Answer:
        """Point receiving transceivers at other tracks, or choose other layers; nothing is negotiated."""
        checked_count(wish.tracks, "tracks")
        await self._sessions.connected(session)
        tracks = [self._update(session, track) for track in wish.tracks]
        return Answer(requires_immediate_renegotiation=False, tracks=tracks)

    async def close(self, session: Session, wish: ClosedTracks) -> Answer:
        """Close tracks: at once by force, else along with an offer of the client, which is answered."""
        mids = [checked_name(track.mid, "mid") for track in checked_count(wish.tracks, "tracks")]
        offer = None
        if not wish.force:
            if wish.session_description is None:
                raise InvalidParams("closing without force needs an offer in sessionDescription")
            offer = offer_in(wish.session_description)
            await self._sessions.negotiated(session)
        after, placed = with_closed(session.negotiation, mids)
        if offer is not None:
            after = take_offer(after, offer).negotiation
        self._sessions.commit(session, after)
        return Answer(
            requires_immediate_renegotiation=False,
            tracks=[with_outcome(Track(), item.mid, item.error) for item in placed],
            session_description=None if offer is None else self._answer(session),
        )

    def show(self, session: Session) -> Answer:
        """Return the session's tracks and data channels with their status."""
        lines = session.negotiation.lines
        return Answer(
            tracks=[track for line in lines for track in self._shown(session, line)],
            data_channels=[self._shown_channel(session, end) for end in session.channels.values()],
        )

    def end(self, session: Session) -> Answer:
        """End the session at once, which Cloudflare's API lacks."""
        self._sessions.close(session)
        return Answer()

    def _add_as_offered(
        self,
        session: Session,
        tracks: Sequence[Track],
        found: dict[tuple[str, str], Found | ItemError],
        offer: Description,
        *,
        discovers: bool,
    ) -> Answer:
        pulls, errors = self._wishes(session, tracks, found)
        answered = take_offer(
            session.negotiation,
            offer,
            pushes=[push_wish(track) for track in tracks if track.location == "local"],
            pulls=pulls,
            names=random_names() if discovers else None,
        )
        self._sessions.commit(session, answered.negotiation)
        shown = outcomes(tracks, answered.pushes, answered.pulls, errors)
        shown += [Track("local", mid, track_name=name) for name, mid in answered.discovered]
        return Answer(
            requires_immediate_renegotiation=False,
            tracks=shown,
            session_description=self._answer(session),
        )

    def _add_by_our_offer(
        self, session: Session, tracks: Sequence[Track], found: dict[tuple[str, str], Found | ItemError]
    ) -> Answer:
        pulls, errors = self._wishes(session, tracks, found)
        pushes = [push_wish(track) for track in tracks if track.location == "local"]
        made = make_offer(session.negotiation, pushes=pushes, pulls=pulls)
        self._sessions.commit(session, made.negotiation)
        offer = SessionDescription(self._sessions.offer_of(session), "offer") if made.is_needed else None
        return Answer(
            requires_immediate_renegotiation=made.is_needed,
            tracks=outcomes(tracks, made.pushes, made.pulls, errors),
            session_description=offer,
        )

    async def _found(self, tracks: Sequence[Track]) -> dict[tuple[str, str], Found | ItemError]:
        """Return each remote track, or why there is none; waits for those on which nothing has come yet."""
        wanted = {locator_of(track) for track in tracks}
        found = await asyncio.gather(*(self._published(*locator) for locator in wanted))
        return dict(zip(wanted, found, strict=True))

    async def _published(self, session_id: str, name: str) -> Found | ItemError:
        deadline = asyncio.get_running_loop().time() + MEDIA_SECONDS
        while (found := self._find(session_id, name)) is not None:
            if self._sessions.seconds_since_received(found[0]) is not None:
                return found
            if asyncio.get_running_loop().time() > deadline:
                return SILENT
            await asyncio.sleep(_LOOK_SECONDS)
        return NOT_FOUND

    def _find(self, session_id: str, name: str) -> Found | None:
        publisher = self._sessions.find(session_id)
        line = None if publisher is None else publisher.negotiation.pushing(name)
        return None if line is None else (Source(session_id, line.mid), line)

    def _wishes(
        self, session: Session, tracks: Sequence[Track], found: dict[tuple[str, str], Found | ItemError]
    ) -> tuple[list[PullWish], dict[int, ItemError]]:
        """Return the wishes for the remote tracks that were found, and by index the errors of the others."""
        wishes: list[PullWish] = []
        errors: dict[int, ItemError] = {}
        ssrcs = new_ssrcs(session.negotiation)
        for index, track in enumerate(tracks):
            if track.location != "remote":
                continue
            place = found[locator_of(track)]
            if isinstance(place, ItemError):
                errors[index] = place
            else:
                wishes.append(pull_wish(track, *place, ssrcs))
        return wishes, errors

    def _update(self, session: Session, track: Track) -> Track:
        mid = checked_name(track.mid, "mid")
        negotiation, placed = session.negotiation, Placed(mid)
        if track.track_name is not None or track.session_id is not None:
            found = self._find(*locator_of(track))
            if found is None or (format_ := format_of(found[1])) is None:
                return with_outcome(track, mid, NOT_FOUND)
            source, line = found
            negotiation, placed = with_source(
                negotiation,
                mid,
                source=source,
                name=track.track_name or "",
                kind="video" if line.kind == "video" else "audio",
                key=format_.key,
            )
        if placed.error is None and track.simulcast is not None:
            negotiation, placed = self._with_layers(negotiation, mid, track.simulcast)
        if placed.error is None:
            self._sessions.commit(session, negotiation)
        return with_outcome(track, mid, placed.error)

    def _with_layers(self, negotiation: Negotiation, mid: str, wish: Simulcast) -> tuple[Negotiation, Placed]:
        line = negotiation.at(mid)
        pull = None if line is None else line.pull
        publisher = None if pull is None else self._find(pull.source.connection_id, pull.name)
        push = None if publisher is None else publisher[1].push
        if push is not None and not push.rids:
            return negotiation, Placed(mid, not_updated("the track is not published in several layers"))
        return with_layers(negotiation, mid, layers_of(wish))

    def _shown(self, session: Session, line: Line) -> Iterator[Track]:
        if line.push is not None:
            heard = self._sessions.seconds_since_received(Source(session.id, line.mid))
            status = "initializing" if heard is None else "active"
            yield Track("local", line.mid, track_name=line.push.name, status=status)
        if (pull := line.pull) is not None:
            publisher = pull.source.connection_id
            there = self._find(publisher, pull.name)
            status = (
                "initializing" if not pull.is_accepted else "active" if pull.flows and there else "inactive"
            )
            yield Track("remote", line.mid, publisher, pull.name, status=status)

    def _shown_channel(self, session: Session, end: Channel) -> DataChannel:
        try:
            is_open = self._sessions.plane.channel_is_open(session.id, end.channel.id)
            status = "active" if is_open else "initializing"
        except PlaneRefusal:
            status = "inactive"
        publisher, name = end.source or (None, end.channel.label)
        location = "local" if end.source is None else "remote"
        return DataChannel(location, publisher, name, id=end.channel.id, status=status)

    def _answer(self, session: Session) -> SessionDescription:
        return SessionDescription(self._sessions.answer_of(session), "answer")
