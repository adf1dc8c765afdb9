"""Rate limits: exact ones and even ones that hold across all processes, and generous ones inside each."""

import hashlib
import heapq
import hmac
import math
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from .db import Tx
from .errors import Refusal

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_ROUNDING = 1e-3
"""In requests: sums of fractions of a second must not cost the last one of a burst."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `count` in any `seconds` that follow each other."""

    count: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> "RateLimit":
        """Read `10/minute`; raise ValueError with the accepted form otherwise."""
        count, _, unit = text.partition("/")
        if not count.strip().isdigit() or int(count) < 1 or unit.strip() not in _UNITS:
            raise ValueError("write it as COUNT/second, COUNT/minute, COUNT/hour or COUNT/day")
        return cls(int(count), _UNITS[unit.strip()])


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit after a request was counted against it."""

    limit: RateLimit
    remaining: int
    reset_seconds: int

    def headers(self, policy: str) -> dict[str, str]:
        """Return the fields of draft-ietf-httpapi-ratelimit-headers, and their older X- cousins."""
        return {
            "RateLimit-Policy": f'"{policy}";q={self.limit.count};w={self.limit.seconds}',
            "RateLimit": f'"{policy}";r={self.remaining};t={self.reset_seconds}',
            "X-RateLimit-Limit": str(self.limit.count),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_seconds),
        }

    def raw_headers(self, policy: str) -> list[tuple[bytes, bytes]]:
        """Return the same fields as a front sends them."""
        count, left, reset = self.limit.count, self.remaining, self.reset_seconds
        return [
            (b"ratelimit-policy", f'"{policy}";q={count};w={self.limit.seconds}'.encode()),
            (b"ratelimit", f'"{policy}";r={left};t={reset}'.encode()),
            (b"x-ratelimit-limit", b"%d" % count),
            (b"x-ratelimit-remaining", b"%d" % left),
            (b"x-ratelimit-reset", b"%d" % reset),
        ]


class TooManyRequests(Refusal):
    """The caller has used up a rate limit."""

    status = 429
    code = "rate_limited"
    detail = "Too many requests. Wait for as long as Retry-After says, then try again."

    def __init__(self, allowance: Allowance, policy: str) -> None:
        retry = {"Retry-After": str(max(1, allowance.reset_seconds))}
        super().__init__(headers=allowance.headers(policy) | retry)


def limit_key(secret: bytes, policy: str, who: str) -> bytes:
    """Return what a limit is stored under: keyed, so that no address can be read from the table."""
    return hmac.digest(secret, f"{policy}\0{who}".encode(), hashlib.sha256)[:16]


async def spend(tx: Tx, key: bytes, limit: RateLimit, *, at: datetime) -> Allowance | None:
    """Count one request against a limit; return what is left, or None when nothing was.

    A sliding log in one statement: of racing requests never more than `count` pass in any window.
    """
    window = timedelta(seconds=limit.seconds)
    row = await tx.fetch_one(
        """
        INSERT INTO rate_limits AS r (key, hits, expires_at)
        VALUES ($1, ARRAY[$2::timestamptz], $2::timestamptz + $3::interval)
            ON CONFLICT (key) DO UPDATE
           SET hits = ARRAY(SELECT hit FROM unnest(r.hits) hit WHERE hit > $2 - $3 ORDER BY hit) || $2,
               expires_at = $2 + $3
         WHERE (SELECT count(*) FROM unnest(r.hits) hit WHERE hit > $2 - $3) < $4
        RETURNING cardinality(hits) AS used, hits[1] AS first
        """,
        key,
        at,
        window,
        limit.count,
    )
    if row is None:
        return None
    reset = row["first"] + window - at
    return Allowance(limit, limit.count - row["used"], max(1, math.ceil(reset.total_seconds())))


async def seconds_until_free(tx: Tx, key: bytes, limit: RateLimit, *, at: datetime) -> int:
    """Return after how many whole seconds a used-up limit lets the next request pass."""
    window = timedelta(seconds=limit.seconds)
    # Not simply the oldest hit: after a restart with a lower limit, more than one must go first.
    in_the_way = await tx.fetch_value(
        """
        SELECT hit FROM rate_limits r, unnest(r.hits) hit
         WHERE r.key = $1 AND hit > $2::timestamptz - $3::interval
         ORDER BY hit DESC OFFSET $4 LIMIT 1
        """,
        key,
        at,
        window,
        limit.count - 1,
    )
    if in_the_way is None:
        return 1
    return max(1, math.ceil((in_the_way + window - at).total_seconds()))


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether a request passes, and what is left then; of one that does not, when the next one will."""

    passes: bool
    allowance: Allowance
    wait_seconds: float = 0


