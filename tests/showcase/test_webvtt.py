"""WebVTT chapters: written for players, read from whatever editors write."""

import random
import re
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response

from support.cast import Person
from support.showcases import annotate, annotated, demo, listed, path_of

VTT = {"Content-Type": "text/vtt"}


async def sent(person: AsyncClient, video: dict[str, Any], text: str | bytes, **query: str) -> Response:
    return await person.post(f"{path_of(video)}/import", content=text, headers=VTT, params=query)


async def taken(person: AsyncClient, video: dict[str, Any], text: str, **query: str) -> dict[str, Any]:
    answer = await sent(person, video, text, **query)
    assert answer.status_code == 200, answer.text
    outcome: dict[str, Any] = answer.json()
    return outcome


async def written(person: AsyncClient, video: dict[str, Any]) -> str:
    answer = await person.get(path_of(video) + ".vtt")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
    return answer.text


def cues(text: str) -> list[str]:
    """Return the cues of a file as a player sees them: times and text, without comments and names."""
    blocks = [block.splitlines() for block in text.split("\n\n") if "-->" in block]
    return ["|".join(line for line in block if not re.fullmatch(r"[0-9a-f-]{36}", line)) for block in blocks]


def told(annotation: dict[str, Any]) -> dict[str, Any]:
    """Return what an owner said of an annotation."""
    names = ("timestamp", "end_timestamp", "title", "description", "annotation_type", "url")
    return {name: annotation[name] for name in names}


async def test_a_chapter_lasts_until_the_next_one_or_the_end(alice: Person, bob: Person) -> None:
    video = await demo(alice, duration=3700)
    await annotated(alice, video, timestamp=3661.5, title="Last")
    await annotated(alice, video, timestamp=1, title="A & <b>")
    await annotated(alice, video, timestamp=5, end_timestamp=6.25, title="Range")
    text = await written(bob, video)
    assert text.startswith("WEBVTT\n\n")
    assert cues(text) == [
        "00:00:01.000 --> 00:00:05.000|A &amp; &lt;b&gt;",
        "00:00:05.000 --> 00:00:06.250|Range",
        "01:01:01.500 --> 01:01:40.000|Last",
    ]


async def test_without_anything_that_ends_it_a_chapter_still_ends_later(alice: Person) -> None:
    video = await demo(alice, duration=None)
    await annotated(alice, video, timestamp=7)
    assert cues(await written(alice, video)) == ["00:00:07.000 --> 00:00:17.000|Connection setup"]
    ended = await demo(alice, duration=7)
    await annotated(alice, ended, timestamp=7)
    assert cues(await written(alice, ended)) == ["00:00:07.000 --> 00:00:17.000|Connection setup"]


async def test_nothing_is_lost_on_the_way_out_and_back(alice: Person) -> None:
    video, copy = await demo(alice), await demo(alice)
    await annotated(alice, video, timestamp=0.1234567891, end_timestamp=2, description='A --> "B"\n\nNOTE c')
    await annotated(
        alice, video, timestamp=0.12345, title="--> & &amp; <i>x</i> WEBVTT", url="https://a.example/?b=1&c"
    )
    await annotated(alice, video, timestamp=100, annotation_type="bug-fix", title="Ünï 漢字 🎬 \\n")
    before = await listed(alice, video)
    text = await written(alice, video)

    outcome = await taken(alice, copy, text)
    assert (outcome["imported"], outcome["rejected"], outcome["shortened"]) == (3, [], [])
    assert [told(a) for a in await listed(alice, copy)] == [told(a) for a in before]
    assert re.sub("[0-9a-f-]{36}", "", await written(alice, copy)) == re.sub("[0-9a-f-]{36}", "", text)

    await taken(alice, video, text, mode="replace")
    after = await listed(alice, video)
    assert [a | {"updated_at": None} for a in after] == [a | {"updated_at": None} for a in before]


