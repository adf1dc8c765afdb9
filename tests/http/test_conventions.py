"""What holds on every operation: error shape, request ids, slashes, limits, headers."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import pytest
from httpx import ASGITransport, AsyncClient, Response

from kinetoscope.app import create_app
from kinetoscope.kernel.settings import Settings
from kinetoscope.wiring import Platform
from support.cast import Person, browser, registered_video, signed_up
from support.in_process import running

NO_VIDEO = "019a53c8-7e55-73b9-a1b4-4e5f6a7b8c9d"


def assert_problem(answer: Response, status: int, code: str) -> None:
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body.get("code")) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(body)
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["detail"].endswith((".", "!", "?"))


async def test_every_kind_of_refusal_has_the_one_shape(client: AsyncClient, alice: Person) -> None:
    video = await registered_video(alice)
    path = f"/api/v1/videos/{video['id']}"
    json_type = {"Content-Type": "application/json"}

    assert_problem(await client.get("/api/v1/nothing"), 404, "unknown_route")
    assert_problem(await client.put("/api/v1/videos"), 405, "method_not_allowed")
    assert_problem(await client.get(path), 401, "not_signed_in")
    assert_problem(await alice.post("/api/v1/videos", content=b"{", headers=json_type), 400, "malformed_json")
    assert_problem(
        await alice.post("/api/v1/videos", content=b"<a/>", headers={"Content-Type": "text/xml"}),
        415,
        "wrong_media_type",
    )
    assert_problem(await alice.post("/api/v1/videos", json={"title": 5}), 422, "validation_failed")
    assert_problem(await alice.get("/api/v1/videos/not-an-id"), 422, "validation_failed")
    assert_problem(await alice.get("/api/v1/videos?page=0"), 422, "validation_failed")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/healthz", "GET"),
        ("DELETE", "/api/v1/videos", "GET, POST"),
        ("OPTIONS", "/api/v1/videos/", "GET, POST"),
        ("HEAD", "/api/v1/videos", "GET, POST"),  # only files and uploads answer to HEAD
        ("POST", f"/api/v1/videos/{NO_VIDEO}", "DELETE, GET, PATCH, PUT"),
        ("GET", "/api/v1/uploads/unknown", "DELETE, HEAD, OPTIONS, PATCH, PUT"),
        # A fixed word where an id could stand is an address of its own.
        ("DELETE", "/api/v1/video-sessions/sessions/active", "GET"),
        ("PATCH", "/api/v1/video-sessions/sessions/active/", "GET"),
        ("DELETE", f"/api/v1/showcase-videos/{NO_VIDEO}/annotations/analytics", "GET"),
        ("GET", f"/api/v1/showcase-videos/{NO_VIDEO}/annotations/import", "POST"),
        ("POST", f"/api/v1/showcase-videos/{NO_VIDEO}/annotations/{NO_VIDEO}", "DELETE, GET, PATCH, PUT"),
    ],
)
async def test_a_wrong_method_says_which_are_right(
    client: AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


async def test_a_validation_error_lists_each_value(alice: Person) -> None:
    answer = await alice.post("/api/v1/videos", json={"duration": -1, "tags": ["x" * 51]})
    faults = {fault["field"]: fault for fault in answer.json()["errors"]}
    assert set(faults) == {"title", "duration", "tags.0"}
    assert set(faults["duration"]) >= {"loc", "msg", "type", "field", "message"}


@pytest.mark.parametrize("path", ["/api/v1/videos", "/api/v1/projects", "/api/v1/auth/me", "/healthz"])
async def test_both_spellings_of_a_path_answer_directly(alice: Person, path: str) -> None:
    bare, slashed = await alice.get(path), await alice.get(path + "/")
    assert (bare.status_code, slashed.status_code) == (200, 200)
    assert slashed.history == []


async def test_both_spellings_take_a_post(alice: Person) -> None:
    for path in ("/api/v1/videos", "/api/v1/videos/"):
        assert (await alice.post(path, json={"title": "Tea"})).status_code == 201


async def test_a_valid_request_id_comes_back_and_a_bad_one_is_replaced(client: AsyncClient) -> None:
    kept = await client.get("/healthz", headers={"X-Request-ID": "trace-42.a"})
    assert kept.headers["x-request-id"] == "trace-42.a"
    for bad in ("has space", "x" * 129, "new\tline"):
        made = await client.get("/healthz", headers={"X-Request-ID": bad})
        assert made.headers["x-request-id"] != bad
        assert len(made.headers["x-request-id"]) > 10


async def test_every_answer_has_the_security_headers(client: AsyncClient) -> None:
    for path in ("/healthz", "/api/v1/videos", "/nowhere", "/docs"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers


async def test_a_body_over_the_limit_is_refused_by_its_announced_length(alice: Person) -> None:
    answer = await alice.post("/api/v1/videos", json={"title": "x", "description": "y" * 10_000_000})
    assert_problem(answer, 413, "body_too_large")


async def test_a_body_over_the_limit_is_refused_while_it_streams(alice: Person) -> None:
    async def endless() -> AsyncGenerator[bytes]:
        for _ in range(1000):
            yield b" " * 65536

    answer = await alice.post(
        "/api/v1/videos", content=endless(), headers={"Content-Type": "application/json"}
    )
    assert_problem(answer, 413, "body_too_large")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"title": "a\\u0000b"}', 422),
        (b'{"title": "\\ud800"}', 422),
        (b'{"title": "x", "description": "nul \\u0000"}', 422),
        (b'{"title": "x", "tags": ["\\u0000"]}', 422),
        (b'{"title": "x", "duration": 1e999}', 422),
        (b'{"title": "x", "duration": 99999999999999999999}', 422),
        (b'{"title": "x", "duration": NaN}', 422),
        (b'{"title": "x", "duration": ' + b"9" * 5000 + b"}", 400),
        (b'{"title": "x", "video_url": "javascript:alert(1)"}', 422),
        (b'{"title": "x", "video_url": "https://"}', 422),
        (b'{"title": "x", "duration": "12"}', 422),
        (b'{"title": "x", "duration": true}', 422),
        (b'{"title": "x", "video_url": "http://["}', 422),
        (b'{"title": "x", "video_url": "http://[1::2::3]/"}', 422),
        (b'{"title": "x", "video_url": "https://:80/"}', 422),
        (b'{"title": "x", "video_url": "https://example.org:port/"}', 422),
        ('{"title": "x", "video_url": "https://bank.example\uff0f.evil.example/"}'.encode(), 422),
        (b'{"title": "x", "project_url": "ftp://example.org"}', 422),
        (b'{"title": "x", "thumbnail_url": "//example.org/x.png"}', 422),
        (b'{"title": "x", "project_id": "00000000-0000-0000-0000-000000000000"}', 404),
        (b'{"title": "x", "visibility": "secret"}', 422),
        (b'{"title": "   "}', 422),
        (b"[" * 100_000, 400),
        (b'{"title": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001, 400),
        (b"\xff\xfe", 400),
        (b"[]", 422),
        (b'"text"', 422),
        (b"null", 422),
        (b"", 422),
    ],
)
async def test_bad_input_is_refused_and_changes_nothing(alice: Person, body: bytes, status: int) -> None:
    answer = await alice.post("/api/v1/videos", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await alice.get("/api/v1/videos")).json()["total"] == 0


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/videos?search=%00",
        "/api/v1/videos?tags=a%00b",
        "/api/v1/videos?search=" + "x" * 201,
        "/api/v1/videos?page=99999999999999999999",
        "/api/v1/videos?page_size=101",
        "/api/v1/videos?sort_by=evil",
        "/api/v1/videos?video_type=tutorial,unknown",
        "/api/v1/videos/%00",
        "/api/v1/videos/1%2f2",
        "/api/v1/projects/../../etc/passwd",
    ],
)
async def test_bad_addresses_are_refused(alice: Person, path: str) -> None:
    answer = await alice.get(path)
    assert answer.status_code in {404, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("text", ["%", "_", "' OR 1=1 --", "a:*", "!!!", "\\", "<->", "a & | b", "ü-ß"])
async def test_operators_in_a_search_are_only_text(alice: Person, text: str) -> None:
    answer = await alice.get("/api/v1/videos", params={"search": text})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "header",
    [
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Basic YWxpY2U6eA=="},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer sk_" + "0" * 43},
        {"Authorization": "Bearer " + "x" * 10_000},
        {"X-API-Key": "sk_nonsense"},
        {"X-API-Key": "\u00fc".encode().decode("latin-1")},
        {"X-API-Key": ""},
    ],
)
async def test_a_bad_credential_is_refused(client: AsyncClient, header: dict[str, str]) -> None:
    answer = await client.get(
        "/api/v1/auth/me",
        headers=[(name.encode(), value.encode("latin-1")) for name, value in header.items()],
    )
    assert_problem(answer, 401, "bad_token")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_cors_is_off_until_origins_are_set(client: AsyncClient) -> None:
    answer = await client.get("/healthz", headers={"Origin": "https://app.example.org"})
    assert "access-control-allow-origin" not in answer.headers


async def test_a_listed_origin_may_call_and_read_the_headers(
    second_platform: Platform, settings: Settings
) -> None:
    opened = settings.model_copy(update={"cors_origins": ("https://app.example.org",)})
    async with running(create_app(second_platform, opened)) as transport, browser(transport) as page:
        headers = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "PATCH"}
        preflight = await page.options("/api/v1/videos", headers=headers)
        answer = await page.get("/healthz", headers={"Origin": "https://app.example.org"})
        stranger = await page.get("/healthz", headers={"Origin": "https://evil.example.org"})
    assert preflight.headers["access-control-allow-origin"] == "https://app.example.org"
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    assert "ETag" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in stranger.headers


async def test_a_missing_idempotency_key_is_no_matter_and_a_bad_one_is_refused(alice: Person) -> None:
    for bad in ("", "x" * 256):
        answer = await alice.post("/api/v1/videos", json={"title": "x"}, headers={"Idempotency-Key": bad})
        assert_problem(answer, 422, "validation_failed")


async def test_the_bare_address_leads_to_the_reference(client: AsyncClient) -> None:
    answer = await client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


async def test_health_says_what_it_is(client: AsyncClient) -> None:
    for path in ("/healthz", "/readyz", "/api/v1/health"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert "kinetoscope_http_request_seconds_bucket" in (await client.get("/metrics")).text


async def test_logs_hold_no_secret_no_address_and_no_query(
    client: AsyncClient, transport: ASGITransport, capfd: pytest.CaptureFixture[str]
) -> None:
    async with await signed_up(transport, "carol") as carol:
        await carol.get("/api/v1/videos?search=private-words")
        await carol.get("/api/v1/videos", headers={"X-Forwarded-For": "198.51.100.7"})
        token = carol.tokens["access_token"]
    await client.get("/healthz")
    await asyncio.sleep(0.01)  # lines are written at the end of the loop's turn
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) == 4
    assert set(requests[0]) == {"time", "level", "event", "method", "route", "status", "ms", "request_id"}
    text = json.dumps(lines)
    for secret in (token, "correct horse", "private-words", "203.0.113.9", "198.51.100.7"):
        assert secret not in text


async def test_a_body_where_none_is_taken_is_not_looked_at(alice: Person) -> None:
    answer = await alice.request(
        "DELETE", f"/api/v1/videos/{uuid4()}", content=b"x", headers={"Content-Type": "text/plain"}
    )
    assert answer.json()["code"] == "video_not_found"
