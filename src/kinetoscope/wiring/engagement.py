"""Likes, shares, comments."""

from ..engagement import Comments, Likes, Shares
from .part import Base, Part


def engagement_part(base: Base) -> Part:
    """Return what engagement brings."""
    likes = Likes(base.db, clock=base.clock)
    shares = Shares(base.db, clock=base.clock)
    comments = Comments(base.db, clock=base.clock)
    return Part(
        services=[likes, shares, comments],
        erasers=[likes.erase_account, shares.erase_account, comments.erase_account],
    )
