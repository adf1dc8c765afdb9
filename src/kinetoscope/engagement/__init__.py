"""What people do with a video besides watching it: likes, shares, comments."""

from .models import Like
from .service import Comments, Likes, Shares
from .store import count_likes, load_likes_by, load_likes_of

__all__ = [
    "Comments",
    "Like",
    "Likes",
    "Shares",
    "count_likes",
    "load_likes_by",
    "load_likes_of",
]
