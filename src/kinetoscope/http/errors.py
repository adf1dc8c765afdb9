"""Refusals as HTTP answers: one shape for every error (RFC 9457)."""

import http
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ..kernel.errors import Refusal, Unacceptable
from .allow import allowed_methods

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

_CODES = {404: "unknown_route", 405: "method_not_allowed", 408: "body_stalled", 413: "body_too_large"}
_SENTENCES = {
    404: "There is no such route. The reference at /docs lists all of them.",
    405: "This route does not answer to that method; the Allow header says to which it does.",
}
_FAULTS_SHOWN = 100


class FieldProblem(BaseModel):
    """What is wrong with one value of a request."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": True})

    loc: list[str | int] = Field(description="Where the value is, from `body`, `query` or `path` on")
    msg: str
    type: str
    field: str = Field(description="The same place, as one dotted name")
    message: str = Field(description="The same as `msg`")


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(ge=400, le=599, examples=[404])
    detail: str = Field(description="A sentence for people", examples=["There is no such video."])
    code: str = Field(description="A stable word for programs", examples=["video_not_found"])
    request_id: str = Field(examples=["4f1c2a9be0d35c77-1a"])
    errors: list[FieldProblem] | None = Field(
        default=None, description="With status 422: each value that is wrong"
    )


def title_of(status: int) -> str:
    """Return the phrase of a status, also of those that only a protocol such as tus knows."""
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Refused"


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, object]] | None = None,
) -> Response:
    """Return an error answer in the one shape."""
    content: dict[str, object] = {
        "type": "about:blank",
        "title": title_of(status),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": getattr(request.state, "request_id", ""),
    }
    if errors is not None:
        content["errors"] = errors
    return Response(
        msgspec.json.encode(content, enc_hook=repr),
        status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


async def render(request: Request, error: Exception) -> Response:
    """Return the answer for anything that a route can raise."""
    if isinstance(error, Unacceptable):
        fault = _fault((error.place, error.field), error.text, "value_error")
        return problem(request, error.status, error.code, error.text, errors=[fault])
    if isinstance(error, Refusal):
        return problem(request, error.status, error.code, error.text, headers=error.headers)
    if isinstance(error, RequestValidationError):
        return _render_invalid(request, error)
    if isinstance(error, HTTPException):
        return _render_http(request, error)
    log.error("bug", exc_info=error, extra={"request_id": getattr(request.state, "request_id", "")})
    detail = "Something went wrong on our side. Quote the request id when you report it."
    return problem(request, 500, "internal_error", detail)


def _render_invalid(request: Request, error: RequestValidationError) -> Response:
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        detail = "The body is not JSON that can be read."
        return problem(request, 400, "malformed_json", detail)
    rows = [_fault(fault["loc"], fault["msg"], fault["type"]) for fault in faults[:_FAULTS_SHOWN]]
    first = rows[0]
    detail = f"{first['field']}: {first['msg']}." + (
        f" And {len(faults) - 1} more." if len(faults) > 1 else ""
    )
    return problem(request, 422, "validation_failed", detail, errors=rows)


def _fault(loc: Sequence[Any], message: str, kind: str) -> dict[str, object]:
    text = message.removeprefix("Value error, ").rstrip(".")
    if kind == "string_pattern_mismatch":  # the pattern itself is in the document, for programs
        text = "This text has a form, or holds characters, that cannot be taken here"
    field = ".".join(str(part) for part in (loc[1:] or loc))
    return {"loc": list(loc), "msg": text, "type": kind, "field": field, "message": text}


def _render_http(request: Request, error: HTTPException) -> Response:
    status = error.status_code
    code = _CODES.get(status, http.HTTPStatus(status).phrase.lower().replace(" ", "_"))
    if status == http.HTTPStatus.BAD_REQUEST:  # the framework could not parse the body at all
        code = "malformed_json"
        return problem(request, status, code, "The body is not JSON that can be read.")
    headers = error.headers
    if status == http.HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": allowed_methods(request)}
    return problem(request, status, code, _SENTENCES.get(status, error.detail), headers=headers)
