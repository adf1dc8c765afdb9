"""Why search refuses."""

from ..kernel.errors import NotFound, Refusal


class NotIndexed(NotFound):
    """The project's index holds no such video."""

    code = "not_indexed"
    detail = "This video is not in the search index of this project."


class IdsDiffer(Refusal):
    """The body speaks of another video than the address."""

    status = 400
    code = "video_id_mismatch"
    detail = "video_id in the body is not the id in the address."
