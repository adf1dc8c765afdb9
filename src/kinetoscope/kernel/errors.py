"""The refusals that a caller can receive.

A use case raises one of these and the HTTP edge renders it. Anything else is a bug and becomes a 500.
"""

from collections.abc import Mapping
from typing import ClassVar


class Refusal(Exception):  # noqa: N818 - the subclasses read better as nouns
    """The request was understood and is declined, for a reason that has a name.

    `status` is the HTTP status, `code` the stable snake_case reason, `detail` a sentence for people.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"
    detail: ClassVar[str] = "The request was refused."

    def __init__(self, detail: str | None = None, *, headers: Mapping[str, str] | None = None) -> None:
        self.text = detail or self.detail
        self.headers = dict(headers or {})
        super().__init__(self.text)


class NotFound(Refusal):
    """No such thing, or not for this caller to know of: the two must look the same."""

    status = 404
    code = "not_found"
    detail = "There is nothing here."


class NotAllowed(Refusal):
    """The caller may see it, but not do this to it."""

    status = 403
    code = "not_allowed"
    detail = "You may see this, but not do that to it."


class ChangedMeanwhile(Refusal):
    """If-Match names another version than the present one."""

    status = 412
    code = "changed_meanwhile"
    detail = "It has been changed since you read it. Read it again and repeat your change."


class Unacceptable(Refusal):
    """A value that no schema can check by itself is not acceptable."""

    status = 422
    code = "validation_failed"
    detail = "The request holds a value that is not acceptable."

    def __init__(self, detail: str, *, field: str, place: str = "body") -> None:
        super().__init__(detail)
        self.field = field
        self.place = place


class DatabaseUnavailable(Refusal):
    """PostgreSQL cannot be reached, or went away in the middle; nothing was acknowledged."""

    status = 503
    code = "database_unavailable"
    detail = "The database cannot be reached at the moment. Try again in some seconds."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})
