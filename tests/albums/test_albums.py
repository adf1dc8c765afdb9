"""Albums over HTTP: who sees what of them, and an order that survives everybody."""

import asyncio
import random
from uuid import uuid4

import pytest
from httpx import ASGITransport, AsyncClient, Response

from kinetoscope.kernel.db import Tx
from support import shelf
from support.cast import Person, registered_video
from support.jobs_done import JobsDone


async def test_a_new_album_is_the_whole_object_and_private(alice: Person) -> None:
    answer = await alice.post("/api/v1/albums/", json={"title": "  Coding sessions 2026 "})
    album = answer.json()
    assert answer.status_code == 201
    assert album["id"] == album["album_id"]
    assert (album["user_id"], album["title"], album["description"]) == (alice.id, "Coding sessions 2026", "")
    assert (album["visibility"], album["cover_url"], album["item_count"], album["items"]) == (
        "private",
        None,
        0,
        [],
    )
    again = await alice.get(answer.headers["location"])
    assert (again.json(), again.headers["etag"]) == (album, answer.headers["etag"])


async def test_a_private_album_does_not_exist_for_others_and_a_public_one_is_for_everybody(
    client: AsyncClient, alice: Person, bob: Person
) -> None:
    album = await shelf.album(alice)
    item = await shelf.add(alice, album, video := await registered_video(alice))
    path = f"/api/v1/albums/{album['id']}"
    thing = {"media_type": "video", "media_id": video["id"]}
    order = {"item_orders": [{"item_id": item, "order": 0}]}

    async def tried(person: AsyncClient) -> list[Response]:
        return [
            await person.put(path, json={"title": "Mine"}),
            await person.delete(path),
            await person.post(f"{path}/items", json=thing),
            await person.delete(f"{path}/items/{item}"),
            await person.post(f"{path}/reorder", json=order),
        ]

    for answer in (*await tried(bob), await bob.get(path), await client.get(path)):
        assert (answer.status_code, answer.json()["code"]) == (404, "album_not_found")
    await alice.patch(path, json={"visibility": "PUBLIC"})
    for answer in (await bob.get(path), await client.get(path), await client.get(f"{path}/items/{item}")):
        assert answer.status_code == 200
    for answer in await tried(bob):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_your_album")
    assert await shelf.items(alice, album) == [item]


async def test_put_and_patch_change_any_subset(alice: Person) -> None:
    album = await shelf.album(alice, description="old", cover_url="https://example.org/a.jpg")
    path = f"/api/v1/albums/{album['id']}"
    changed = (await alice.put(path, json={"title": "New"})).json()
    assert changed == album | {"title": "New", "updated_at": changed["updated_at"]}
    emptied = (await alice.patch(path, json={"description": None, "cover_url": None})).json()
    assert (emptied["description"], emptied["cover_url"]) == ("", None)
    refused: list[dict[str, object]] = [
        {"title": None}, {"title": ""}, {"visibility": "unlisted"}, {"cover_url": "ftp://x"}, {"cover_url": 1}
    ]  # fmt: skip
    for body in refused:
        assert (await alice.put(path, json=body)).status_code == 422
    assert (await alice.get(path)).json() == emptied


async def test_lost_updates_are_prevented_and_known_albums_are_not_sent_again(alice: Person) -> None:
    album = await shelf.album(alice)
    path = f"/api/v1/albums/{album['id']}"
    etag = (await alice.get(path)).headers["etag"]
    known = await alice.get(path, headers={"If-None-Match": etag})
    assert (known.status_code, known.content) == (304, b"")
    item = await shelf.add(alice, album, await registered_video(alice))
    assert (await alice.get(path, headers={"If-None-Match": etag})).status_code == 200
    old = {"If-Match": etag}
    for answer in (
        await alice.put(path, json={"title": "x"}, headers=old),
        await alice.post(f"{path}/reorder", json={"item_orders": []}, headers=old),
        await alice.delete(f"{path}/items/{item}", headers=old),
        await alice.delete(path, headers=old),
    ):
        assert (answer.status_code, answer.json()["code"]) == (412, "changed_meanwhile")
    now = {"If-Match": (await alice.get(path)).headers["etag"]}
    assert (await alice.delete(path, headers=now)).status_code == 204


