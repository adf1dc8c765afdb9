"""Searching: by words, by meaning, under filters, page by page."""

from typing import Any
from uuid import uuid4

import pytest

from support.cast import Person, registered_video

FIELDS = {
    "video_id", "title", "description", "category", "duration", "thumbnail_url", "url", "author", "tags",
    "similarity_score", "created_at", "highlights", "explanation",
}  # fmt: skip


async def test_what_is_meant_is_found_without_a_common_word(kitchen: Any) -> None:
    assert (await kitchen.titles("deep neural nets in a programming language"))[0].startswith("Python")
    assert (await kitchen.titles("hot leaf drink"))[0] == "How to brew green tea"


async def test_an_answer_has_all_of_its_fields_and_its_parts_give_the_score(kitchen: Any) -> None:
    answer = await kitchen.answer("python machine learning", limit=2)
    assert (answer["mode"], answer["limit"], answer["offset"]) == ("hybrid", 2, 0)
    assert answer["query"] == "python machine learning"
    assert answer["query_time_ms"] > 0
    result = answer["results"][0]
    assert set(result) == FIELDS
    assert (result["category"], result["duration"], result["author"]) == ("tutorial", 2340, "Alice")
    assert result["url"] == f"/videos/{result['video_id']}"
    assert result["tags"] == ["python", "ml"]
    why = result["explanation"]
    assert why["semantic"] + why["text"] == pytest.approx(result["similarity_score"])
    assert why["fused_rank"] == 1
    assert 0.8 < why["fields"]["title"] <= 1
    assert answer["facets"] == {"category": {"tutorial": 1}, "tags": {"ml": 1, "python": 1}}


