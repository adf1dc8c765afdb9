"""What holds for all routes: safe retries, rate limits, readiness."""

from datetime import timedelta

from ..http.limits import PublicWriteLimit
from ..kernel.health import Readiness
from ..kernel.limits import RateLimit, forget_expired_limits
from ..kernel.runner import Duty
from .part import Base, Part


def edge_part(base: Base) -> Part:
    """Return what the edge brings."""

    async def forget_limits() -> None:
        async with base.db.read() as tx:
            await forget_expired_limits(tx, at=base.clock())

    return Part(
        services=[
            PublicWriteLimit(
                base.db,
                clock=base.clock,
                limit=RateLimit.parse(base.settings.public_write_rate_limit),
                secret=base.keyring.derive("rate-limit"),
            ),
            Readiness(base.db),
        ],
        duties=[
            Duty("limits.forget-expired", timedelta(minutes=1), forget_limits),
            Duty("idempotency.forget-old", timedelta(hours=1), base.replay.forget_old),
        ],
    )
