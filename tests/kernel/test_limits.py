"""Rate limits: exact and even ones across processes, generous ones inside one, and over HTTP."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from httpx import AsyncClient, Response
from hypothesis import given
from hypothesis import strategies as st

from kinetoscope.app import create_app
from kinetoscope.kernel.db import Database, Tx
from kinetoscope.kernel.limits import (
    LocalLimiter,
    RateLimit,
    forget_expired_limits,
    limit_key,
    seconds_until_free,
    spend,
    spend_evenly,
)
from kinetoscope.kernel.secrets import Keyring
from kinetoscope.kernel.settings import Settings
from kinetoscope.wiring import build_platform
from support.cast import PASSWORD, browser
from support.clock import FakeClock
from support.in_process import VISITOR_ADDRESS, running

TEN = RateLimit(10, 60)
KEY = b"k" * 16


def test_a_rate_is_read_from_text() -> None:
    assert RateLimit.parse("10/minute") == TEN
    assert RateLimit.parse("3 / day") == RateLimit(3, 86400)


@pytest.mark.parametrize("text", ["", "10", "0/minute", "-1/minute", "1.5/hour", "10/fortnight", "x/second"])
def test_a_bad_rate_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(ValueError, match="COUNT/minute"):
        RateLimit.parse(text)


async def test_of_racing_requests_exactly_as_many_pass_as_the_limit_says(
    pools: list[Database], clock: FakeClock
) -> None:
    async def one(pool: Database) -> bool:
        async with pool.read() as tx:
            return await spend(tx, KEY, TEN, at=clock()) is not None

    for passed in (10, 0):
        assert sum(await asyncio.gather(*(one(pool) for pool in pools * 25))) == passed
    clock.advance(seconds=60)
    assert sum(await asyncio.gather(*(one(pool) for pool in pools * 25))) == 10


async def test_the_window_slides(tx: Tx, clock: FakeClock) -> None:
    passed: list[int] = []
    for second in range(0, 240, 2):
        if await spend(tx, KEY, TEN, at=clock()):
            passed.append(second)
        clock.advance(seconds=2)
    assert passed == [minute * 60 + second for minute in range(4) for second in range(0, 20, 2)]


async def test_what_is_left_and_when_it_comes_back_is_told(tx: Tx, clock: FakeClock) -> None:
    for left in range(9, -1, -1):
        allowance = await spend(tx, KEY, TEN, at=clock())
        assert allowance is not None
        assert (allowance.remaining, allowance.reset_seconds) == (left, 60 - (9 - left))
        clock.advance(seconds=1)


async def test_a_refused_request_passes_after_as_long_as_was_said_and_not_before(
    tx: Tx, clock: FakeClock
) -> None:
    for _ in range(10):
        await spend(tx, KEY, TEN, at=clock())
        clock.advance(seconds=0.7)
    assert await spend(tx, KEY, TEN, at=clock()) is None
    wait = await seconds_until_free(tx, KEY, TEN, at=clock())
    assert wait == 53
    clock.advance(seconds=wait - 1)
    assert await spend(tx, KEY, TEN, at=clock()) is None
    clock.advance(seconds=1)
    assert await spend(tx, KEY, TEN, at=clock()) is not None


async def test_a_limit_that_was_lowered_tells_the_true_wait(tx: Tx, clock: FakeClock) -> None:
    for _ in range(10):
        await spend(tx, KEY, TEN, at=clock())
        clock.advance(seconds=1)
    lowered = RateLimit(2, 60)
    assert await spend(tx, KEY, lowered, at=clock()) is None
    wait = await seconds_until_free(tx, KEY, lowered, at=clock())
    clock.advance(seconds=wait - 1)
    assert await spend(tx, KEY, lowered, at=clock()) is None
    clock.advance(seconds=1)
    assert await spend(tx, KEY, lowered, at=clock()) is not None


async def test_of_racing_requests_an_even_limit_lets_exactly_a_burst_pass(
    pools: list[Database], clock: FakeClock
) -> None:
    async def one(pool: Database) -> bool:
        async with pool.read() as tx:
            return (await spend_evenly(tx, KEY, TEN, at=clock())).passes

    for seconds, passed in ((0, 10), (5, 0), (1, 1), (12, 2), (3600, 10)):
        clock.advance(seconds=seconds)
        assert sum(await asyncio.gather(*(one(pool) for pool in pools * 25))) == passed


async def test_an_even_limit_tells_what_is_left_and_how_long_to_wait(tx: Tx, clock: FakeClock) -> None:
    seven = RateLimit(7, 60)  # no whole microseconds each
    turns = [await spend_evenly(tx, KEY, seven, at=clock()) for _ in range(8)]
    assert [(turn.passes, turn.allowance.remaining) for turn in turns] == [
        *((True, left) for left in range(6, -1, -1)),
        (False, 0),
    ]
    assert (turns[-1].allowance.reset_seconds, round(turns[-1].wait_seconds, 3)) == (9, 8.571)
    clock.advance(seconds=turns[-1].wait_seconds)
    assert (await spend_evenly(tx, KEY, seven, at=clock())).passes


async def test_expired_limits_are_forgotten(tx: Tx, clock: FakeClock) -> None:
    await spend(tx, KEY, TEN, at=clock())
    assert await seconds_until_free(tx, b"unknown", TEN, at=clock()) == 1
    clock.advance(seconds=30)
    await spend(tx, b"other", TEN, at=clock())
    clock.advance(seconds=31)
    assert await forget_expired_limits(tx, at=clock()) == 1
    clock.advance(seconds=30)
    assert await forget_expired_limits(tx, at=clock()) == 1


def test_a_key_differs_by_policy_person_and_installation() -> None:
    keys = {
        limit_key(secret, policy, who)
        for secret in (b"a" * 32, b"b" * 32)
        for policy in ("login", "register")
        for who in ("192.0.2.1", "192.0.2.2")
    }
    assert (len(keys), {len(key) for key in keys}) == (8, {16})


limits = st.builds(RateLimit, st.integers(1, 500), st.sampled_from([1, 60, 3600]))
gaps = st.lists(st.one_of(st.just(0.0), st.floats(0, 2)), min_size=1, max_size=300)


@given(limit=limits, start=st.floats(0, 1e7), idle=st.floats(1, 10))
def test_a_burst_passes_whole_and_not_one_more(limit: RateLimit, start: float, idle: float) -> None:
    limiter = LocalLimiter(limit)
    for now in (start, start + idle * limit.seconds + 1e-3):
        left = [limiter.spend(KEY, now=now) for _ in range(limit.count + 2)]
        assert [allowance and allowance.remaining for allowance in left] == [
            *range(limit.count - 1, -1, -1),
            None,
            None,
        ]


@given(limit=limits, gaps=gaps)
def test_no_stretch_of_time_lets_more_pass_than_a_burst_and_the_refill(
    limit: RateLimit, gaps: list[float]
) -> None:
    limiter, now, passed = LocalLimiter(limit), 1000.0, list[float]()
    for gap in gaps:
        now += gap * limit.seconds / limit.count
        if limiter.spend(KEY, now=now):
            passed.append(now)
    for first, began in enumerate(passed):
        for last in range(first, len(passed)):
            refill = (passed[last] - began) * limit.count / limit.seconds
            assert last - first + 1 <= limit.count + refill + 0.01


def test_many_keys_fill_no_memory_and_forget_the_least_spent_first() -> None:
    limiter = LocalLimiter(RateLimit(2, 60), at_most_keys=100)
    busy = b"busy"
    for _ in range(2):
        assert limiter.spend(busy, now=0)
    for number in range(1000):
        assert limiter.spend(b"%d" % number, now=0)
    assert limiter.spend(busy, now=0) is None
    assert len(limiter._arrivals) <= 100  # pyright: ignore[reportPrivateUsage] - memory is not seen from outside


@asynccontextmanager
async def limited(dsn: str, settings: Settings, clock: FakeClock, **more: Any) -> AsyncGenerator[AsyncClient]:
    """The installation with ten tries a minute."""
    strict = settings.model_copy(update={"auth_rate_limit": "10/minute"} | more)
    platform = build_platform(strict, dsn=dsn, keyring=Keyring(b"k" * 32), clock=clock)
    async with running(create_app(platform, strict)) as transport, browser(transport) as client:
        yield client


async def log_in(client: AsyncClient, *, forwarded: str = "") -> Response:
    return await client.post(
        "/api/v1/auth/login",
        json={"email": "nobody@example.org", "password": PASSWORD},
        headers={"X-Forwarded-For": forwarded} if forwarded else {},
    )


async def test_the_eleventh_login_in_a_minute_is_refused_with_the_time_to_wait(
    dsn: str, settings: Settings, clock: FakeClock, tx: Tx
) -> None:
    async with limited(dsn, settings, clock) as client:
        assert {(await log_in(client)).status_code for _ in range(10)} == {401}
        clock.advance(seconds=15)
        refused = await log_in(client)
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert {
            name: refused.headers[name]
            for name in ("retry-after", "ratelimit", "ratelimit-policy", "x-ratelimit-limit")
        } == {
            "retry-after": "45",
            "ratelimit": '"login";r=0;t=45',
            "ratelimit-policy": '"login";q=10;w=60',
            "x-ratelimit-limit": "10",
        }
        assert (refused.headers["x-ratelimit-remaining"], refused.headers["x-ratelimit-reset"]) == ("0", "45")
        registered = await client.post(
            "/api/v1/auth/register", json={"email": "new@example.org", "password": PASSWORD}
        )
        assert registered.status_code == 201
        assert registered.headers["ratelimit"] == '"register";r=9;t=60'
        clock.advance(seconds=45)
        assert (await log_in(client)).status_code == 401
    stored = str([dict(row) for row in await tx.fetch("SELECT *, encode(key, 'escape') FROM rate_limits")])
    assert VISITOR_ADDRESS not in stored


async def test_a_proxy_that_is_not_trusted_changes_no_address(
    dsn: str, settings: Settings, clock: FakeClock, tx: Tx
) -> None:
    async with limited(dsn, settings, clock) as client:
        answers = [(await log_in(client, forwarded=f"198.51.100.{n}")).status_code for n in range(11)]
    assert answers == [401] * 10 + [429]


async def test_each_address_behind_a_trusted_proxy_has_its_own_limit(
    dsn: str, settings: Settings, clock: FakeClock, tx: Tx
) -> None:
    async with limited(dsn, settings, clock, trusted_proxies=(f"{VISITOR_ADDRESS}/32",)) as client:
        first = [(await log_in(client, forwarded="198.51.100.1")).status_code for _ in range(11)]
        other = await log_in(client, forwarded="198.51.100.2")
        # What a client writes itself stands left of what the proxy adds.
        forged = await log_in(client, forwarded="203.0.113.77, 198.51.100.1")
    assert first == [401] * 10 + [429]
    assert (other.status_code, forged.status_code) == (401, 429)
