"""Calls of real Chromium: pictures that are decoded and sound that is heard, over real sockets."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from functools import partial

import pytest
from playwright.async_api import Browser

from support.chromium import PROGRAM, Participant, chromium, leave, participant
from support.sfu import Json, Sfu, running_sfu, until

pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="needs Chromium"),
    # The pipes of a browser that has ended are closed by the collector, after their loop.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

LAYERS = [
    {"rid": "f", "maxBitrate": 400_000},
    {"rid": "h", "scaleResolutionDownBy": 2, "maxBitrate": 150_000},
    {"rid": "q", "scaleResolutionDownBy": 4, "maxBitrate": 60_000},
]


@pytest.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as browser:
        yield browser


def is_wide(width: int, figures: Json) -> bool:
    return figures.get("width") == width


async def joined(browser: Browser, sfu: Sfu, count: int) -> list[Participant]:
    return [await participant(browser, sfu) for _ in range(count)]


async def test_three_see_and_hear_each_other_and_one_comes_late(browser: Browser, sfu: Sfu) -> None:
    people = await joined(browser, sfu, 3)
    early, late = people[:2], people[2]
    for each in early:
        await each.publish()
    seen = [(one, await one.receive(other, "mic", "cam")) for one, other in (early, early[::-1])]
    for one, (mic, cam) in seen:
        await one.grows(cam["mid"])
        assert await one.run("loudest", mic["mid"]) > 0
    await late.publish()
    seen += [(late, await late.receive(other, "mic", "cam")) for other in early]
    seen += [(one, await one.receive(late, "mic", "cam")) for one in early]
    for one, (mic, cam) in seen:
        figures = await one.grows(cam["mid"])
        assert (figures["width"], figures["codec"]) == (320, "video/VP8")
        await one.grows(mic["mid"], "samples")
        assert any(await one.run("colour", cam["mid"]))
    await leave(people)


async def test_a_screen_comes_and_goes_beside_the_camera(browser: Browser, sfu: Sfu) -> None:
    people = alice, bob = await joined(browser, sfu, 2)
    await alice.publish()
    (cam,) = await bob.receive(alice, "cam")
    (screen,) = await alice.draw("screen")
    (shown,) = await bob.receive(alice, "screen")
    assert (await bob.grows(shown["mid"]))["width"] == 160
    assert await alice.run("close", [screen["mid"]]) == [{"mid": screen["mid"]}]
    assert await bob.run("close", [shown["mid"]]) == [{"mid": shown["mid"]}]
    await bob.grows(cam["mid"])
    await alice.draw("again", 200, 120)
    (again,) = await bob.receive(alice, "again")
    assert (await bob.grows(again["mid"]))["width"] == 200
    await bob.grows(cam["mid"])
    await leave(people)


async def test_a_section_is_used_again_for_a_later_track(browser: Browser, sfu: Sfu) -> None:
    people = alice, bob = await joined(browser, sfu, 2)
    for name, width in (("one", 160), ("two", 200), ("three", 240)):
        await alice.draw(name, width)
    (one,) = await bob.receive(alice, "one")
    await bob.grows(one["mid"])
    await sfu.call("PUT", f"/{bob.id}/tracks/close", {"tracks": [{"mid": one["mid"]}], "force": True})
    (two,) = await bob.receive(alice, "two")
    (three,) = await bob.receive(alice, "three")
    assert (two["mid"], three["mid"]) == ("1", one["mid"])
    await bob.becomes(three["mid"], partial(is_wide, 240))
    await bob.grows(two["mid"])
    await leave(people)


async def test_a_receiver_chooses_among_layers(browser: Browser, sfu: Sfu) -> None:
    people = alice, bob = await joined(browser, sfu, 2)
    script = "layers => publish([{ track: drawn(960, 540), name: 'cam', encodings: layers }])"
    await alice.run(script, LAYERS)
    (cam,) = await bob.receive(alice, "cam", simulcast={"preferredRid": "q"})
    await bob.becomes(cam["mid"], partial(is_wide, 240))
    for rid, width in (("h", 480), ("q", 240)):
        wish = {"location": "remote", "mid": cam["mid"], "simulcast": {"preferredRid": rid}}
        await sfu.call("PUT", f"/{bob.id}/tracks/update", {"tracks": [wish]})
        await bob.becomes(cam["mid"], partial(is_wide, width))
        await bob.grows(cam["mid"])
    await leave(people)


@pytest.mark.parametrize("codec", ["video/H264", "video/VP9"])
async def test_other_codecs_pass_through(browser: Browser, sfu: Sfu, codec: str) -> None:
    people = alice, bob = await joined(browser, sfu, 2)
    await alice.publish(codec=codec)
    (cam,) = await bob.receive(alice, "cam")
    assert (await bob.grows(cam["mid"]))["codec"] == codec
    await leave(people)


async def test_without_udp_media_goes_over_tcp(browser: Browser) -> None:
    async with running_sfu() as sfu:
        local = sfu.plane.local()
        tcp = tuple(each for each in local.candidates if each.protocol == "tcp")
        sfu.plane.local = lambda: replace(local, candidates=tcp)  # what a blocked port amounts to
        people = alice, bob = await joined(browser, sfu, 2)
        await alice.publish()
        (cam,) = await bob.receive(alice, "cam")
        await bob.grows(cam["mid"])
        assert (await bob.run("statistics"))["protocol"] == "tcp"
        await leave(people)


async def test_messages_reach_others_and_come_back(browser: Browser, sfu: Sfu) -> None:
    people = alice, bob = await joined(browser, sfu, 2)
    await alice.publish()
    for each in people:
        await each.run("establish")
    await alice.run("channel", {"location": "local", "dataChannelName": "chat"})
    remote = {"location": "remote", "sessionId": alice.id, "dataChannelName": "chat", "canReply": True}
    await bob.run("channel", remote)
    await alice.run("channels.chat.send('hello')")
    await bob.page.wait_for_function("messages.includes('hello')")
    await bob.run("channels.chat.send('and back')")
    await alice.page.wait_for_function("messages.includes('and back')")
    await leave(people)


async def test_media_goes_on_after_an_ice_restart(browser: Browser, sfu: Sfu) -> None:
    people = alice, bob = await joined(browser, sfu, 2)
    await alice.publish()
    (cam,) = await bob.receive(alice, "cam")
    await bob.grows(cam["mid"])
    for each in people:
        await each.run("restartIce")
    await bob.grows(cam["mid"], by=20)
    assert (await bob.run("statistics"))["connection"] == "connected"
    await leave(people)


async def test_who_closes_the_connection_is_gone_at_once(browser: Browser, sfu: Sfu) -> None:
    alice = await participant(browser, sfu)
    await alice.publish()
    await alice.page.wait_for_function("pc.connectionState === 'connected'")
    await alice.run("pc.close()")
    await until(lambda: sfu.sessions.find(alice.id) is None)
    await leave([alice])
