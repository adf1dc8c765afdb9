"""Why videos refuse."""

from ..kernel.errors import NotAllowed, NotFound, Refusal


class VideoNotFound(NotFound):
    """There is no such video, or the caller may not know of it: the two look the same."""

    code = "video_not_found"
    detail = "There is no such video."


class NotYourVideo(NotAllowed):
    """The caller may see the video, but only its owner may do this."""

    code = "not_your_video"
    detail = "Only the owner of this video may do that."


class VideoInUse(Refusal):
    """What hangs on the video, such as annotations, would not be true any more; the detail says what."""

    status = 409
    code = "video_in_use"
    detail = "Something that hangs on this video does not go with that change."
