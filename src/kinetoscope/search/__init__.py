"""Search: an index of videos by words and by meaning, and the queries that it answers."""

from .administration import Administration
from .content import ContentParts, content_candidates, content_likeness, content_parts, near_duplicates
from .embedders import Embedders
from .figures import Figures
from .indexing import Indexing
from .jobs import duties, index_lanes, reactions
from .models import Progress
from .related import Related
from .searching import Searching
from .suggesting import Suggesting
from .vectors import Vectors
from .warming import Warming

__all__ = [
    "Administration",
    "ContentParts",
    "Embedders",
    "Figures",
    "Indexing",
    "Progress",
    "Related",
    "Searching",
    "Suggesting",
    "Vectors",
    "Warming",
    "content_candidates",
    "content_likeness",
    "content_parts",
    "duties",
    "index_lanes",
    "near_duplicates",
    "reactions",
]
