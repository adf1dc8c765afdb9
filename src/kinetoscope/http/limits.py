"""The generous ceiling on routes that anybody may write to, for each address and process."""

from typing import Annotated

from fastapi import Depends, Request, Response

from ..kernel.limits import Allowance, LocalLimiter, TooManyRequests
from ..kernel.macs import Mac
from .request import limited_source

POLICY = "public-write"


class PublicWriteLimit:
    """Counts writes without a caller, by address; keeps no address, only a keyed hash in memory."""

    def __init__(self, limiter: LocalLimiter, *, secret: bytes) -> None:
        self._limiter = limiter
        self._mac = Mac(secret)

    def spend(self, source: str) -> Allowance:
        """Count one request; refuses with `TooManyRequests`."""
        allowance = self.try_spend(source)
        if allowance is None:
            raise TooManyRequests(Allowance(self._limiter.limit, 0, 1), POLICY)
        return allowance

    def try_spend(self, source: str) -> Allowance | None:
        """Count one request; return None instead of refusing."""
        return self._limiter.spend(self._mac.digest(f"{POLICY}\0{source}".encode())[:16])


async def _spend(request: Request, response: Response) -> None:
    limit = request.state.services[PublicWriteLimit]
    assert isinstance(limit, PublicWriteLimit)
    response.headers.update(limit.spend(limited_source(request)).headers(POLICY))


PublicWrite = Annotated[None, Depends(_spend)]
"""Counts a request against the ceiling of its address; a route that takes it declares `limited=True`."""