async def test_albums_are_listed_newest_first_in_pages(alice: Person, bob: Person) -> None:
    made = [(await shelf.album(alice, title=f"Album {n}", visibility="public"))["id"] for n in range(3)]
    page = (await alice.get("/api/v1/albums", params={"page_size": 2})).json()
    assert [album["id"] for album in page["albums"]] == made[:0:-1]
    assert (page["total"], page["page"], page["page_size"], page["has_more"]) == (3, 1, 2, True)
    assert "items" not in page["albums"][0]
    assert (await bob.get("/api/v1/albums")).json()["albums"] == []


async def test_an_item_is_a_video_that_the_owner_may_see_once(alice: Person, bob: Person) -> None:
    album = await shelf.album(alice)
    path = f"/api/v1/albums/{album['id']}/items"
    video = await registered_video(bob)
    body = {"media_type": "video", "media_id": video["id"], "caption": "Episode 42"}
    added = await alice.post(path, json=body)
    item = added.json()
    assert (added.status_code, item["id"], item["order"]) == (201, item["item_id"], 0)
    assert {name: item[name] for name in body} == body
    assert (await alice.get(added.headers["location"])).json() == item
    again = await alice.post(path, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "already_in_album")

    hidden = await registered_video(bob, visibility="private")
    for kind, media_id, code in (
        ("video", hidden["id"], "video_not_found"),
        ("video", str(uuid4()), "video_not_found"),
        ("photo", video["id"], "photo_not_found"),
    ):
        answer = await alice.post(path, json={"media_type": kind, "media_id": media_id})
        assert (answer.status_code, answer.json()["code"]) == (404, code)
    for bad in (
        {},
        {"media_type": "song", "media_id": video["id"]},
        body | {"caption": "a\0"},
        body | {"media_id": 1},
    ):
        assert (await alice.post(path, json=bad)).status_code == 422
    assert await shelf.items(alice, album) == [item["id"]]


async def test_removing_an_item_leaves_the_video(alice: Person) -> None:
    album = await shelf.album(alice)
    videos = [await registered_video(alice) for _ in range(3)]
    items = [await shelf.add(alice, album, video) for video in videos]
    path = f"/api/v1/albums/{album['id']}/items/{items[1]}"
    assert (await alice.delete(path)).status_code == 204
    gone = await alice.delete(path)
    assert (gone.status_code, gone.json()["code"]) == (404, "item_not_found")
    assert await shelf.items(alice, album) == [items[0], items[2]]
    assert (await alice.get(f"/api/v1/videos/{videos[1]['id']}")).status_code == 200


async def test_what_is_deleted_or_hidden_leaves_the_album_for_those_who_may_not_see_it(
    client: AsyncClient, alice: Person, bob: Person
) -> None:
    album = await shelf.album(alice, visibility="public")
    hers, his = await registered_video(alice), await registered_video(bob)
    deleted = await registered_video(alice)
    first, second, _ = [await shelf.add(alice, album, video) for video in (hers, his, deleted)]
    etag = (await client.get(f"/api/v1/albums/{album['id']}")).headers["etag"]
    await alice.delete(f"/api/v1/videos/{deleted['id']}")
    await alice.put(f"/api/v1/videos/{hers['id']}", json={"visibility": "private"})
    assert await shelf.items(alice, album) == [first, second]
    assert await shelf.items(bob, album) == await shelf.items(client, album) == [second]
    assert (await client.get(f"/api/v1/albums/{album['id']}/items/{first}")).status_code == 404
    assert (await client.get(f"/api/v1/albums/{album['id']}")).headers["etag"] != etag
    await bob.put(f"/api/v1/videos/{his['id']}", json={"visibility": "private"})
    assert await shelf.items(alice, album) == [first]
    assert (await alice.get("/api/v1/albums")).json()["albums"][0]["item_count"] == 1
    await bob.put(f"/api/v1/videos/{his['id']}", json={"visibility": "unlisted"})
    assert await shelf.items(client, album) == [second]


