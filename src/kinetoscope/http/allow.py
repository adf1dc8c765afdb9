"""Which methods an address answers to: those of all its routes, where the framework names one's only."""

from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Request
from starlette.routing import BaseRoute, Route


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
    path = request.scope["path"]
    found: dict[int, set[str]] = {}
    for route in flattened(request.app.routes):
        if isinstance(route, Route) and route.path_regex.match(path):
            # A fixed word is an address of its own, though it also fits where an id could stand.
            found.setdefault(len(route.param_convertors), set()).update(route.methods or ())
    return ", ".join(sorted(found[min(found)])) if found else ""
