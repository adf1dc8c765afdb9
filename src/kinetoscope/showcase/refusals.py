"""Why showcases refuse."""

from ..kernel.errors import NotFound, Refusal


class NotAShowcase(Refusal):
    """Only demo videos have annotations."""

    status = 400
    code = "not_a_showcase"
    detail = "Only videos of the type demo have annotations. Change the video's type first."


class TimestampBeyondEnd(Refusal):
    """The annotation would be after the video has ended."""

    status = 400
    code = "timestamp_beyond_end"
    detail = "The video has ended by then."


class AnnotationNotFound(NotFound):
    """The video has no such annotation."""

    code = "annotation_not_found"
    detail = "This video has no such annotation."


class TooManyAnnotations(Refusal):
    """The video has as many annotations as one may have."""

    status = 409
    code = "too_many_annotations"
    detail = "A video may have at most 1,000 annotations."


class NoCues(Refusal):
    """The file holds nothing that could be imported."""

    status = 400
    code = "no_cues"
    detail = "There is not one cue in this file. Send WebVTT: a line WEBVTT, then cues."
