"""Live sessions: rooms, who is in them, what they publish and receive, what happens in them.

The media themselves are the media server's, which is reached through `realtime` alone.
"""

from .connections import Connections
from .feed import Feed
from .ice import IceServers
from .ingest import Ingest
from .joining import Joining
from .models import CLOSE_CONNECTION
from .presence import LOOKED_EVERY, Presence
from .publishing import Publishing
from .realtime import Realtime
from .receiving import Receiving
from .servers import MediaServers
from .service import SessionLimit, Sessions
from .tokens import SessionTokens
from .turns import Turns

__all__ = [
    "CLOSE_CONNECTION",
    "LOOKED_EVERY",
    "Connections",
    "Feed",
    "IceServers",
    "Ingest",
    "Joining",
    "MediaServers",
    "Presence",
    "Publishing",
    "Realtime",
    "Receiving",
    "SessionLimit",
    "SessionTokens",
    "Sessions",
    "Turns",
]
