"""What a route declares of itself: who may call it and how it can refuse. Both documented."""

from enum import StrEnum
from typing import Any, TypedDict

from ..kernel.errors import DatabaseUnavailable, Refusal
from ..kernel.limits import TooManyRequests
from .errors import MEDIA_TYPE, Problem, title_of


class Access(StrEnum):
    """Who may call a route."""

    ANYONE = "anyone"
    """Credentials are not even looked at."""
    OPTIONAL = "optional"
    """Anonymous or signed in; a bad credential is refused, never silently anonymous."""
    ADDRESS = "signed_address"
    """The address itself is the credential: it cannot be guessed, and it expires."""
    SIGNED_IN = "signed_in"
    """Any account."""
    OWNER = "owner"
    """The account that owns the thing; another gets 403, or 404 where it may not know of it."""
    PARTICIPANT = "participant"
    """Who is in a live session, by the session's token; or an account, as the participant that it is."""
    ACCOUNT = "account"
    """An account itself: an access token, or a key that was explicitly given the scope `account`."""


NEEDS_CALLER = frozenset({Access.SIGNED_IN, Access.OWNER, Access.PARTICIPANT, Access.ACCOUNT})


class NotSignedIn(Refusal):
    """A credential is needed and none was sent."""

    status = 401
    code = "not_signed_in"
    detail = "Sign in first: send Authorization: Bearer with an access token or an API key."

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"})


class BadCredential(Refusal):
    """A credential was sent, but it is not, or no longer, good."""

    status = 401
    code = "bad_token"
    detail = "The access token or API key is not valid or has expired. Sign in again."

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


class InsufficientScope(Refusal):
    """The API key was not given the right to do this."""

    status = 403
    code = "insufficient_scope"
    detail = "This API key lacks the scope for that. Make a key that has it."


class WrongMediaType(Refusal):
    """The body is of a kind that the route does not take."""

    status = 415
    code = "wrong_media_type"
    detail = "Send the body as JSON, with Content-Type: application/json."


class MalformedJson(Refusal):
    """The body cannot be read as JSON."""

    status = 400
    code = "malformed_json"
    detail = "The body is not JSON that can be read."


class BodyTooLarge(Refusal):
    """The body is larger than the route takes."""

    status = 413
    code = "body_too_large"
    detail = "The body is larger than this route takes."


class BodyStalled(Refusal):
    """The body came so slowly that the request was ended."""

    status = 408
    code = "body_stalled"
    detail = "The body came too slowly, or not at all for a minute. Send it again."


class Invalid(Refusal):
    """Some value of the request is not acceptable; `errors` says which and why."""

    status = 422
    code = "validation_failed"
    detail = "Some value of the request is not acceptable."


class KeyInUse(Refusal):
    """The first request with this Idempotency-Key is still running."""

    status = 409
    code = "idempotency_key_in_use"
    detail = "The first request with this Idempotency-Key has not been answered yet. Try again soon."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class KeyReused(Refusal):
    """The Idempotency-Key belongs to another request."""

    status = 422
    code = "idempotency_key_reused"
    detail = "This Idempotency-Key was used for a different request. Use a new key for each one."


class AnswerLost(Refusal):
    """The first request took effect, but the server died before it could keep the answer."""

    status = 409
    code = "idempotency_answer_lost"
    detail = (
        "The first request with this Idempotency-Key was carried out, but its answer was lost. Look it up."
    )


class Declaration(TypedDict):
    """Keyword arguments of FastAPI's route decorators."""

    responses: dict[int | str, dict[str, Any]]
    openapi_extra: dict[str, Any]


def declare(
    access: Access, *refusals: type[Refusal], body: str | None = None, limited: bool = False
) -> Declaration:
    """Declare who may call a route and the reasons it refuses for.

    `body` is the media type it takes instead of JSON, or `*/*`; `limited` says that a rate limit applies.
    """
    reasons: list[type[Refusal]] = [*refusals, Invalid, DatabaseUnavailable]
    if access in NEEDS_CALLER:
        reasons += [NotSignedIn, BadCredential, InsufficientScope]
    if access is Access.OPTIONAL:
        reasons += [BadCredential, InsufficientScope]
    if limited:
        reasons.append(TooManyRequests)
    responses: dict[int | str, dict[str, Any]] = {}
    for reason in sorted(reasons, key=lambda r: r.status):
        _document(responses, reason)
    extra: dict[str, Any] = {"x-access": access.value}
    if body is not None:
        extra["x-body"] = body
    return {"responses": responses, "openapi_extra": extra}


def _document(responses: dict[int | str, dict[str, Any]], reason: type[Refusal]) -> None:
    content: dict[str, Any] = {MEDIA_TYPE: {"examples": {}}}
    entry = responses.setdefault(reason.status, {"model": Problem, "description": "", "content": content})
    entry["description"] = (entry["description"] + f"\n- `{reason.code}`: {reason.detail}").strip()
    entry["content"][MEDIA_TYPE]["examples"][reason.code] = {
        "value": {
            "type": "about:blank",
            "title": title_of(reason.status),
            "status": reason.status,
            "detail": reason.detail,
            "code": reason.code,
            "request_id": "4f1c2a9be0d35c77-1a",
        }
    }


def document_body_refusals(
    responses: dict[int | str, dict[str, Any]], method: str, *, has_body: bool
) -> None:
    """Add what every route of a method can answer, because the edge and the route class do it."""
    if has_body:
        for reason in (MalformedJson, BodyStalled, BodyTooLarge, WrongMediaType):
            _document(responses, reason)
    if method == "POST":
        for reason in (KeyInUse, AnswerLost, KeyReused):
            _document(responses, reason)
