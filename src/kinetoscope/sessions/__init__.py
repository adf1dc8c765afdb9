"""Live sessions: rooms, who is in them, what they publish and receive, what happens in them.

The media themselves are the media server's, which is reached through `realtime` alone.
"""

from .connections import Connections
from .feed import Feed
from .filing import GAVE_UP, SWEPT_EVERY, Filing
from .ice import IceServers
from .ingest import Ingest
from .joining import Joining
from .models import CLOSE_CONNECTION, FORGET_RECORDING, JOIN_RECORDING, START_TRACKS
from .presence import LOOKED_EVERY, Presence
from .publishing import Publishing
from .realtime import Realtime
from .receiving import Receiving
from .recordings import WATCHED_EVERY, Recordings
from .servers import MediaServers
from .service import SessionLimit, Sessions
from .tokens import SessionTokens
from .turns import Turns

__all__ = [
    "CLOSE_CONNECTION",
    "FORGET_RECORDING",
    "GAVE_UP",
    "JOIN_RECORDING",
    "LOOKED_EVERY",
    "START_TRACKS",
    "SWEPT_EVERY",
    "WATCHED_EVERY",
    "Connections",
    "Feed",
    "Filing",
    "IceServers",
    "Ingest",
    "Joining",
    "MediaServers",
    "Presence",
    "Publishing",
    "Realtime",
    "Receiving",
    "Recordings",
    "SessionLimit",
    "SessionTokens",
    "Sessions",
    "Turns",
]
