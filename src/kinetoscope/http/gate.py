"""The route class: enforces what a route declares, before its body is even read."""

import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from ..kernel.caller import Caller
from .allow import flattened
from .declare import (
    NEEDS_CALLER,
    Access,
    BadCredential,
    InsufficientScope,
    NotSignedIn,
    WrongMediaType,
    document_body_refusals,
)
from .idempotency import KEY_HEADER, Replay

Authenticate = Callable[[str], Awaitable[Caller | None]]
"""Gives the caller that a credential stands for, or None if it is not, or no longer, good."""

_JSON = "application/json"


class GatedRoute(APIRoute):
    """A route that lets in only whom and what it declares."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - FastAPI's own
        extra: dict[str, Any] = options.get("openapi_extra") or {}
        assert "x-access" in extra, f"{path} does not declare who may call it"
        self.access = Access(extra["x-access"])
        self.takes: str = extra.get("x-body", _JSON)
        self.leaves: Sequence[re.Pattern[str]] = ()  # see `let_fixed_words_win`
        super().__init__(path, endpoint, **options)
        self._has_body = self.body_field is not None or "x-body" in extra
        for method in self.methods or ():
            document_body_refusals(self.responses, method, has_body=self._has_body)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler behind the gate."""
        handle = super().get_route_handler()

        async def gated(request: Request) -> Response:
            if any(fixed.match(request.scope["path"]) for fixed in self.leaves):
                raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED)
            caller = await self._admit(request)
            request.state.caller = caller
            self._check_media_type(request)
            if request.method == "POST" and KEY_HEADER in request.headers:
                replay: Replay = request.state.replay
                return await replay.answer(request, caller, handle)
            return await handle(request)

        return gated

    async def _admit(self, request: Request) -> Caller | None:
        if self.access in {Access.ANYONE, Access.ADDRESS}:
            return None
        credential = credential_of(request.scope["headers"])
        if credential is None:
            if self.access in NEEDS_CALLER:
                raise NotSignedIn
            return None
        authenticate: Authenticate = request.state.authenticate
        caller = await authenticate(credential)
        if caller is None:
            raise BadCredential
        self._check_scope(request, caller)
        return caller

    def _check_scope(self, request: Request, caller: Caller) -> None:
        if self.access is Access.ACCOUNT:
            needed = "account"
        elif request.method in {"GET", "HEAD"}:
            needed = "read"
        else:
            needed = "write"
        if needed not in caller.scopes:
            raise InsufficientScope(f"This API key lacks the scope {needed!r}. Make a key that has it.")

    def _check_media_type(self, request: Request) -> None:
        if not self._has_body:
            return  # what comes nevertheless is not looked at
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not kind or self.takes == "*/*" or not _has_body(request):
            return
        if kind not in self.takes.split(",") and not (kind.endswith("+json") and _JSON in self.takes):
            raise WrongMediaType(f"This route takes {self.takes}, not {kind[:80]}.")


def let_fixed_words_win(routes: Iterable[BaseRoute]) -> None:
    """Make every route leave to another one the addresses which that one spells out, whatever the method.

    `DELETE …/annotations/analytics` is then a 405 with the methods of that address; else it would be for an
    annotation whose id is no id. The pattern of a route is put to the path of each other one: a parameter
    takes whatever stands in its place there, a fixed word or the name of the other's parameter.
    """
    every = [route for route in flattened(routes) if isinstance(route, GatedRoute)]
    for route in every:
        spelled_out = {
            other.path: other.path_regex
            for other in every
            if len(other.param_convertors) < len(route.param_convertors)
            and route.path_regex.match(other.path)
        }
        route.leaves = tuple(spelled_out.values())


def _has_body(request: Request) -> bool:
    if "transfer-encoding" in request.headers:
        return True
    return request.headers.get("content-length", "0") != "0"


def credential_of(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the access token or API key that a request carries, or None if it carries none.

    A header that is there but not as it should be gives the empty string: bad, never anonymous.
    """
    key: str | None = None
    for name, value in headers:
        if name == b"authorization":
            scheme, _, token = value.partition(b" ")
            return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else ""
        if name == b"x-api-key":
            key = value.decode("latin-1")
    return key


def gated_router(**options: Any) -> APIRouter:  # noqa: ANN401 - FastAPI's own
    """Return a router whose routes must declare who may call them."""
    return APIRouter(route_class=GatedRoute, **options)
