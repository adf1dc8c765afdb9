"""A library to search in: alice's videos, indexed, and what it takes to ask for them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from support.cast import Person, registered_video

JobsDone = Callable[[], Awaitable[None]]

TEA = {"title": "How to brew green tea", "description": "Water at 70 degrees, two minutes.", "tags": ["tea"]}
BREAD = {
    "title": "Sourdough bread at home",
    "description": "Flour, water, salt and patience.",
    "tags": ["baking"],
}
PYTHON = {
    "title": "Python machine learning for beginners",
    "description": "Train your first neural network with scikit-learn and NumPy.",
    "tags": ["python", "ml"],
    "video_type": "tutorial",
    "duration": 2340,
}


@dataclass
class Library:
    """Alice's default project."""

    alice: Person
    jobs_done: JobsDone
    project_id: str = ""

    @property
    def path(self) -> str:
        return f"/api/v1/projects/{self.project_id}/videos"

    async def add(self, **fields: Any) -> dict[str, Any]:
        """Register a video, and let it be indexed."""
        video = await registered_video(self.alice, **fields)
        self.project_id = self.project_id or video["project_id"]
        await self.jobs_done()
        return video

    async def answer(self, query: str, **wish: Any) -> dict[str, Any]:
        """Search and return the whole answer."""
        answer = await self.alice.post(f"{self.path}/search", json={"query": query, **wish})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def titles(self, query: str, **wish: Any) -> list[str]:
        """Search and return what was found."""
        return [result["title"] for result in (await self.answer(query, **wish))["results"]]


@pytest.fixture
async def library(alice: Person, jobs_done: JobsDone) -> Library:
    """A library of nothing yet."""
    library = Library(alice, jobs_done)
    projects = (await alice.get("/api/v1/projects")).json()["projects"]
    library.project_id = projects[0]["id"]
    return library


@pytest.fixture
async def kitchen(library: Library) -> Library:
    """Three videos on three subjects."""
    for fields in (TEA, BREAD, PYTHON):
        await registered_video(library.alice, **fields)
    await library.jobs_done()
    return library