async def test_the_cover_is_as_given_else_the_first_picture(client: AsyncClient, alice: Person) -> None:
    album = await shelf.album(alice, visibility="public")
    path = f"/api/v1/albums/{album['id']}"
    plain = await registered_video(alice)
    one = await registered_video(alice, thumbnail_url="https://example.org/1.jpg")
    two = await registered_video(alice, thumbnail_url="https://example.org/2.jpg")
    for video in (plain, one, two):
        await shelf.add(alice, album, video)

    async def covers() -> set[str | None]:
        listed = (await alice.get("/api/v1/albums")).json()["albums"][0]["cover_url"]
        return {listed, (await alice.get(path)).json()["cover_url"]}

    assert await covers() == {"https://example.org/1.jpg"}
    await alice.put(f"/api/v1/videos/{one['id']}", json={"visibility": "private"})
    assert (await client.get(path)).json()["cover_url"] == "https://example.org/2.jpg"
    await alice.put(path, json={"cover_url": "https://example.org/mine.jpg"})
    assert await covers() == {"https://example.org/mine.jpg"}


async def test_reordering_is_all_or_nothing_and_the_unnamed_follow(alice: Person) -> None:
    album = await shelf.album(alice)
    a, b, c, d = [await shelf.add(alice, album, await registered_video(alice)) for _ in range(4)]
    path = f"/api/v1/albums/{album['id']}/reorder"

    async def reorder(*places: tuple[str, object]) -> Response:
        return await alice.post(
            path, json={"item_orders": [{"item_id": item, "order": order} for item, order in places]}
        )

    done = await reorder((d, 0), (c, 1))
    assert (done.status_code, done.content) == (204, b"")
    assert await shelf.items(alice, album) == [d, c, a, b]
    await reorder((b, 7), (a, 3))
    assert await shelf.items(alice, album) == [a, b, d, c]
    assert (await reorder()).status_code == 204
    unknown = await reorder((c, 0), (str(uuid4()), 1))
    assert (unknown.status_code, unknown.json()["code"]) == (400, "unknown_item")
    repeated = await reorder((c, 0), (c, 1))
    assert (repeated.status_code, repeated.json()["code"]) == (400, "repeated_item")
    for bad in ((c, -1), (c, "1"), (c, 1.5), (c, 2**40), ("x", 1)):
        assert (await reorder(bad)).status_code == 422
    assert await shelf.items(alice, album) == [a, b, d, c]


async def test_racing_adds_removals_and_reorders_lose_nothing(
    alice: Person, second: ASGITransport, tx: Tx
) -> None:
    album = await shelf.album(alice)
    path = f"/api/v1/albums/{album['id']}"
    videos = [await registered_video(alice) for _ in range(24)]
    kept = [await shelf.add(alice, album, video) for video in videos[:6]]
    leaving = [await shelf.add(alice, album, video) for video in videos[6:12]]
    wanted = kept[::-1]
    async with AsyncClient(
        transport=second, base_url="http://kinetoscope.test", headers=alice.headers
    ) as other:
        people = (alice, other)
        work = [
            *(people[n % 2].post(f"{path}/items", json={"media_type": "video", "media_id": video["id"]})
              for n, video in enumerate(videos[12:] * 2)),
            *(people[n % 2].delete(f"{path}/items/{item}") for n, item in enumerate(leaving)),
            *(people[n % 2].post(f"{path}/reorder", json={"item_orders": [
                {"item_id": item, "order": place} for place, item in enumerate(wanted)]}) for n in range(6)),
            *(alice.delete(f"/api/v1/videos/{video['id']}") for video in videos[6:8]),
        ]  # fmt: skip
        random.shuffle(work)
        answers = await asyncio.gather(*work)
    assert {answer.status_code for answer in answers} <= {201, 204, 404, 409}
    shown = await shelf.items(alice, album)
    assert len(shown) == len(set(shown)) == 18
    assert shown[:6] == wanted
    places = await tx.fetch("SELECT count(*), count(DISTINCT position) AS places FROM album_items")
    assert places[0]["count"] == places[0]["places"] == 18


