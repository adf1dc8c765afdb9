"""Why engagement refuses."""

from ..kernel.errors import NotAllowed, NotFound, Refusal


class AlreadyLiked(Refusal):
    """One like for each account and video."""

    status = 409
    code = "already_liked"
    detail = "You like this video already."


class NotLiked(NotFound):
    """There is no like to take back."""

    code = "not_liked"
    detail = "You do not like this video, so there is nothing to take back."


class CommentNotFound(NotFound):
    """There is no such comment, or it belongs to a video that the caller may not know of."""

    code = "comment_not_found"
    detail = "There is no such comment."


class NotYourComment(NotAllowed):
    """Only its author changes a comment; the owner of the video may remove it too."""

    code = "not_your_comment"
    detail = "Only its author may change a comment; the owner of the video may remove it too."


class TimestampBeyondEnd(Refusal):
    """The video is not that long."""

    status = 400
    code = "timestamp_beyond_end"
    detail = "The timestamp lies behind the end of the video."


class NestedTooDeep(Refusal):
    """Replies to replies are not kept: a thread has one level."""

    status = 400
    code = "nested_too_deep"
    detail = "That comment is a reply itself. Reply to the comment that begins its thread."