async def test_many_random_annotations_survive_the_way_out_and_back(alice: Person) -> None:
    chance = random.Random(5)
    letters = "aß漢🎬 &<>-:\"'\\.#{}%\u00a0"
    video, copy = await demo(alice), await demo(alice)
    for _ in range(40):
        start = round(chance.uniform(0, 50), chance.randrange(12))
        said = "".join(chance.choices(letters + "\n", k=chance.randrange(60)))
        title = "".join(chance.choices(letters, k=chance.randrange(1, 40)))
        ends = {"end_timestamp": start + chance.randrange(1, 50)} if chance.random() < 0.5 else {}
        kind = chance.choice(["info", "feature", "bug-fix", "demo"])
        await annotate(
            alice, video, timestamp=start, title=title, description=said, annotation_type=kind, **ends
        )
    before = await listed(alice, video)
    assert len(before) > 30
    outcome = await taken(alice, copy, await written(alice, video))
    assert outcome["rejected"] == []
    assert [told(a) for a in await listed(alice, copy)] == [told(a) for a in before]


async def test_what_an_editor_has_changed_in_a_cue_counts(alice: Person) -> None:
    video = await demo(alice)
    made = await annotated(alice, video, timestamp=10.123456, description="Kept")
    text = (await written(alice, video)).replace("00:00:10.123 -->", "00:00:11.000 -->")
    await taken(alice, video, text.replace("Connection setup", "Pool"), mode="replace")
    [changed] = await listed(alice, video)
    assert (changed["id"], changed["title"], changed["description"]) == (made["id"], "Pool", "Kept")
    assert (changed["timestamp"], changed["end_timestamp"]) == (11, 100)


async def test_a_replacement_keeps_the_clicks_of_what_it_names_and_drops_the_rest(
    alice: Person, bob: Person
) -> None:
    video = await demo(alice)
    kept, dropped = await annotated(alice, video), await annotated(alice, video, title="Dropped")
    await bob.post(f"{path_of(video)}/{kept['id']}/click")
    text = (
        f"WEBVTT\n\n{kept['id']}\n00:01.000 --> 00:02.000\nNew\n\n{uuid4()}\n00:03.000 --> 00:04.000\nOther\n"
    )
    await taken(alice, video, text, mode="replace")
    found = await listed(alice, video)
    assert [a["title"] for a in found] == ["New", "Other"]
    assert found[0]["id"] == kept["id"]
    assert dropped["id"] not in {a["id"] for a in found}
    figures = (await alice.get(f"{path_of(video)}/analytics")).json()["annotations"]
    assert [row["clicks"] for row in figures] == [1, 0]


async def test_an_id_of_another_video_is_not_taken_over(alice: Person, bob: Person) -> None:
    video, other = await demo(alice), await demo(bob)
    foreign = await annotated(bob, other)
    text = f"WEBVTT\n\n{foreign['id']}\n00:01.000 --> 00:02.000\nMine\n"
    await taken(alice, video, text, mode="replace")
    assert await listed(bob, other) == [foreign]
    assert (await listed(alice, video))[0]["id"] != foreign["id"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nA", [(1, 2, "A", "")]),
        ("\ufeffWEBVTT - a title\nKind: chapters\n\n00:01.000 --> 00:02.000\nA\n", [(1, 2, "A", "")]),
        ("WEBVTT\r\n\r\n1\r\n00:01.000 --> 00:02.000 align:start\r\nA\r\nB\r\n", [(1, 2, "A", "B")]),
        ("WEBVTT\r\r00:01.000 --> 00:02.000\rA\r", [(1, 2, "A", "")]),
        ("WEBVTT\n00:01.000 --> 00:02.000\nA", [(1, 2, "A", "")]),
        ("1\n00:00:01,500 --> 00:00:02,000\nSubRip\n\n2\n00:00:03,000 --> 00:00:04,000\nTwo", [
            (1.5, 2, "SubRip", ""), (3, 4, "Two", ""),
        ]),
        ("0:00:01 --> 000:01:02.5\n<v Bob>Hi <b>there</b></v> &amp; you", [(1, 62.5, "Hi there & you", "")]),
        ("STYLE\n::cue { color: red }\n\nNOTE a\nb\n\nREGION\nid:x\n\n00:01.000-->00:02.000\nA", [
            (1, 2, "A", ""),
        ]),
        ("WEBVTT\n\nNOTE kinetoscope {broken\n\n00:01.000 --> 00:02.000\nA", [(1, 2, "A", "")]),
    ],
)  # fmt: skip
async def test_what_editors_write_is_read(
    alice: Person, text: str, expected: list[tuple[float, float, str, str]]
) -> None:
    video = await demo(alice)
    outcome = await taken(alice, video, text)
    assert outcome["rejected"] == []
    found = [
        (a["timestamp"], a["end_timestamp"], a["title"], a["description"]) for a in await listed(alice, video)
    ]
    assert found == expected


