"""The one place where the platform's objects are made and given to each other.

Each domain brings a `Part`, from a file of its own here; a new domain is one line in `_PARTS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ..accounts import Authentication, TokenSigner
from ..http.idempotency import Replay
from ..kernel.clock import Clock, system_clock
from ..kernel.db import Database
from ..kernel.runner import Duty, Lane
from ..kernel.secrets import Keyring
from ..kernel.settings import Settings
from ..videos import CHANGED, DELETED
from .accounts import accounts_part, erasure_handlers
from .albums import albums_part
from .analytics import analytics_part
from .edge import edge_part
from .engagement import engagement_part
from .media import media_part
from .pages import pages_part
from .part import Base, Part, Resource, reacting
from .recommendations import recommendations_part
from .search import search_part
from .sessions import sessions_part
from .showcase import showcase_part
from .videos import videos_part

__all__ = ["Platform", "build_platform"]

QUICK_PLACES = 64

# Top storey first: that is the order in which an account is erased.
_PARTS: Sequence[Callable[[Base], Part]] = (
    recommendations_part,
    search_part,
    analytics_part,
    engagement_part,
    albums_part,
    showcase_part,
    sessions_part,
    media_part,
    videos_part,
    accounts_part,
    pages_part,
)
_FACTS = (CHANGED, DELETED)


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything that a process of the platform works with."""

    db: Database
    clock: Clock
    services: Mapping[type, object]
    authentication: Authentication
    replay: Replay
    lanes: Sequence[Lane]
    duties: Sequence[Duty]
    resources: Sequence[Resource]
    endings: Sequence[Callable[[], None]]

    async def open(self) -> None:
        """Connect, and open what works beside the requests."""
        await self.db.open()
        for resource in self.resources:
            await resource.open()

    def end_streams(self) -> None:
        """End answers that would go on: the process is about to."""
        for end in self.endings:
            end()

    async def close(self) -> None:
        """End everything in the opposite order."""
        for resource in reversed(self.resources):
            await resource.close()
        await self.db.close()


def build_platform(
    settings: Settings, *, dsn: str, keyring: Keyring, clock: Clock = system_clock
) -> Platform:
    """Make all objects of the platform; nothing is connected or started yet."""
    db = Database(dsn, pool_size=settings.database_pool_size)
    signer = TokenSigner(keyring, lifetime=timedelta(minutes=settings.access_token_minutes))
    authentication = Authentication(db, clock=clock, signer=signer)
    replay = Replay(db, clock=clock, seal_key=keyring.derive("idempotency"))
    base = Base(settings, db, clock, keyring, signer, authentication, replay)
    parts = [make(base) for make in _PARTS]
    parts.append(edge_part(base))
    quick = {**erasure_handlers(db, parts), **reacting(parts, _FACTS)}
    for part in parts:
        quick.update(part.handlers)
    return Platform(
        db=db,
        clock=clock,
        services={type(service): service for part in parts for service in part.services},
        authentication=authentication,
        replay=replay,
        lanes=[Lane("quick", quick, QUICK_PLACES), *(lane for part in parts for lane in part.lanes)],
        duties=[duty for part in parts for duty in part.duties],
        resources=[resource for part in parts for resource in part.resources],
        endings=[ending for part in parts for ending in part.endings],
    )
