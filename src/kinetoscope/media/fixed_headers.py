"""Routes whose every answer, refusals included, carries the same headers."""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import Request, Response

from ..http.gate import GatedRoute
from ..kernel.errors import Refusal
from . import tus


class FixedHeadersRoute(GatedRoute):
    """A route that adds `fixed` to whatever it answers."""

    fixed: ClassVar[dict[str, str]]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of the route, with the headers around it."""
        handle = super().get_route_handler()

        async def with_headers(request: Request) -> Response:
            try:
                response = await handle(request)
            except Refusal as refusal:
                refusal.headers.update(self.fixed)
                raise
            response.headers.update(self.fixed)
            return response

        return with_headers


class TusRoute(FixedHeadersRoute):
    """A route of the tus protocol: every answer names its version, and none is kept by a cache."""

    fixed: ClassVar[dict[str, str]] = {"Tus-Resumable": tus.VERSION, "Cache-Control": "no-store"}


class FileRoute(FixedHeadersRoute):
    """A route of signed addresses: players on any page may read them, since only who was given one can."""

    fixed: ClassVar[dict[str, str]] = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
        "Cross-Origin-Resource-Policy": "cross-origin",
        # A browser that is pointed at the file itself shows it in a page of its own.
        "Content-Security-Policy": "default-src 'none'; media-src 'self'; img-src 'self'; "
        "style-src 'unsafe-inline'; frame-ancestors 'none'",
    }
