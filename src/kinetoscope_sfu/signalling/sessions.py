"""The sessions of the server: each one connection with its negotiation, its data channels and its allowance.

A change is made in one step of the event loop: what has to be awaited (a connection, a first packet) is
awaited before, and what then holds is checked anew. So changes of a session never interleave.
"""

import logging
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..plane import (
    ConnectionState,
    DataChannel,
    FingerprintChanged,
    IceCredentials,
    Plane,
    PlaneRefusal,
    RemoteTransport,
    RepeatedTrack,
    Source,
    TooMany,
    UnknownConnection,
)
from .applying import apply
from .changing import with_closed
from .lines import Negotiation
from .refusals import (
    InvalidParams,
    InvalidSessionDescription,
    NotConnected,
    ServerFull,
    SessionGone,
    TooManyCalls,
)
from .writing import Speaker, written_answer, written_offer

log = logging.getLogger("kinetoscope_sfu")

CONNECT_SECONDS = 5.0
SILENT_SECONDS = 30.0
UNCONNECTED_SECONDS = 60.0
CALLS_PER_SECOND = 50.0

_GONE = {ConnectionState.FAILED, ConnectionState.CLOSED}


@dataclass(slots=True)
class Channel:
    """One end of a data channel. `source` is the publisher's session and name, None on its own end."""

    channel: DataChannel
    source: tuple[str, str] | None = None
    can_reply: bool = False


@dataclass(slots=True)
class Session:
    """One connection. `heard` tells for each published mid when its last packet came.

    `called_at` counts for the allowance of calls, `changed_at` for how long a client may take to connect.
    """

    id: str
    credentials: IceCredentials
    called_at: float
    changed_at: float
    negotiation: Negotiation = field(default_factory=Negotiation)
    channels: dict[int, Channel] = field(default_factory=dict[int, Channel])
    heard: dict[str, float] = field(default_factory=dict[str, float])
    calls: float = CALLS_PER_SECOND
    last_channel_id: int = 0


class Sessions:
    """Finds, changes and ends sessions. `now` is a clock that only goes forward, in seconds."""

    def __init__(self, plane: Plane, *, now: Callable[[], float]) -> None:
        self.plane = plane
        self._now = now
        self._sessions: dict[str, Session] = {}
        plane.on_state = self._on_state

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._sessions)

    def open(self) -> Session:
        """Return a new session that nobody has connected to."""
        id_ = secrets.token_hex(16)
        try:
            session = Session(id_, self.plane.open(id_), self._now(), self._now())
        except TooMany as error:
            raise ServerFull("The server has as many connections as it takes") from error
        self._sessions[id_] = session
        return session

    def find(self, id_: str) -> Session | None:
        """Return a session, or None for one that is gone or never was."""
        return self._sessions.get(id_)

    def receiving(self, source: tuple[str, str]) -> list[tuple[Session, Channel]]:
        """Return who receives a data channel, by the session and the name of its publisher."""
        sessions = self._sessions.values()
        return [(each, end) for each in sessions for end in each.channels.values() if end.source == source]

    def require(self, id_: str) -> Session:
        """Return a session, or refuse with 410."""
        session = self._sessions.get(id_)
        if session is None:
            raise SessionGone("The session has ended, or never was")
        return session

    def called(self, id_: str) -> Session:
        """Return a session that a call is about, and count the call against its allowance."""
        session = self.require(id_)
        now = self._now()
        earned = (now - session.called_at) * CALLS_PER_SECOND
        session.calls = min(CALLS_PER_SECOND, session.calls + earned)
        session.called_at = now
        if session.calls < 1:
            raise TooManyCalls(f"A session takes {CALLS_PER_SECOND:.0f} calls a second")
        session.calls -= 1
        return session

    async def connected(self, session: Session) -> None:
        """Return when the session's connection is up; refuse when it does not come up in time."""
        with told():
            is_connected = await self.plane.wait_connected(session.id, CONNECT_SECONDS)
        if not is_connected:
            self.require(session.id)
            raise NotConnected("The connection is not up yet")

    async def negotiated(self, session: Session) -> None:
        """As `connected`, but a session that has negotiated nothing yet may begin."""
        if session.negotiation.awaits_answer:
            raise InvalidSessionDescription("our own offer waits for its answer first")
        if session.negotiation.version > 0:
            await self.connected(session)

    def commit(self, session: Session, after: Negotiation) -> None:
        """Make a negotiation the session's own, in the plane and here."""
        before = self.require(session.id).negotiation
        with told():
            if after.fingerprints != before.fingerprints:
                self.plane.set_remote(session.id, RemoteTransport(after.fingerprints))
            apply(self.plane, session.id, before, after)
            if before.ufrag and after.ufrag != before.ufrag:
                session.credentials = self.plane.restart_ice(session.id)
        session.negotiation = after
        session.changed_at = self._now()
        pushed = [line.mid for line in after.lines if line.push is not None]
        session.heard = {mid: session.heard.get(mid, self._now()) for mid in pushed}

    def offer_of(self, session: Session) -> str:
        """Return our offer as text."""
        return written_offer(session.negotiation, self._speaker(session))

    def answer_of(self, session: Session) -> str:
        """Return our answer as text."""
        return written_answer(session.negotiation, self._speaker(session))

    def close(self, session: Session) -> None:
        """End a session and its connection."""
        self._sessions.pop(session.id, None)
        self.plane.close(session.id)

    def close_all(self) -> None:
        """End all of them."""
        for session in tuple(self._sessions.values()):
            self.close(session)

    def sweep(self) -> None:
        """Collect tracks that nobody sends on, and sessions to which nobody connected. For every second."""
        now = self._now()
        for session in tuple(self._sessions.values()):
            waits = self.plane.state(session.id) is not ConnectionState.CONNECTED
            if waits and now - session.changed_at > UNCONNECTED_SECONDS:
                self.close(session)
            else:
                self._collect(session, now)

    def seconds_since_received(self, source: Source) -> float | None:
        """Return how long ago a track's last packet came; None where none has come or the track is gone."""
        try:
            return self.plane.seconds_since_received(source.connection_id, source.mid)
        except PlaneRefusal:
            return None

    def _collect(self, session: Session, now: float) -> None:
        for mid in session.heard:
            seconds = self.seconds_since_received(Source(session.id, mid))
            if seconds is not None:
                session.heard[mid] = now - seconds
        silent = [mid for mid, at in session.heard.items() if now - at > SILENT_SECONDS]
        if silent:
            after, _ = with_closed(session.negotiation, silent)
            self.commit(session, after)

    def _speaker(self, session: Session) -> Speaker:
        return Speaker(session.id, session.credentials, self.plane.local())

    def _on_state(self, connection_id: str, state: ConnectionState) -> None:
        if state in _GONE:
            self._sessions.pop(connection_id, None)


@contextmanager
def told() -> Generator[None]:
    """Turn what the plane refuses into what the API refuses."""
    try:
        yield
    except UnknownConnection as error:
        raise SessionGone("The session has ended") from error
    except FingerprintChanged as error:
        raise InvalidSessionDescription("the certificate is another than in the first description") from error
    except RepeatedTrack as error:
        raise InvalidSessionDescription("an SSRC is in use on another section") from error
    except TooMany as error:
        raise InvalidParams("The connection carries as much as it takes") from error
