"""Live sessions, on the media server that the settings name."""

from datetime import timedelta
from functools import partial

from ..kernel.limits import RateLimit
from ..kernel.realtime import realtime_app
from ..kernel.runner import Duty, Handler
from ..kernel.settings import Settings
from ..sessions import (
    CLOSE_CONNECTION,
    LOOKED_EVERY,
    Connections,
    Feed,
    IceServers,
    Ingest,
    Joining,
    MediaServers,
    Presence,
    Publishing,
    Realtime,
    Receiving,
    SessionLimit,
    Sessions,
    SessionTokens,
    Turns,
)
from .part import Base, Part


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
    return Part(
        services=[
            ice,
            tokens,
            feed,
            presence,
            Sessions(db, clock=clock, servers=servers),
            _limit(base, settings),
            Joining(db, clock=clock, tokens=tokens, ice=ice),
            Publishing(db, clock=clock, realtime=realtime, connections=connections),
            Receiving(db, clock=clock, realtime=realtime, connections=connections),
            Ingest(db, clock=clock, realtime=realtime, connections=connections, ice=ice),
        ],
        handlers={CLOSE_CONNECTION: Handler(presence.close_connection)},
        duties=[
            Duty("sessions.presence", LOOKED_EVERY, presence.look),
            Duty("sessions.forget-old", timedelta(minutes=10), presence.forget_old),
        ],
        erasers=[presence.erase_account],
        resources=[realtime, turns, feed],
        endings=[feed.end_streams],
    )


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
