"""Why recommendations refuse."""

from ..kernel.errors import NotFound


class RecommendedNotFound(NotFound):
    """There is no such recommended video, or the caller may not know of it: the two look the same."""

    code = "recommended_video_not_found"
    detail = "There is no such recommended video."
