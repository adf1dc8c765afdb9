"""The HTTP process: all routes behind one edge."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from . import health
from .accounts import routes as accounts_routes
from .albums import photo_routes
from .albums import routes as albums_routes
from .analytics import routes as analytics_routes
from .analytics.front import TrackingFront
from .embeddings import routes as embeddings_routes
from .engagement import routes as engagement_routes
from .http.edge import BodyLimits, Edge
from .http.errors import render
from .http.gate import let_fixed_words_win
from .http.openapi import describe
from .kernel.errors import Refusal
from .kernel.settings import Settings
from .kernel.telemetry import RequestLog
from .media import routes as media_routes
from .pages import routes as pages_routes
from .projects import routes as projects_routes
from .recommendations import routes as recommendations_routes
from .search import routes as search_routes
from .sessions import routes as sessions_routes
from .showcase import routes as showcase_routes
from .videos import routes as videos_routes
from .videos.front import VideoFront
from .wiring import Platform

_BULK_BYTES = 32 << 20
"""A thousand videos with long descriptions."""

_EXPOSED_HEADERS = (
    "ETag, Link, Location, Retry-After, X-Request-ID, RateLimit, RateLimit-Policy, X-RateLimit-Limit, "
    "X-RateLimit-Remaining, X-RateLimit-Reset, Idempotency-Replayed, Content-Range, Accept-Ranges, "
    "Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Upload-Offset, Upload-Length, Upload-Expires"
)

_FORM_AROUND_BYTES = 64 << 10
"""What a form may add to the file in it."""


def create_api(platform: Platform, *, public_url: str | None) -> FastAPI:
    """Return the FastAPI application with every route, without the edge around it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[dict[str, Any]]:
        await platform.open()
        yield {
            "services": platform.services,
            "authenticate": platform.authentication.authenticate,
            "replay": platform.replay,
            "public_url": public_url,
        }
        await platform.close()

    api = FastAPI(
        title="Kinetoscope",
        lifespan=lifespan,
        redirect_slashes=False,
        strict_content_type=False,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    for kind in (Refusal, RequestValidationError, HTTPException, Exception):
        api.add_exception_handler(kind, render)
    for router in (
        health.router,
        accounts_routes.well_known,
        accounts_routes.auth,
        accounts_routes.api_keys,
        projects_routes.router,
        *search_routes.routers,
        embeddings_routes.router,
        *media_routes.routers,
        *recommendations_routes.routers,
        videos_routes.router,
        *engagement_routes.routers,
        albums_routes.router,
        *photo_routes.routers,
        *sessions_routes.routers,
        showcase_routes.router,
        pages_routes.router,
        analytics_routes.router,
    ):
        api.include_router(router)
    describe(api)
    let_fixed_words_win(api.routes)
    return api


def create_app(platform: Platform, settings: Settings) -> ASGIApp:
    """Return the whole HTTP application: edge, hot front, CORS where it is set, and all routes."""
    app: ASGIApp = TrackingFront(VideoFront(create_api(platform, public_url=settings.public_url)))
    if settings.cors_origins:
        app = CORSMiddleware(
            app,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=[_EXPOSED_HEADERS],
        )
    return Edge(
        app,
        limits=BodyLimits(
            settings.max_body_bytes,
            {"/api/v1/uploads/": None, "/api/v1/photos": settings.max_photo_bytes + _FORM_AROUND_BYTES},
            endings={"/videos/bulk-index": max(settings.max_body_bytes, _BULK_BYTES)},
        ),
        trusted_proxies=settings.trusted_proxies,
        request_log=RequestLog(settings.log_format),
    )
