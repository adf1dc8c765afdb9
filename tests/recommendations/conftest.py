"""People who watch, and a worker that has done what was due."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient

from kinetoscope.analytics import Folding
from kinetoscope.recommendations import Counting, Impressions, Lists
from kinetoscope.wiring import Platform
from support.cast import Person

Worked = Callable[[], Awaitable[None]]
Watch = Callable[..., Awaitable[None]]


def service_of(platform: Platform, kind: type) -> Any:
    return platform.services[kind]


@pytest.fixture
def worked(platform: Platform, jobs_done: Worked) -> Worked:
    """Everything that happens by itself within a minute has happened."""

    async def work() -> None:
        await jobs_done()
        await service_of(platform, Folding).be_fresh()
        await service_of(platform, Counting).count()
        await service_of(platform, Lists).settle()
        await service_of(platform, Impressions).flush()

    return work


@pytest.fixture
def watch(client: AsyncClient) -> Watch:
    """Anonymous people, each of whom watches all of these videos."""

    async def watched(*video_ids: str, people: int = 1) -> None:
        for _ in range(people):
            agent = {
                "User-Agent": f"Mozilla/5.0 (X11; Linux x86_64) Firefox/{uuid4().int % 1000}.{uuid4().hex}"
            }
            for video_id in video_ids:
                body = {"watch_duration": 60, "completion_percentage": 90.0}
                answer = await client.post(f"/api/v1/videos/{video_id}/track-view", json=body, headers=agent)
                assert answer.status_code == 201, answer.text

    return watched


async def related(person: AsyncClient, video_id: str, **query: Any) -> dict[str, Any]:
    answer = await person.get(f"/api/v1/videos/{video_id}/related", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["video_id"] for item in answer["recommendations"]]


async def watch_as(person: Person, video_id: str) -> None:
    body = {"watch_duration": 60, "completion_percentage": 90.0}
    answer = await person.post(f"/api/v1/videos/{video_id}/track-view", json=body)
    assert answer.status_code == 201


def as_uuid(text: str) -> UUID:
    return UUID(text)
