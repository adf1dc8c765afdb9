"""Demo videos and their annotations."""

from typing import Any

from httpx import AsyncClient, Response

from support.cast import registered_video


def path_of(video: dict[str, Any]) -> str:
    """Return where the annotations of a video are."""
    return f"/api/v1/showcase-videos/{video['id']}/annotations"


async def demo(person: AsyncClient, **fields: Any) -> dict[str, Any]:
    """Register a demo video of 100 seconds."""
    return await registered_video(person, **{"video_type": "demo", "duration": 100} | fields)


async def annotate(person: AsyncClient, video: dict[str, Any], **fields: Any) -> Response:
    """Try to annotate a video."""
    body = {"timestamp": 42.5, "title": "Connection setup", "annotation_type": "feature"} | fields
    return await person.post(path_of(video), json=body)


async def annotated(person: AsyncClient, video: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Annotate a video and return the annotation."""
    answer = await annotate(person, video, **fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def listed(person: AsyncClient, video: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the annotations of a video."""
    answer = await person.get(path_of(video))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["annotations"]
    return found
