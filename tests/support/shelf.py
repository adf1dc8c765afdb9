"""Filling and reading albums."""

from typing import Any

from httpx import AsyncClient

from support.cast import Person


async def album(person: Person, **fields: Any) -> dict[str, Any]:
    """Make an album and return it."""
    answer = await person.post("/api/v1/albums", json={"title": "Summer"} | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def add(person: Person, to: dict[str, Any], thing: dict[str, Any]) -> str:
    """Put a photo or video into an album and return the item's id."""
    kind = "photo" if "photo_id" in thing else "video"
    answer = await person.post(
        f"/api/v1/albums/{to['id']}/items", json={"media_type": kind, "media_id": thing["id"]}
    )
    assert answer.status_code == 201, answer.text
    item: str = answer.json()["id"]
    return item


async def photo(person: Person, content: bytes) -> dict[str, Any]:
    """Upload a photo and return it."""
    answer = await person.post("/api/v1/photos", files={"file": ("a.bin", content)})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def items(person: AsyncClient, of: dict[str, Any]) -> list[str]:
    """Return the ids of the items that somebody sees, in their order."""
    answer = await person.get(f"/api/v1/albums/{of['id']}")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    assert shown["item_count"] == len(shown["items"])
    assert [item["order"] for item in shown["items"]] == list(range(shown["item_count"]))
    return [item["id"] for item in shown["items"]]
