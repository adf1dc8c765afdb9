"""Live sessions, on the media server that the settings name."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from ..kernel.jobs import Job
from ..kernel.limits import RateLimit
from ..kernel.realtime import realtime_app
from ..kernel.runner import Duty, Handler, Lane
from ..kernel.settings import Settings
from ..sessions import (
    CLOSE_CONNECTION,
    FORGET_RECORDING,
    GAVE_UP,
    JOIN_RECORDING,
    LOOKED_EVERY,
    START_TRACKS,
    SWEPT_EVERY,
    WATCHED_EVERY,
    Connections,
    Feed,
    Filing,
    IceServers,
    Ingest,
    Joining,
    MediaServers,
    Presence,
    Publishing,
    Realtime,
    Receiving,
    Recordings,
    SessionLimit,
    Sessions,
    SessionTokens,
    Turns,
)
from ..videos import CHANGED, DELETED
from .media import engine_limits, handing_in
from .part import Base, Part

_ATTEMPTS = 20


def sessions_part(base: Base) -> Part:
    """Return what live sessions bring."""
    settings, db, clock = base.settings, base.db, base.clock
    realtime = Realtime(partial(realtime_app, settings))
    servers = MediaServers(db, clock=clock, realtime=realtime)
    turns = Turns(db)
    connections = Connections(db, clock=clock, realtime=realtime, servers=servers, turns=turns)
    ice = _ice_servers(base, realtime)
    tokens = SessionTokens(base.keyring, clock=clock, lifetime=timedelta(hours=settings.session_token_hours))
    presence = Presence(db, clock=clock, realtime=realtime)
    feed = Feed(db, clock=clock, servers=servers)
    recordings = Recordings(db, clock=clock, realtime=realtime)
    filing = Filing(
        db,
        clock=clock,
        realtime=realtime,
        servers=servers,
        media=handing_in(base),
        limits=engine_limits(base),
    )
    return Part(
        services=[
            ice,
            tokens,
            feed,
            presence,
            recordings,
            filing,
            Sessions(db, clock=clock, servers=servers),
            _limit(base, settings),
            Joining(db, clock=clock, tokens=tokens, ice=ice),
            Publishing(db, clock=clock, realtime=realtime, connections=connections),
            Receiving(db, clock=clock, realtime=realtime, connections=connections),
            Ingest(db, clock=clock, realtime=realtime, connections=connections, ice=ice),
        ],
        handlers={
            CLOSE_CONNECTION: Handler(presence.close_connection),
            START_TRACKS: Handler(recordings.start_tracks),
            FORGET_RECORDING: Handler(filing.forget),
        },
        reactions={CHANGED: filing.video_changed, DELETED: filing.video_changed},
        lanes=[Lane("recordings", {JOIN_RECORDING: _joining(filing)}, settings.media_processes)],
        duties=[
            Duty("sessions.presence", LOOKED_EVERY, presence.look),
            Duty("sessions.recordings", WATCHED_EVERY, recordings.watch),
            Duty("sessions.sweep-recordings", SWEPT_EVERY, filing.sweep),
            Duty("sessions.forget-old", timedelta(minutes=10), presence.forget_old),
        ],
        erasers=[presence.erase_account],
        resources=[realtime, turns, feed],
        endings=[feed.end_streams],
    )


def _joining(filing: Filing) -> Handler:
    """Return how a recording is joined: tried for hours, for its media server may be away."""

    async def give_up(job: Job, _: str) -> None:
        await filing.fail(UUID(job.text("recording_id")), GAVE_UP)

    return Handler(filing.join, give_up, attempts=_ATTEMPTS)


def _limit(base: Base, settings: Settings) -> SessionLimit:
    return SessionLimit(
        base.db,
        clock=base.clock,
        limit=RateLimit.parse(settings.session_rate_limit),
        secret=base.keyring.derive("rate-limit"),
    )


def _ice_servers(base: Base, realtime: Realtime) -> IceServers:
    settings = base.settings
    secret = settings.turn_secret
    return IceServers(
        clock=base.clock,
        realtime=realtime,
        stun_urls=settings.stun_urls,
        turn_urls=settings.turn_urls,
        # Where no TURN server is set, what is made with it opens nothing.
        turn_secret=secret.get_secret_value().encode() if secret else base.keyring.derive("turn"),
        ttl_seconds=settings.turn_ttl_seconds,
    )
