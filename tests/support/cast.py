"""The cast: alice owns, bob may look, mallory must not."""

from collections.abc import Awaitable, Callable
from typing import Any

from httpx import AsyncBaseTransport, AsyncClient, Response

PASSWORD = "correct horse battery"


class Person(AsyncClient):
    """A signed-in caller."""

    id: str
    tokens: dict[str, Any]


Hooks = dict[str, list[Callable[[Response], Awaitable[None]]]]


def browser(transport: AsyncBaseTransport, hooks: Hooks | None = None) -> AsyncClient:
    """Return a client without an account."""
    return AsyncClient(transport=transport, base_url="http://kinetoscope.test", event_hooks=hooks)


async def signed_up(transport: AsyncBaseTransport, name: str, hooks: Hooks | None = None) -> Person:
    """Register a person and return its client."""
    email = f"{name}@example.org"
    async with browser(transport, hooks) as anonymous:
        answer = await anonymous.post(
            "/api/v1/auth/register", json={"email": email, "password": PASSWORD, "name": name.title()}
        )
    assert answer.status_code == 201, answer.text
    tokens = answer.json()
    person = Person(
        transport=transport,
        base_url="http://kinetoscope.test",
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
        event_hooks=hooks,
    )
    person.id = tokens["user"]["id"]
    person.tokens = tokens
    return person


async def registered_video(person: AsyncClient, **fields: Any) -> dict[str, Any]:
    """Register a video and return it."""
    answer = await person.post("/api/v1/videos", json={"title": "Tea ceremony"} | fields)
    assert answer.status_code == 201, answer.text
    video: dict[str, Any] = answer.json()
    return video
