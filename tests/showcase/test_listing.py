"""The showcase: demo videos, filtered, found through indexes."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from kinetoscope.kernel.db import Record, Tx
from kinetoscope.kernel.paging import Page
from kinetoscope.showcase.listing import list_showcase
from kinetoscope.showcase.models import ShowcaseFilter
from support.cast import Person, registered_video
from support.showcases import annotated, demo

PATH = "/api/v1/showcase-videos/showcase"


async def showcase(person: AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await person.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def titles(person: AsyncClient, **query: Any) -> list[str]:
    return [video["title"] for video in (await showcase(person, **query))["videos"]]


async def test_it_shows_demo_videos_newest_first_with_their_annotations_counted(
    alice: Person, bob: Person
) -> None:
    first = await demo(alice, title="First")
    await registered_video(alice, title="No demo", video_type="tutorial")
    second = await demo(alice, title="Second")
    for second_of in (1, 2):
        await annotated(alice, first, timestamp=second_of)
    page = await showcase(bob)
    assert page == {
        "videos": [second | {"annotation_count": 0}, first | {"annotation_count": 2}],
        "total": 2,
        "page": 1,
        "limit": 10,
        "has_more": False,
    }


async def test_each_sees_what_is_public_and_its_own(alice: Person, bob: Person) -> None:
    for visibility in ("public", "unlisted", "private"):
        await demo(alice, title=visibility, visibility=visibility, tags=["x"])
    assert await titles(bob) == ["public"]
    assert await titles(bob, tags="x") == ["public"]
    assert await titles(alice) == ["private", "unlisted", "public"]
    assert await titles(alice, tags="x") == ["private", "unlisted", "public"]
    assert (await showcase(bob))["total"] == (await showcase(bob, tags="X"))["total"] == 1
    assert (await showcase(alice))["total"] == (await showcase(alice, tags="X"))["total"] == 3


async def test_filters_ignore_case_and_any_of_a_list_will_do(alice: Person) -> None:
    await demo(alice, title="A", tech_stack=["React", "Python"], tags=["open source"])
    await demo(alice, title="B", tech_stack=["Vue"], tags=["Tutorial"])
    await demo(alice, title="C", description="All about authentication")
    assert await titles(alice, tech_stack="react,vue") == ["B", "A"]
    assert await titles(alice, tech_stack=" PYTHON , ") == ["A"]
    assert await titles(alice, tags="OPEN SOURCE,tutorial") == ["B", "A"]
    assert await titles(alice, tags="tutorial", tech_stack="react") == []
    assert await titles(alice, search="auth") == ["C"]
    assert await titles(alice, search="about AUTH") == ["C"]
    assert await titles(alice, search="auth", tags="tutorial") == []
    assert await titles(alice, search="  ", tags=" , ") == ["C", "B", "A"]


async def test_words_of_a_title_and_signs_that_are_no_words_are_found_or_not(alice: Person) -> None:
    await demo(alice, title="Größe & Ähnlichkeit")
    assert await titles(alice, search="größe") == ["Größe & Ähnlichkeit"]
    for strange in ("' & !x", "):*", "\\", "%", "größe\u0000".replace("\u0000", " ")):
        assert (await alice.get(PATH, params={"search": strange})).status_code == 200


async def test_pages_follow_one_another(alice: Person) -> None:
    for number in range(5):
        await demo(alice, title=f"V{number}", tags=["x"], visibility=("public", "private")[number % 2])
    for query in ({}, {"tags": "x"}):
        pages = [await showcase(alice, page=number, limit=2, **query) for number in (1, 2, 3, 4)]
        assert [[video["title"] for video in page["videos"]] for page in pages] == [
            ["V4", "V3"],
            ["V2", "V1"],
            ["V0"],
            [],
        ]
        assert [page["has_more"] for page in pages] == [True, True, False, False]
        assert {page["total"] for page in pages} == {5}


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 101}, {"page": 0}, {"page": 10**9}, {"search": "x" * 201}, {"tags": "\0"}],
)
async def test_what_is_out_of_range_is_refused(alice: Person, query: dict[str, Any]) -> None:
    assert (await alice.get(PATH, params=query)).status_code == 422


# How it is found


class Watched(Tx):
    """A connection that notes the plan of each query, made once for all values: the worst case."""

    plans: list[dict[str, Any]]

    async def fetch(self, query: Any, *values: object) -> list[Record]:
        await self._explain(query, values)
        return await super().fetch(query, *values)

    async def fetch_value(self, query: Any, *values: object) -> Any:
        await self._explain(query, values)
        return await super().fetch_value(query, *values)

    async def _explain(self, query: Any, values: Sequence[object]) -> None:
        await self.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await self.execute("PREPARE explained AS " + query)
        explain: Any = f"EXPLAIN (FORMAT json) EXECUTE explained({', '.join(map(literal, values))})"
        rows = await super().fetch(explain)
        await self.execute("DEALLOCATE explained")
        self.plans.append(json.loads(rows[0][0])[0]["Plan"])


def literal(value: Any) -> str:
    if isinstance(value, list):
        return f"ARRAY{value}"
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def scans(plan: dict[str, Any]) -> set[str]:
    """Return the indexes and tables that a plan reads, a table only where it is read as a whole."""
    here = {plan["Index Name"]} if "Index Name" in plan else set[str]()
    if plan["Node Type"] == "Seq Scan":
        here = {plan["Relation Name"]}
    return here.union(*(scans(child) for child in plan.get("Plans", [])))


async def fill(tx: Tx, owner_id: str) -> None:
    """Make 100,000 videos, half of them demos, without what only answers need."""
    await tx.execute("ALTER TABLE videos DISABLE TRIGGER USER")
    await tx.execute(
        """
        INSERT INTO videos (id, owner_id, project_id, author, title, video_type, visibility, status,
                            created_at, updated_at, document, tag_keys, tech_keys)
        SELECT gen_random_uuid(), $1, (SELECT id FROM projects LIMIT 1), 'a', 'word' || n % 997,
               CASE WHEN n % 2 = 0 THEN 'demo' ELSE 'other' END, 'public', 'ready',
               now() - n * interval '1 minute', now(), '{}', ARRAY['tag' || n % 499], ARRAY['tech' || n % 251]
          FROM generate_series(1, 100000) AS n
        """,
        owner_id,
    )
    await tx.execute("ANALYZE videos")


async def test_every_filter_of_a_hundred_thousand_videos_uses_its_index(tx: Tx, alice: Person) -> None:
    expected = {
        "videos_demos": ShowcaseFilter(),
        "videos_tags": ShowcaseFilter(tags=("tag7",)),
        "videos_tech": ShowcaseFilter(tech_stack=("tech7",)),
        "videos_words": ShowcaseFilter(search="word12"),
    }
    undone = tx.begin()
    await undone.start()
    await fill(tx, alice.id)
    for index, wanted in expected.items():
        watched = Watched(tx._connection)  # pyright: ignore[reportPrivateUsage] - ours
        watched.plans = []
        listing = await list_showcase(watched, UUID(alice.id), wanted, Page(1, 10))
        assert len(listing.items) == 10
        assert len(watched.plans) == 2
        for plan in watched.plans:
            assert index in scans(plan)
            assert "videos" not in scans(plan)
    await undone.rollback()
