"""Search: an index of videos by words and by meaning, and the queries that it answers."""

from .administration import Administration
from .content import content_candidates, content_likeness
from .embedders import Embedders
from .indexing import Indexing
from .jobs import duties, index_lane, reactions
from .models import Role
from .related import Related
from .searching import Searching
from .suggesting import Suggesting
from .vectors import Vectors

__all__ = [
    "Administration",
    "Embedders",
    "Indexing",
    "Related",
    "Role",
    "Searching",
    "Suggesting",
    "Vectors",
    "content_candidates",
    "content_likeness",
    "duties",
    "index_lane",
    "reactions",
]
