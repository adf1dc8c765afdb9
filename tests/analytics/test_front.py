"""The front answers exactly as its FastAPI twin."""

import re
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response

from kinetoscope.app import create_api
from kinetoscope.http.edge import BodyLimits, Edge
from kinetoscope.http.limits import PublicWriteLimit
from kinetoscope.kernel.telemetry import RequestLog
from kinetoscope.wiring import Platform
from support.cast import Person, browser, registered_video
from support.in_process import running

from .conftest import CHROME, From

GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
SAME = {"X-Request-ID": "the-same", "Content-Type": "application/json"}
GOOD = '{"watch_duration": 60, "completion_percentage": 50.5, "session_id": "SESSION"}'
BODIES = [
    GOOD,
    '{"watch_duration": 60.0, "completion_percentage": 50, "session_id": "SESSION", "more": [1]}',
    '{"watch_duration": 60, "completion_percentage": 50}',
    '{"watch_duration": 60, "completion_percentage": 50, "session_id": null}',
    '{"watch_duration": "60", "completion_percentage": 50}',
    '{"watch_duration": 60, "completion_percentage": true}',
    '{"watch_duration": 60, "completion_percentage": NaN}',
    '{"watch_duration": 60, "completion_percentage": 1e999}',
    '{"watch_duration": 1e400, "completion_percentage": 1}',
    '{"watch_duration": 2147483648, "completion_percentage": 1}',
    '{"watch_duration": -1, "completion_percentage": 101, "session_id": "x"}',
    '{"completion_percentage": 1}',
    "{", "", "null", "[]", '"\\ud800"',
]  # fmt: skip


def shown(answer: Response) -> tuple[int, dict[str, str], Any]:
    """Return what must be the same; the ids of a new sitting are as long as any other."""
    headers = dict(answer.headers)
    for name in ("ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset"):
        if name in headers:
            headers[name] = re.sub(r"\d+", "N", headers[name])
    body = answer.json()
    if "SESSION" not in answer.request.content.decode() and answer.status_code == 201:
        body["session_id"] = body["view_id"] = "new"
    return answer.status_code, headers, body


@pytest.fixture
def credentials(alice: Person, bob: Person) -> list[dict[str, str]]:
    return [
        {},
        {"Authorization": bob.headers["authorization"]},
        {"Authorization": "bearer " + alice.tokens["access_token"]},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic eA=="},
        {"X-API-Key": "sk_bad"},
    ]


async def test_front_and_twin_answer_the_same(
    second_platform: Platform, alice: Person, client: AsyncClient, credentials: list[dict[str, str]]
) -> None:
    public = (await registered_video(alice))["id"]
    private = (await registered_video(alice, visibility="private"))["id"]
    await alice.put(f"/api/v1/videos/{private}/analytics/settings", json={"count_owner_views": False})
    reader = (await alice.post("/api/v1/api-keys", json={"name": "r", "scopes": ["read"]})).json()["key"]
    cases: list[tuple[str, dict[str, str], str]] = []
    cases += [(public, {}, body) for body in BODIES]
    cases += [(video, who, GOOD) for video in (public, private) for who in credentials]
    cases += [(video, {}, GOOD) for video in (str(uuid4()), "x" * 36, "{" + "0" * 34 + "}", public.upper())]
    cases += [
        (public, {"X-API-Key": reader}, GOOD),
        (public, {"User-Agent": GOOGLE}, GOOD),
        (public, {"User-Agent": "\u00ff\u0001"}, GOOD),
        (public, {"Sec-GPC": "1"}, GOOD),
        (public, {"Content-Type": "text/plain"}, GOOD),
        (public, {"Content-Type": "application/vnd.api+json"}, GOOD),
        (public, {"Content-Type": ""}, GOOD),
    ]
    async with running(_twin(second_platform)) as transport, browser(transport) as twin:
        for video, headers, body in cases:
            path, sent = f"/api/v1/videos/{video}/track-view", {"User-Agent": CHROME} | SAME | headers
            raw = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
            content = body.replace("SESSION", str(uuid4()))
            answers = [await caller.post(path, content=content, headers=raw) for caller in (client, twin)]
            assert shown(answers[0]) == shown(answers[1]), (path, headers, body)


async def test_over_the_ceiling_front_and_twin_refuse_the_same(
    platform: Platform, video: str, at: From
) -> None:
    address = "198.51.100.200"
    limit = platform.services[PublicWriteLimit]
    assert isinstance(limit, PublicWriteLimit)
    while (await limit.take(address)).passes:
        pass
    path, good = f"/api/v1/videos/{video}/track-view", GOOD.replace("SESSION", str(uuid4()))
    # A safe retry goes to the twin.
    sent = (SAME, SAME | {"Idempotency-Key": "k"})
    refused = [await at(address).post(path, content=good, headers=headers) for headers in sent]
    assert [answer.status_code for answer in refused] == [429, 429]
    assert refused[0].json() == refused[1].json()
    assert dict(refused[0].headers) == dict(refused[1].headers)


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
async def test_other_methods_go_to_the_twin(client: AsyncClient, video: str, method: str) -> None:
    assert (await client.request(method, f"/api/v1/videos/{video}/track-view")).status_code == 405


def _twin(platform: Platform) -> Edge:
    return Edge(
        create_api(platform, public_url=None),
        limits=BodyLimits(1 << 20, {}),
        trusted_proxies=(),
        request_log=RequestLog("json"),
    )
