"""Which methods an address answers to: those of all its routes, where the framework names one's only."""

from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Request
from starlette.routing import BaseRoute, Match, Route


def flattened(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Return every single route; FastAPI keeps the routes of an included router behind it."""
    for route in routes:
        included: APIRouter | None = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from flattened(included.routes)


def allowed_methods(request: Request) -> str:
    """Return what the Allow header of a 405 must list (RFC 9110, section 15.5.6), in alphabetical order."""
    methods: set[str] = set()
    for route in flattened(request.app.routes):
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return ", ".join(sorted(methods))
