"""The refusals of the Connection API: of a whole call, or of one item of a call that goes on."""

from dataclasses import dataclass
from http import HTTPStatus


class Refused(Exception):  # noqa: N818 - refusals are named by their reason
    """A call that is not done, and that changed nothing; the message is its `errorDescription`."""

    status = HTTPStatus.BAD_REQUEST
    code = "invalid_params"


class Unauthorized(Refused):
    """The app's secret was not given."""

    status = HTTPStatus.UNAUTHORIZED
    code = "unauthorized"


class NotFound(Refused):
    """No such app, or no such call."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class WrongMethod(Refused):
    """The call is made with another method."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    code = "not_found"


class NotDecodable(Refused):
    """The body is not the JSON that the call takes, or a transport is set up that is there already."""

    code = "decoding_error"


class InvalidParams(Refused):
    """A field or a combination of fields that cannot be."""


class InvalidSessionDescription(Refused):
    """An SDP that cannot be accepted, or not now."""

    status = HTTPStatus.NOT_ACCEPTABLE
    code = "invalid_session_description"


class PayloadTooLarge(Refused):
    """A body beyond the limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "payload_too_large"


class NotConnected(Refused):
    """The connection did not come up in time."""

    status = HTTPStatus.TOO_EARLY
    code = "session_error"


class SessionGone(Refused):
    """The session ended, or never was."""

    status = HTTPStatus.GONE
    code = "session_error"


class TooManyCalls(Refused):
    """More calls on one session than its limit."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_requests"


class ServerFull(Refused):
    """No room for another connection."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "temporarily_unavailable_error"


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why one item of a call was not done."""

    code: str
    description: str


CLOSED_ALREADY = ItemError("close_track_error", "Track doesn't exist or was already closed")
NOT_FOUND = ItemError("not_found_track_error", "There is no such track at that session")
SILENT = ItemError("empty_track_error", "Nobody has sent anything on the track")
REPEATED = ItemError("repeated_local_track_error", "The session has a track of that name already")


def invalid(description: str) -> ItemError:
    """Return the error of an item that cannot be."""
    return ItemError("invalid_params", description)


def not_updated(description: str) -> ItemError:
    """Return the error of an item that cannot be changed so."""
    return ItemError("update_track_error", description)