async def spend_evenly(tx: Tx, key: bytes, limit: RateLimit, *, at: datetime) -> Turn:
    """Count one request of many: by the generic cell rate algorithm, in one row that does not grow.

    The row holds the theoretical arrival time of the next request. As many as `count` pass at once, then one
    whenever its share of the time has passed.
    """
    step, window = timedelta(microseconds=limit.seconds * 1_000_000 // limit.count), limit.seconds
    row = await tx.fetch_one(
        """
        WITH spent AS (
            INSERT INTO rate_limits AS r (key, hits, expires_at)
            VALUES ($1, ARRAY[$2::timestamptz + $3::interval], $2 + $3)
                ON CONFLICT (key) DO UPDATE
               SET hits = ARRAY[greatest(r.hits[1], $2) + $3], expires_at = greatest(r.hits[1], $2) + $3
             WHERE greatest(r.hits[1], $2) + $3 <= $2 + $4::interval
            RETURNING hits[1] AS arrival
        )
        SELECT true AS passes, arrival FROM spent
         UNION ALL
        SELECT false, hits[1] FROM rate_limits WHERE key = $1 AND NOT EXISTS (SELECT FROM spent)
        """,
        key,
        at,
        step,
        timedelta(seconds=window),
    )
    if row is None:  # others have used it up, all of it, since this statement began
        return Turn(passes=False, allowance=Allowance(limit, 0, 1), wait_seconds=step.total_seconds())
    taken = (row["arrival"] - at).total_seconds()
    if row["passes"]:
        left = int((window - taken) * limit.count / window + _ROUNDING)
        return Turn(passes=True, allowance=Allowance(limit, left, max(1, math.ceil(taken))))
    wait = taken + step.total_seconds() - window
    return Turn(passes=False, allowance=Allowance(limit, 0, max(1, math.ceil(wait))), wait_seconds=wait)


async def forget_expired_limits(tx: Tx, *, at: datetime) -> int:
    """Remove limits whose window has passed; return how many."""
    return await tx.execute("DELETE FROM rate_limits WHERE expires_at < $1", at)


class LocalLimiter:
    """A generous ceiling inside one process, by the generic cell rate algorithm (ITU-T I.371).

    One number for each key: the theoretical arrival time of its next request, in monotonic seconds.
    """

    def __init__(self, limit: RateLimit, *, at_most_keys: int = 100_000) -> None:
        self.limit = limit
        self._step = limit.seconds / limit.count
        self._at_most_keys = at_most_keys
        self._arrivals: dict[bytes, float] = {}

    def spend(self, key: bytes, *, now: float | None = None) -> Allowance | None:
        """Count one request; return what is left, or None when the burst is used up."""
        at = time.monotonic() if now is None else now
        arrival = max(self._arrivals.get(key, at), at) + self._step
        left = (self.limit.seconds - (arrival - at)) / self._step + _ROUNDING
        if left < 0:
            return None
        if len(self._arrivals) >= self._at_most_keys and key not in self._arrivals:
            self._forget_half()
        self._arrivals[key] = arrival
        return Allowance(self.limit, int(left), max(1, math.ceil(arrival - at)))

    def _forget_half(self) -> None:
        """Keep those nearest to their ceiling: who changes addresses fills neither memory nor time."""
        fullest = heapq.nlargest(self._at_most_keys // 2, self._arrivals.items(), key=lambda item: item[1])
        self._arrivals = dict(fullest)
