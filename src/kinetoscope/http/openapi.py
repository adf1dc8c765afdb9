"""The OpenAPI 3.1 document: what FastAPI derives, with who may call each operation, served with a page."""

import html
from typing import Any

import msgspec
from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi

from ..version import VERSION
from .conventions import apply_conventions
from .declare import Access, declare
from .gate import gated_router
from .reference import EXAMPLE_BASE, render_reference
from .request import BaseUrl

_DESCRIPTION = """\
An open, self-hosted video platform behind one HTTP API.

Sign up at `POST /api/v1/auth/register`, then send `Authorization: Bearer <access token>`, or an API key as
`Authorization: Bearer <key>` or `X-API-Key: <key>`. Every error is `application/problem+json`: `detail` is a
sentence for people, `code` a stable word for programs. Every POST accepts an `Idempotency-Key`. Paths answer
with and without a slash at their end.
"""

_TAGS = [
    {"name": "accounts", "description": "Signing up and in, API keys, erasing an account."},
    {"name": "projects", "description": "What videos belong to and search is scoped to."},
    {"name": "videos", "description": "Metadata, ownership, visibility."},
    {"name": "media", "description": "Files: uploads, processing, playback."},
    {"name": "sessions", "description": "Live rooms: joining, tracks, subscriptions, events, WHIP and WHEP."},
    {"name": "engagement", "description": "Likes, shares, comments."},
    {"name": "albums", "description": "Collections of photos and videos."},
    {"name": "photos", "description": "Photos for albums, made anew without their metadata."},
    {"name": "search", "description": "Finding videos of a project by words and meaning, and its index."},
    {"name": "embeddings", "description": "Vectors of texts, in the shapes that other services have."},
    {"name": "recommendations", "description": "What to watch next, why, and how often it was chosen."},
    {"name": "analytics", "description": "Tracking views, and reports on them for the owner of a video."},
    {"name": "showcase", "description": "Demo videos and their timed annotations."},
    {"name": "operations", "description": "Health, metrics, this document."},
]

_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def describe(api: FastAPI) -> None:
    """Serve the document at /openapi.json and a page to read at /docs."""
    router = gated_router(tags=["operations"])
    rendered: dict[str, str] = {}

    @router.get("/openapi.json", response_class=Response, **declare(Access.ANYONE))
    async def openapi_json() -> Response:
        """Return this document."""
        if "json" not in rendered:
            rendered["json"] = dump_document(api).decode()
        return Response(rendered["json"], media_type="application/json")

    @router.get("/docs", response_class=Response, **declare(Access.ANYONE))
    async def docs(base_url: BaseUrl) -> Response:
        """Return the reference as a page to read."""
        if "page" not in rendered:
            rendered["page"] = render_reference(build_document(api))
        # The examples name the address that this reader has come by, so that they can be copied as they are.
        page = rendered["page"].replace(EXAMPLE_BASE, html.escape(base_url))
        headers = {"Content-Security-Policy": _PAGE_POLICY}
        return Response(page, media_type="text/html; charset=utf-8", headers=headers)

    api.include_router(router)


def build_document(api: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an application."""
    document = get_openapi(
        title="Kinetoscope",
        version=VERSION,
        summary="Video sessions, videos, albums, showcases, analytics, search and recommendations",
        description=_DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        routes=api.routes,
        tags=_TAGS,
    )
    apply_conventions(document)
    return document


def dump_document(api: FastAPI) -> bytes:
    """Return the OpenAPI document as it is checked in: indented, in a stable order."""
    return msgspec.json.format(msgspec.json.encode(build_document(api)), indent=2) + b"\n"
