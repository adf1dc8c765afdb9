"""Annotations over HTTP: making, reading, changing and deleting them."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from httpx import Response

from kinetoscope.kernel.db import Tx
from kinetoscope.videos import CHANGED
from support.cast import Person, registered_video
from support.showcases import annotate, annotated, demo, path_of

FIELDS = {
    "id", "annotation_id", "video_id", "timestamp", "end_timestamp", "title", "description",
    "annotation_type", "url", "created_by", "created_at", "updated_at",
}  # fmt: skip


def refused(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_new_annotation_is_the_whole_object_with_its_location(alice: Person) -> None:
    video = await demo(alice)
    answer = await annotate(
        alice, video, end_timestamp=50, description="Two\nlines", url="https://example.org/docs#pool"
    )
    made = answer.json()
    assert answer.status_code == 201
    assert set(made) == FIELDS
    assert answer.headers["location"] == f"{path_of(video)}/{made['id']}"
    assert (made["id"], made["video_id"], made["created_by"]) == (
        made["annotation_id"],
        video["id"],
        alice.id,
    )
    assert (made["timestamp"], made["end_timestamp"], made["annotation_type"]) == (42.5, 50, "feature")
    assert made["created_at"].endswith("Z")
    again = await alice.get(answer.headers["location"])
    assert (again.json(), again.headers["etag"]) == (made, answer.headers["etag"])


@pytest.mark.parametrize(
    "number", ["0", "42", "42.50", "0.1", "7.123456789012345678901", "99.999", "1E-7", "12.0"]
)
async def test_a_time_comes_back_digit_by_digit(alice: Person, number: str) -> None:
    video = await demo(alice)
    body = f'{{"timestamp": {number}, "title": "x", "annotation_type": "info"}}'
    answer = await alice.post(path_of(video), content=body, headers={"Content-Type": "application/json"})
    assert f'"timestamp":{number},' in answer.text
    assert f'"timestamp":{number},' in (await alice.get(path_of(video))).text


async def test_a_zero_has_no_sign(alice: Person) -> None:
    body = '{"timestamp": -0.0, "title": "x", "annotation_type": "info"}'
    headers = {"Content-Type": "application/json"}
    answer = await alice.post(path_of(await demo(alice)), content=body, headers=headers)
    assert '"timestamp":0.0,' in answer.text


async def test_only_demo_videos_have_annotations(alice: Person) -> None:
    video = await registered_video(alice, video_type="tutorial")
    assert refused(await annotate(alice, video)) == (400, "not_a_showcase")
    assert refused(await alice.get(path_of(video))) == (400, "not_a_showcase")


async def test_what_lies_after_the_end_is_refused_and_the_end_itself_is_not(alice: Person) -> None:
    video = await demo(alice, duration=10)
    assert refused(await annotate(alice, video, timestamp=10.01)) == (400, "timestamp_beyond_end")
    assert refused(await annotate(alice, video, timestamp=9, end_timestamp=11)) == (
        400,
        "timestamp_beyond_end",
    )
    made = await annotated(alice, video, timestamp=10)
    one = f"{path_of(video)}/{made['id']}"
    assert refused(await alice.patch(one, json={"timestamp": 10.5})) == (400, "timestamp_beyond_end")
    assert (await alice.get(one)).json() == made


async def test_without_a_known_duration_any_time_will_do(alice: Person) -> None:
    video = await demo(alice, duration=None)
    await annotated(alice, video, timestamp=86_400)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timestamp": -0.1}, {"timestamp": "42"}, {"timestamp": True}, {"timestamp": None},
        {"timestamp": 1e300}, {"end_timestamp": -1}, {"end_timestamp": 42.5}, {"end_timestamp": 1},
        {"title": ""}, {"title": " "}, {"title": "x" * 256}, {"title": "a\0b"}, {"title": None},
        {"annotation_type": "bug"}, {"annotation_type": None}, {"description": "x" * 10_001},
        {"url": "javascript:alert(1)"}, {"url": "ftp://example.org"}, {"url": "/relative"},
    ],
)  # fmt: skip
async def test_bad_values_are_refused_on_making_and_on_changing(alice: Person, wrong: dict[str, Any]) -> None:
    video = await demo(alice)
    assert (await annotate(alice, video, **wrong)).status_code == 422
    made = await annotated(alice, video)
    assert (await alice.patch(f"{path_of(video)}/{made['id']}", json=wrong)).status_code == 422
    assert (await alice.get(path_of(video))).json() == {"annotations": [made], "total": 1}


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "1e9999999999999999999", "1e-999999999", "0." + "1" * 60]
)
async def test_what_no_clock_gives_is_refused(alice: Person, number: str) -> None:
    video = await demo(alice, duration=None)
    body = f'{{"timestamp": {number}, "title": "x", "annotation_type": "info"}}'
    answer = await alice.post(path_of(video), content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


async def test_a_type_is_read_in_any_letter_case(alice: Person) -> None:
    made = await annotated(alice, await demo(alice), annotation_type="Bug-Fix")
    assert made["annotation_type"] == "bug-fix"


async def test_they_are_listed_along_the_time_and_by_type(alice: Person, bob: Person) -> None:
    video = await demo(alice)
    for second, kind in ((10, "info"), (2, "demo"), (9.5, "info")):
        await annotated(alice, video, timestamp=second, annotation_type=kind)
    everything = (await bob.get(path_of(video))).json()
    assert [a["timestamp"] for a in everything["annotations"]] == [2, 9.5, 10]
    assert everything["total"] == 3
    infos = (await bob.get(path_of(video), params={"type": "info"})).json()
    assert ([a["timestamp"] for a in infos["annotations"]], infos["total"]) == ([9.5, 10], 2)
    assert (await bob.get(path_of(video), params={"type": "bug"})).status_code == 422


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_any_subset_is_changed(alice: Person, method: str) -> None:
    video = await demo(alice)
    made = await annotated(alice, video, end_timestamp=60, description="old", url="https://example.org/")
    one = f"{path_of(video)}/{made['id']}"
    changed = (await alice.request(method, one, json={"title": "New", "end_timestamp": None})).json()
    assert changed == made | {"title": "New", "end_timestamp": None, "updated_at": changed["updated_at"]}
    assert (await alice.request(method, one, json={"timestamp": 1})).json()["timestamp"] == 1
    emptied = (await alice.request(method, one, json={"description": None, "url": None})).json()
    assert (emptied["description"], emptied["url"], emptied["title"]) == ("", None, "New")


async def test_a_range_stays_in_order_when_one_end_is_moved(alice: Person) -> None:
    video = await demo(alice)
    made = await annotated(alice, video, timestamp=10, end_timestamp=20)
    one = f"{path_of(video)}/{made['id']}"
    assert (await alice.patch(one, json={"timestamp": 20})).status_code == 422
    assert (await alice.patch(one, json={"end_timestamp": 10})).status_code == 422
    assert (await alice.patch(one, json={"timestamp": 20, "end_timestamp": 21})).status_code == 200


async def test_a_deleted_annotation_is_gone(alice: Person) -> None:
    video = await demo(alice)
    made = await annotated(alice, video)
    one = f"{path_of(video)}/{made['id']}"
    answer = await alice.delete(one)
    assert (answer.status_code, answer.content) == (204, b"")
    assert refused(await alice.get(one)) == (404, "annotation_not_found")
    assert refused(await alice.delete(one)) == (404, "annotation_not_found")


async def test_an_annotation_belongs_to_its_video_alone(alice: Person) -> None:
    video, other = await demo(alice), await demo(alice)
    made = await annotated(alice, video)
    assert refused(await alice.patch(f"{path_of(other)}/{made['id']}", json={})) == (
        404,
        "annotation_not_found",
    )
    assert (await alice.get(f"{path_of(video)}/{uuid4()}")).status_code == 404


async def test_others_read_but_do_not_annotate(alice: Person, bob: Person) -> None:
    video = await demo(alice)
    one = f"{path_of(video)}/{(await annotated(alice, video))['id']}"
    assert (await bob.get(one)).status_code == 200
    for answer in (
        await annotate(bob, video),
        await bob.patch(one, json={"title": "Mine"}),
        await bob.delete(one),
        await bob.get(f"{path_of(video)}/analytics"),
    ):
        assert refused(answer) == (403, "not_your_video")


async def test_those_of_a_private_video_do_not_exist_for_others(alice: Person, bob: Person) -> None:
    video = await demo(alice, visibility="private")
    one = f"{path_of(video)}/{(await annotated(alice, video))['id']}"
    for answer in (await bob.get(path_of(video)), await bob.get(one), await bob.post(f"{one}/click")):
        assert refused(answer) == (404, "video_not_found")


async def test_a_lost_update_is_prevented(alice: Person) -> None:
    video = await demo(alice)
    one = f"{path_of(video)}/{(await annotated(alice, video))['id']}"
    etag = (await alice.get(one)).headers["etag"]
    assert (await alice.get(one, headers={"If-None-Match": etag})).status_code == 304
    assert (await alice.patch(one, json={"title": "One"}, headers={"If-Match": etag})).status_code == 200
    for late in (
        await alice.patch(one, json={"title": "Two"}, headers={"If-Match": etag}),
        await alice.delete(one, headers={"If-Match": etag}),
    ):
        assert refused(late) == (412, "changed_meanwhile")


async def test_of_racing_changes_with_one_etag_one_succeeds(alice: Person) -> None:
    video = await demo(alice)
    one = f"{path_of(video)}/{(await annotated(alice, video))['id']}"
    etag = (await alice.get(one)).headers["etag"]
    answers = await asyncio.gather(
        *(alice.patch(one, json={"title": f"T{n}"}, headers={"If-Match": etag}) for n in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7


async def test_a_retried_annotation_is_made_once(alice: Person) -> None:
    video = await demo(alice)
    key = {"Idempotency-Key": "once"}
    body = {"timestamp": 1.50, "title": "x", "annotation_type": "info"}
    first = await alice.post(path_of(video), json=body, headers=key)
    again = await alice.post(path_of(video), json=body, headers=key)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert again.headers["etag"] == first.headers["etag"]
    assert (await alice.get(path_of(video))).json()["total"] == 1


async def test_a_shorter_duration_or_another_type_is_refused_below_annotations(alice: Person) -> None:
    video = await demo(alice, duration=100)
    made = await annotated(alice, video, timestamp=50, end_timestamp=60)
    own = f"/api/v1/videos/{video['id']}"
    shorter = await alice.put(own, json={"duration": 59})
    assert refused(shorter) == (409, "video_in_use")
    assert "second 60" in shorter.json()["detail"]
    other_type = await alice.patch(own, json={"video_type": "other"})
    assert refused(other_type) == (409, "video_in_use")
    assert "type demo" in other_type.json()["detail"]
    assert (await alice.get(own)).json() == video

    assert (await alice.put(own, json={"duration": 60, "title": "Fits"})).status_code == 200
    assert (await alice.put(own, json={"duration": None})).status_code == 200
    await alice.delete(f"{path_of(video)}/{made['id']}")
    assert (await alice.put(own, json={"duration": 1, "video_type": "other"})).status_code == 200


async def test_racing_annotations_and_a_shorter_duration_never_contradict(alice: Person) -> None:
    for _ in range(5):
        video = await demo(alice, duration=100)
        requests = [annotate(alice, video, timestamp=80 + n) for n in range(5)]
        requests.insert(2, alice.put(f"/api/v1/videos/{video['id']}", json={"duration": 50}))
        await asyncio.gather(*requests)
        duration = (await alice.get(f"/api/v1/videos/{video['id']}")).json()["duration"]
        latest = [a["timestamp"] for a in (await alice.get(path_of(video))).json()["annotations"]]
        assert all(second <= duration for second in latest)


async def test_racing_annotations_and_another_type_never_contradict(alice: Person) -> None:
    for _ in range(5):
        video = await demo(alice)
        own = f"/api/v1/videos/{video['id']}"
        _, change = await asyncio.gather(annotate(alice, video), alice.put(own, json={"video_type": "other"}))
        listed = await alice.get(path_of(video))
        if change.status_code == 200:
            assert refused(listed) == (400, "not_a_showcase")
            await alice.put(own, json={"video_type": "demo"})
            assert (await alice.get(path_of(video))).json()["total"] == 0
        else:
            assert listed.json()["total"] == 1


async def test_a_video_has_at_most_a_thousand(alice: Person, tx: Tx) -> None:
    video = await demo(alice)
    await tx.execute(
        """
        INSERT INTO annotations (id, video_id, starts_at, title, kind, created_by, created_at, updated_at)
        SELECT gen_random_uuid(), $1, 1, 'x', 'info', $2, now(), now() FROM generate_series(1, 998)
        """,
        video["id"],
        alice.id,
    )
    answers = await asyncio.gather(*(annotate(alice, video) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]


async def test_deleting_a_video_deletes_its_annotations(alice: Person, tx: Tx) -> None:
    video = await demo(alice)
    made = await annotated(alice, video)
    await alice.post(f"{path_of(video)}/{made['id']}/click")
    await alice.delete(f"/api/v1/videos/{video['id']}")
    assert await tx.fetch_value("SELECT count(*) FROM annotations") == 0
    assert await tx.fetch_value("SELECT count(*) FROM annotation_clicks") == 0


async def test_the_first_and_the_last_annotation_are_news_to_others(alice: Person, tx: Tx) -> None:
    video = await demo(alice)

    async def announced() -> int:
        count: int = await tx.fetch_value("SELECT count(*) FROM jobs WHERE kind = $1", CHANGED)
        return count

    before = await announced()
    first, second = await annotated(alice, video), await annotated(alice, video)
    assert await announced() == before + 1
    await alice.delete(f"{path_of(video)}/{first['id']}")
    assert await announced() == before + 1
    await alice.delete(f"{path_of(video)}/{second['id']}")
    assert await announced() == before + 2
