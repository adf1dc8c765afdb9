"""The generous ceiling on routes that anybody may write to, for each address and process."""

from typing import Annotated

from fastapi import Depends, Request, Response

from ..kernel.limits import Allowance, LocalLimiter, TooManyRequests, limit_key
from .request import limited_source

_POLICY = "public-write"


class PublicWriteLimit:
    """Counts writes without a caller, by address; keeps no address, only a keyed hash in memory."""

    def __init__(self, limiter: LocalLimiter, *, secret: bytes) -> None:
        self._limiter = limiter
        self._secret = secret

    def spend(self, source: str) -> Allowance:
        """Count one request; refuses with `TooManyRequests`."""
        allowance = self._limiter.spend(limit_key(self._secret, _POLICY, source))
        if allowance is None:
            raise TooManyRequests(Allowance(self._limiter.limit, 0, 1), _POLICY)
        return allowance


async def _spend(request: Request, response: Response) -> None:
    limit = request.state.services[PublicWriteLimit]
    assert isinstance(limit, PublicWriteLimit)
    response.headers.update(limit.spend(limited_source(request)).headers(_POLICY))


PublicWrite = Annotated[None, Depends(_spend)]
"""Counts a request against the ceiling of its address; a route that takes it declares `limited=True`."""
