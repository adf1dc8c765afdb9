"""What each domain brings to the platform, and what it is given to make it of."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..accounts import Authentication, Eraser, TokenSigner
from ..http.idempotency import Replay
from ..kernel.clock import Clock
from ..kernel.db import Database
from ..kernel.jobs import Job
from ..kernel.runner import Duty, Handler, Lane
from ..kernel.secrets import Keyring
from ..kernel.settings import Settings

Reaction = Callable[[Job], Awaitable[None]]
"""What a domain does about a fact of a domain below it: quick, idempotent; long work it promises as a job."""


class Resource(Protocol):
    """Something that must be opened before a process works with it, and closed in order at its end."""

    async def open(self) -> None:
        """Begin; the database is open already."""
        ...

    async def close(self) -> None:
        """End what is under way; the database is still open."""
        ...


@dataclass(frozen=True, slots=True)
class Base:
    """What every part is made of."""

    settings: Settings
    db: Database
    clock: Clock
    keyring: Keyring
    signer: TokenSigner
    authentication: Authentication
    replay: Replay


@dataclass(frozen=True, slots=True)
class Part:
    """What one domain brings.

    `handlers` are its quick jobs, `reactions` what it does about facts, `lanes` its slow jobs, `resources`
    what each process opens and closes; `endings` end answers that would go on when the process is to end.
    """

    services: Sequence[object] = ()
    handlers: Mapping[str, Handler] = field(default_factory=dict[str, Handler])
    reactions: Mapping[str, Reaction] = field(default_factory=dict[str, Reaction])
    lanes: Sequence[Lane] = ()
    duties: Sequence[Duty] = ()
    erasers: Sequence[Eraser] = ()
    resources: Sequence[Resource] = ()
    endings: Sequence[Callable[[], None]] = ()


def reacting(parts: Sequence[Part], facts: Sequence[str]) -> dict[str, Handler]:
    """Return one handler for each fact, which lets every part react; a fact of which nobody cares is done."""
    return {fact: Handler(_all([p.reactions[fact] for p in parts if fact in p.reactions])) for fact in facts}


def _all(reactions: Sequence[Reaction]) -> Reaction:
    async def react(job: Job) -> None:
        for reaction in reactions:
            await reaction(job)

    return react
