"""Viewers of a video, each with an address and a browser of its own."""

from collections.abc import AsyncGenerator
from typing import Any, Protocol

import pytest
from httpx import ASGITransport, AsyncClient, Response

from support.cast import Hooks, Person, browser, registered_video

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)


class Watch(Protocol):
    """Reports on a video."""

    async def __call__(self, video_id: str, **report: Any) -> dict[str, Any]: ...


class From(Protocol):
    """Gives a caller at another address."""

    def __call__(self, address: str) -> AsyncClient: ...


async def report(
    client: AsyncClient, video_id: str, headers: dict[str, str] | None = None, **fields: Any
) -> Response:
    """Send one report as it is, and return the answer."""
    body = {"watch_duration": 60, "completion_percentage": 50.0} | fields
    sent = {"User-Agent": CHROME} | (headers or {})
    return await client.post(f"/api/v1/videos/{video_id}/track-view", json=body, headers=sent)


async def tracked(
    client: AsyncClient, video_id: str, headers: dict[str, str] | None = None, **fields: Any
) -> dict[str, Any]:
    """Send one report that is taken, and return its receipt."""
    answer = await report(client, video_id, headers, **fields)
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def analytics(owner: AsyncClient, video_id: str, report: str = "", **query: Any) -> dict[str, Any]:
    """Return a report of the owner."""
    path = f"/api/v1/videos/{video_id}/analytics{'/' if report else ''}{report}"
    answer = await owner.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def video(alice: Person) -> str:
    """A video of alice, by its id."""
    video_id: str = (await registered_video(alice))["id"]
    return video_id


@pytest.fixture
async def at(transport: ASGITransport, hooks: Hooks, clean: None) -> AsyncGenerator[From]:
    """Give callers without an account at addresses of their own."""
    clients: list[AsyncClient] = []

    def caller(address: str) -> AsyncClient:
        there = ASGITransport(transport.app, client=(address, 1))
        clients.append(browser(there, hooks))
        return clients[-1]

    yield caller
    for client in clients:
        await client.aclose()