async def test_each_rejected_cue_is_reported_with_its_line_and_the_others_are_taken(alice: Person) -> None:
    video = await demo(alice, duration=100)
    text = (
        "WEBVTT\n\n"  # 1, 2
        "00:05.000 --> 00:01.000\nBackwards\n\n"  # 3
        "00:01.000 --> 00:02.000\nGood\n\n"  # 6
        "name\n00:99.000 --> 01:00.000\nNo such second\n\n"  # 10
        "00:03.000 --> soon\nNo time\n\n"  # 13
        "00:03.000 --> 00:04.000\n\n"  # 16
        "Only text\n\n"  # 18
        "01:41.000 --> 01:42.000\nAfter the end\n\n"  # 20
        "01:39.000 --> 01:42.000\nEnds after the end\n\n"  # 23
        'NOTE kinetoscope {"cue": "", "timestamp": 1, "url": "javascript:x"}\n\n'  # 26
        "00:03.000 --> 00:04.000\nBad link\n"  # 28
    )
    outcome = await taken(alice, video, text)
    assert [note["line"] for note in outcome["rejected"]] == [3, 10, 13, 16, 18, 20, 28]
    assert all(note["message"] for note in outcome["rejected"])
    assert [note["line"] for note in outcome["shortened"]] == [23]
    assert (outcome["imported"], outcome["rejected_total"]) == (2, 7)
    found = [(a["title"], a["end_timestamp"]) for a in await listed(alice, video)]
    assert found == [("Good", 2), ("Ends after the end", 100)]


async def test_a_file_without_cues_is_refused_and_replaces_nothing(alice: Person) -> None:
    video = await demo(alice)
    made = await annotated(alice, video)
    for empty in ("", "WEBVTT\n", "NOTE nothing\n", "\n\n\n"):
        answer = await sent(alice, video, empty, mode="replace")
        assert (answer.status_code, answer.json()["code"]) == (400, "no_cues")
    outcome = await taken(alice, video, "only text", mode="replace")
    assert (outcome["imported"], outcome["rejected_total"]) == (0, 1)
    assert await listed(alice, video) == [made]


async def test_bytes_that_are_no_text_are_no_failure(alice: Person) -> None:
    video = await demo(alice)
    for junk in (bytes(range(256)) * 20, b"\xff\xfeW\0E\0", b"--> \n" * 1000, b"1:1 --> " + b"9" * 10_000):
        assert (await sent(alice, video, junk)).status_code in {200, 400}
    mixed = await sent(alice, video, b"WEBVTT\n\n00:01.000 --> 00:02.000\nA\0\xffB\n")
    assert mixed.json()["annotations"][0]["title"] == "A\ufffd\ufffdB"


async def test_more_than_a_video_may_have_are_refused_whole(alice: Person) -> None:
    video = await demo(alice)
    text = "WEBVTT\n\n" + "00:01.000 --> 00:02.000\nA\n\n" * 1001
    answer = await sent(alice, video, text)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_annotations")
    assert await listed(alice, video) == []


async def test_a_long_text_is_cut_for_the_title_and_kept_as_the_description(alice: Person) -> None:
    video = await demo(alice)
    await taken(alice, video, "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "x" * 300)
    [found] = await listed(alice, video)
    assert (len(found["title"]), found["description"]) == (255, "x" * 300)


async def test_only_the_owner_imports_and_only_text(alice: Person, bob: Person) -> None:
    video = await demo(alice)
    for text in ("", "WEBVTT\n\n00:01.000 --> 00:02.000\nA"):
        assert (await sent(bob, video, text)).status_code == 403
    as_json = await alice.post(f"{path_of(video)}/import", json={"a": 1})
    assert as_json.status_code == 415