async def test_scores_fall_down_the_list_and_pages_are_one_list(library: Any) -> None:
    for number in range(12):
        await registered_video(library.alice, title=f"Tea tasting, part {number}", tags=["tea"])
    await registered_video(library.alice, title="Welding steel pipes")
    await library.jobs_done()
    whole = await library.answer("tea tasting", limit=100)
    scores = [result["similarity_score"] for result in whole["results"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert (whole["total"], whole["has_more"]) == (12, False)
    pages = [await library.answer("tea tasting", limit=5, offset=offset) for offset in (0, 5, 10, 15)]
    paged = [result["video_id"] for page in pages for result in page["results"]]
    assert paged == [result["video_id"] for result in whole["results"]]
    assert [page["total"] for page in pages] == [12] * 4
    assert [page["has_more"] for page in pages] == [True, True, False, False]


async def test_filters_hold_before_the_cut(kitchen: Any) -> None:
    async def found(**wish: Any) -> list[str]:
        return await kitchen.titles("a video about learning, tea or bread", **wish)

    assert len(await found()) == 3
    assert await found(category="Tutorial") == [await _title(kitchen, "Python")]
    assert await found(category="webinar") == []
    assert await found(category="showcase") == []
    assert await found(duration_min=2340, duration_max=2340) == [await _title(kitchen, "Python")]
    assert await found(duration_min=2341) == []
    assert await found(tags=["BAKING", "nothing"]) == ["Sourdough bread at home"]
    assert len(await found(author="ALICE")) == 3
    assert await found(author="bob") == []


async def _title(library: Any, beginning: str) -> str:
    return next(title for title in await library.titles(beginning) if title.startswith(beginning))


async def test_phrases_must_be_there_and_excluded_words_must_not(kitchen: Any) -> None:
    await kitchen.add(title="Green hills", description="A tea house far away.")
    assert await kitchen.titles('"green tea"') == ["How to brew green tea"]
    assert await kitchen.titles("tea -hills") == ["How to brew green tea"]
    assert await kitchen.titles('tea -"green tea"') == ["Green hills"]
    assert "How to brew green tea" in await kitchen.titles("-tea")


async def test_a_phrase_that_nothing_holds_counts_as_words(kitchen: Any) -> None:
    answer = await kitchen.answer('"tea green"')
    assert answer["results"][0]["title"] == "How to brew green tea"
    assert answer["corrected_query"] == "tea green"


async def test_a_typo_is_forgiven_where_nothing_holds_the_word(kitchen: Any) -> None:
    answer = await kitchen.answer("sourdogh braed")
    assert answer["results"][0]["title"] == "Sourdough bread at home"
    assert answer["corrected_query"] == answer["did_you_mean"] == "sourdough bread"
    right = await kitchen.answer("sourdough bread")
    assert (right["corrected_query"], right["did_you_mean"]) == (None, None)


async def test_a_word_that_is_there_is_never_replaced_only_asked_about(library: Any) -> None:
    for number in range(25):
        await registered_video(library.alice, title=f"Bread number {number}")
    await registered_video(library.alice, title="A broad view")
    await library.jobs_done()
    answer = await library.answer("broad")
    assert answer["results"][0]["title"] == "A broad view"
    assert (answer["corrected_query"], answer["did_you_mean"]) == (None, "bread")


async def test_highlights_are_marked_and_safe(library: Any) -> None:
    await library.add(title="Tea & <b>biscuits</b>", description="<script>alert(1)</script> tea times")
    marks = (await library.answer("tea"))["results"][0]["highlights"]
    assert marks["title"] == "<mark>Tea</mark> &amp; &lt;b&gt;biscuits&lt;/b&gt;"
    assert marks["description"] == "&lt;script&gt;alert(1)&lt;/script&gt; <mark>tea</mark> times"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": ""},
        {"query": "   "},
        {"query": "x" * 501},
        {"query": "a\u0000b"},
        {"query": 7},
        {"query": "tea", "limit": 0},
        {"query": "tea", "limit": 101},
        {"query": "tea", "offset": -1},
        {"query": "tea", "offset": 10**30},
        {"query": "tea", "category": "movie"},
        {"query": "tea", "duration_min": -1},
        {"query": "tea", "duration_min": 2, "duration_max": 1},
        {"query": "tea", "duration_max": 10**12},
        {"query": "tea", "tags": "tea"},
        {"query": "tea", "tags": [""]},
        {"query": "tea", "author": "a\u0000"},
    ],
)
async def test_bad_input_is_refused(library: Any, body: dict[str, Any]) -> None:
    answer = await library.alice.post(f"{library.path}/search", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


@pytest.mark.parametrize(
    "query",
    ['"', "-", '-"', "& | ! ( ) : * <->", "'; DROP TABLE videos; --", "\\", "C++ | !", "🫖", "%_", "the"],
)
async def test_whatever_is_typed_is_a_query(kitchen: Any, query: str) -> None:
    assert (await kitchen.answer(query))["query"] == query


async def test_other_scripts_are_found_by_their_words(library: Any) -> None:
    await library.add(title="東京の美味しいラーメン")
    await library.add(title="Приготовление зелёного чая")
    await library.add(title="Café au lait maison")
    assert (await library.titles("ラーメン"))[0] == "東京の美味しいラーメン"
    assert (await library.titles("зеленый чай"))[0] == "Приготовление зелёного чая"
    assert (await library.titles("cafe"))[0] == "Café au lait maison"


async def test_what_is_written_in_another_language_is_found_by_its_meaning(kitchen: Any) -> None:
    assert (await kitchen.titles("Как приготовить зелёный чай?"))[0] == "How to brew green tea"
    await kitchen.add(title="Wie man zu Hause eine Katze erzieht")
    assert (await kitchen.titles("training a cat"))[0].startswith("Wie man")


async def test_words_or_meaning_alone_answer_where_that_is_asked_for(kitchen: Any) -> None:
    async def found(query: str, mode: str) -> tuple[str, list[str], list[dict[str, float]]]:
        answer = await kitchen.answer(query, mode=mode)
        results = answer["results"]
        return answer["mode"], [one["title"] for one in results], [one["explanation"] for one in results]

    assert await found("hot leaf drinks", "text") == ("text", [], [])
    mode, titles, why = await found("green tea", "text")
    assert (mode, titles, [one["semantic"] for one in why]) == ("text", ["How to brew green tea"], [0.0])
    mode, titles, why = await found("green tea", "semantic")
    assert (mode, titles[0], len(titles)) == ("semantic", "How to brew green tea", 3)  # however far
    assert {one["text"] for one in why} == {0.0}
    answer = await kitchen.alice.post(f"{kitchen.path}/search", json={"query": "tea", "mode": "magic"})
    assert answer.status_code == 422


async def test_nobody_searches_in_anothers_project(kitchen: Any, bob: Person) -> None:
    for path in (f"{kitchen.path}/search", f"/api/v1/projects/{uuid4()}/videos/search"):
        answer = await bob.post(path, json={"query": "tea"})
        assert (answer.status_code, answer.json()["code"]) == (404, "project_not_found")
    own = (await bob.get("/api/v1/projects")).json()["projects"][0]["id"]
    answer = await bob.post(f"/api/v1/projects/{own}/videos/search", json={"query": "tea"})
    assert (answer.json()["results"], answer.json()["total"]) == ([], 0)


async def test_what_is_typed_is_completed(kitchen: Any) -> None:
    async def completed(text: str) -> list[tuple[str, str]]:
        answer = await kitchen.alice.get(f"{kitchen.path}/suggest", params={"q": text})
        assert answer.status_code == 200, answer.text
        return [(found["kind"], found["text"]) for found in answer.json()["suggestions"]]

    assert ("title", "Python machine learning for beginners") in await completed("machine lea")
    assert ("word", "sourdough") in await completed("sour")
    assert ("word", "green tea") in await completed("green te")
    assert await completed("xyzzy") == []


async def test_related_videos_are_those_that_say_alike(kitchen: Any) -> None:
    tea = (await kitchen.answer("green tea"))["results"][0]["video_id"]
    await kitchen.add(title="Japanese tea ceremony", tags=["tea"])
    answer = await kitchen.alice.post(f"{kitchen.path}/{tea}/related", params={"limit": 2})
    body = answer.json()
    assert (body["video_id"], body["total"]) == (tea, 2)
    assert body["related"][0]["title"] == "Japanese tea ceremony"
    only = await kitchen.alice.post(f"{kitchen.path}/{tea}/related", params={"category_filter": "TUTORIAL"})
    assert [one["category"] for one in only.json()["related"]] == ["tutorial"]
    unknown = await kitchen.alice.post(f"{kitchen.path}/{uuid4()}/related")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_indexed")
    assert (await kitchen.alice.post(f"{kitchen.path}/{tea}/related?limit=21")).status_code == 422
