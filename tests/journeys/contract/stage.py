"""Who acts in the contract test, and how it makes things."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

Dictionaries = dict[str, list[Any]]


@dataclass(frozen=True)
class Stage:
    """Who does everything, who looks on, and where files can be made."""

    alice: httpx.Client
    bob: httpx.Client
    folder: Path


def made(person: httpx.Client, kind: str, wish: dict[str, Any]) -> dict[str, Any]:
    """Make one thing and return it."""
    answer = person.post(f"/api/v1/{kind}", json=wish)
    assert answer.status_code == 201, answer.text
    thing: dict[str, Any] = answer.json()
    return thing


def ids(person: httpx.Client, kind: str, name: str, count: int) -> list[str]:
    """Make some things that only need a name, and return their ids."""
    return [made(person, kind, {name: f"One of {uuid4()}"})["id"] for _ in range(count)]
