"""What a route may ask of its request.

Every provider is async: FastAPI runs a plain function in a thread.
"""

from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_network
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request

from ..kernel.caller import Caller
from ..kernel.paging import MAX_PAGE, Page

T = TypeVar("T")

Services = Mapping[type, object]
"""Every use case of the platform, by its class."""


def provided(kind: type[T]) -> Callable[[Request], Awaitable[T]]:
    """Provide a domain's service, as it was wired when the process started."""

    async def find(request: Request) -> T:
        service = request.state.services[kind]
        assert isinstance(service, kind)
        return service

    return find


async def _caller(request: Request) -> Caller | None:
    caller: Caller | None = request.state.caller
    return caller


async def _signed_in(request: Request) -> Caller:
    caller: Caller | None = request.state.caller
    assert caller is not None, "this route must declare that it needs a caller"
    return caller


MaybeCaller = Annotated[Caller | None, Depends(_caller)]
"""Who is calling, or None."""

SignedIn = Annotated[Caller, Depends(_signed_in)]
"""Who is calling; the gate has already refused those without a good credential."""


def client_address(request: Request) -> str:
    """Return the address of the caller; the edge has already corrected it behind a trusted proxy.

    It is for limits and look-ups in passing, and is never stored or logged.
    """
    return request.client.host if request.client else "unknown"


def limited_source(request: Request) -> str:
    """Return what a limit for each address counts this caller by."""
    return source_of(client_address(request))


def source_of(text: str) -> str:
    """Return what a limit counts an address by: an IPv6 caller holds a whole /64 network."""
    if ":" not in text:
        return text
    try:
        return str(ip_network((text.partition("%")[0], 64), strict=False))
    except ValueError:
        return text


async def _base_url(request: Request) -> str:
    """Return where this installation is reached: the setting, else the address of the request."""
    public: str | None = request.state.public_url
    return public or f"{request.url.scheme}://{request.url.netloc}"


BaseUrl = Annotated[str, Depends(_base_url)]
"""The address of this installation, without a slash at its end."""


async def _page(
    page: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Page number, from 1")] = 1,
    page_size: Annotated[int | None, Query(ge=1, le=100, description="Items per page")] = None,
    limit: Annotated[int | None, Query(ge=1, le=100, description="The same as page_size")] = None,
) -> Page:
    return Page(page, page_size or limit or 20)


PageParams = Annotated[Page, Depends(_page)]
"""Which page of a list: `page`, and `page_size` or its alias `limit`."""
