"""Views: tracking what players report, rollups of it, and reports for owners. Nothing tells who watched."""

from .batches import Batches
from .devices import agent_of
from .folding import Folding
from .geography import Geography
from .jobs import deletion_reaction, duties, handlers
from .keeping import Keeping
from .report_store import Vote, retention, votes
from .salts import Salts
from .service import Reports
from .tracking import Tracking

__all__ = [
    "Batches",
    "Folding",
    "Geography",
    "Keeping",
    "Reports",
    "Salts",
    "Tracking",
    "Vote",
    "agent_of",
    "deletion_reaction",
    "duties",
    "handlers",
    "retention",
    "votes",
]