async def test_two_reorders_at_once_end_as_one_of_them(alice: Person, second: ASGITransport) -> None:
    album = await shelf.album(alice)
    items = [await shelf.add(alice, album, await registered_video(alice)) for _ in range(8)]
    orders = [random.sample(items, 8) for _ in range(10)]
    async with AsyncClient(
        transport=second, base_url="http://kinetoscope.test", headers=alice.headers
    ) as other:
        await asyncio.gather(
            *(
                (alice, other)[n % 2].post(
                    f"/api/v1/albums/{album['id']}/reorder",
                    json={"item_orders": [{"item_id": i, "order": place} for place, i in enumerate(order)]},
                )
                for n, order in enumerate(orders)
            )
        )
    assert await shelf.items(alice, album) in orders


async def test_racing_adds_of_one_video_put_it_in_once(alice: Person, second: ASGITransport) -> None:
    album = await shelf.album(alice)
    body = {"media_type": "video", "media_id": (await registered_video(alice))["id"]}
    async with AsyncClient(
        transport=second, base_url="http://kinetoscope.test", headers=alice.headers
    ) as other:
        answers = await asyncio.gather(
            *(person.post(f"/api/v1/albums/{album['id']}/items", json=body) for person in (alice, other) * 8)
        )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 15


async def test_there_are_limits_on_albums_and_items(alice: Person, tx: Tx) -> None:
    album = await shelf.album(alice)
    video = await registered_video(alice)
    await tx.execute("UPDATE album_usage SET albums = 999")
    answers = await asyncio.gather(*(alice.post("/api/v1/albums", json={"title": "x"}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 4
    assert {answer.json().get("code") for answer in answers} == {None, "too_many_albums"}
    await tx.execute(
        """
        WITH made AS (
            INSERT INTO photos (id, owner_id, format, width, height, size_bytes, sizes, created_at)
            SELECT gen_random_uuid(), $2, 'png', 1, 1, 1, '[]', now() FROM generate_series(1, 1000)
            RETURNING id
        )
        INSERT INTO album_items (id, album_id, photo_id, position, created_at)
        SELECT id, $1, id, 1, now() FROM made
        """,
        album["id"],
        alice.id,
    )
    full = await alice.post(
        f"/api/v1/albums/{album['id']}/items", json={"media_type": "video", "media_id": video["id"]}
    )
    assert (full.status_code, full.json()["code"]) == (409, "album_full")
    await alice.delete(f"/api/v1/albums/{album['id']}")
    assert await tx.fetch_value("SELECT albums FROM album_usage") == 999


@pytest.mark.parametrize(
    "raw", [b"{", b'{"title": "\\ud800"}', b'{"title": "a\\u0000b"}', b"[" * 3000, b"\xff"]
)
async def test_what_makes_no_sense_is_refused(alice: Person, raw: bytes) -> None:
    answer = await alice.post("/api/v1/albums", content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert (await alice.get("/api/v1/albums")).json()["total"] == 0


async def test_an_erased_account_takes_its_albums_along_and_its_videos_out_of_others(
    alice: Person, bob: Person, tx: Tx, jobs_done: JobsDone
) -> None:
    video = await registered_video(bob)
    for _ in range(25):
        await shelf.add(bob, await shelf.album(bob), video)
    album = await shelf.album(alice)
    hers = await shelf.add(alice, album, await registered_video(alice))
    await shelf.add(alice, album, video)
    await bob.delete("/api/v1/auth/me")
    await jobs_done()
    assert await tx.fetch_value("SELECT count(*) FROM accounts") == 1
    assert await tx.fetch_value("SELECT count(*) FROM albums") == 1
    assert await tx.fetch_value("SELECT count(*) FROM album_usage") == 1
    assert await shelf.items(alice, album) == [hers]
