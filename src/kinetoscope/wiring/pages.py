"""The web pages."""

from ..pages import Site
from .part import Base, Part


def pages_part(_: Base) -> Part:
    """Return what the web pages bring."""
    return Part(services=[Site()])
