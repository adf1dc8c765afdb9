"""Live sessions, on the media server that the settings name."""

from datetime import timedelta
from urllib.parse import urlsplit

from ..kernel.limits import RateLimit
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

APP_ID = "kinetoscope"
"""What we call ourselves at our own media server."""

_CLOUDFLARE = "cloudflare.com"
_CLOUDFLARE_STUN = "stun:stun.cloudflare.com:3478"


def sessions_part(base: Base) -> Part:
    """Return what live sessions bring."""
    settings, db, clock = base.settings, base.db, base.clock
    secret = settings.realtime_app_secret
    realtime = Realtime(
        settings.realtime_app_id or APP_ID,
        secret.get_secret_value() if secret else base.keyring.derive("realtime").hex(),
    )
    url = settings.realtime_url
    servers = MediaServers(
        db, clock=clock, realtime=realtime, own_url=url.removesuffix("/v1") if url else None
    )
    turns = Turns(db)
    connections = Connections(db, clock=clock, realtime=realtime, servers=servers, turns=turns)
    turn_secret = settings.turn_secret
    ice = IceServers(
        clock=clock,
        stun_urls=stun_urls(settings),
        turn_urls=settings.turn_urls,
        turn_secret=turn_secret.get_secret_value().encode() if turn_secret else base.keyring.derive("turn"),
        ttl_seconds=settings.turn_ttl_seconds,
    )
    tokens = SessionTokens(base.keyring, clock=clock, lifetime=timedelta(hours=settings.session_token_hours))
    feed = Feed(db, clock=clock, servers=servers)
    presence = Presence(db, clock=clock, realtime=realtime)
    return Part(
        services=[
            ice,
            tokens,
            feed,
            presence,
            Sessions(db, clock=clock, servers=servers),
            SessionLimit(
                db,
                clock=clock,
                limit=RateLimit.parse(settings.session_rate_limit),
                secret=base.keyring.derive("rate-limit"),
            ),
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
    )


def stun_urls(settings: Settings) -> tuple[str, ...]:
    """Return the STUN servers of the settings; else that of the media server."""
    if settings.stun_urls or settings.realtime_url is None:
        return settings.stun_urls
    host = urlsplit(settings.realtime_url).hostname or ""
    if host.endswith(_CLOUDFLARE):
        return (_CLOUDFLARE_STUN,)
    return ()
