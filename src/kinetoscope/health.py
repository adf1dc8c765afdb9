"""How the process and what it stands on are, for load balancers and operators."""

from typing import Annotated

from fastapi import Depends, Response
from pydantic import BaseModel
from starlette.responses import RedirectResponse

from .http.declare import Access, declare
from .http.gate import gated_router
from .http.request import provided
from .kernel.errors import Refusal
from .kernel.health import Readiness
from .kernel.telemetry import render_metrics
from .version import VERSION

router = gated_router(tags=["operations"])

ReadinessService = Annotated[Readiness, Depends(provided(Readiness))]


class NotReady(Refusal):
    """The process runs, but what it stands on does not."""

    status = 503
    code = "not_ready"
    detail = "The platform is not ready to answer."


class Health(BaseModel):
    """That the process answers."""

    status: str = "ok"
    version: str = VERSION


@router.get("/", include_in_schema=False, response_class=Response, **declare(Access.ANYONE))
async def root() -> Response:
    """Lead whoever opens the address in a browser to the reference."""
    return RedirectResponse("/docs")


@router.get("/healthz", **declare(Access.ANYONE))
async def healthz() -> Health:
    """Return that this process is up, whatever the rest does."""
    return Health()


@router.get("/api/v1/health", **declare(Access.ANYONE))
async def api_health() -> Health:
    """Return the same as `/healthz`, under the API's own path."""
    return Health()


@router.get("/readyz", **declare(Access.ANYONE, NotReady))
async def readyz(readiness: ReadinessService) -> Health:
    """Return that requests can be answered: the database is reached and its schema is current."""
    reason = await readiness.why_not()
    if reason is not None:
        raise NotReady(reason)
    return Health()


@router.get("/metrics", **declare(Access.ANYONE), response_class=Response)
async def metrics() -> Response:
    """Return the figures of this machine's processes, as Prometheus reads them."""
    return Response(render_metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")
