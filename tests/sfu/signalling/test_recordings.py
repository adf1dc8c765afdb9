"""The calls about recordings: names, what is kept, and giving it out."""

from pathlib import Path

import pytest

from kinetoscope_sfu.recording import read
from support.sfu import APP, Peer, Sfu, codes, running_sfu, until

NAME = "018f-one.ktrtp"


async def call(sfu: Sfu, method: str, path: str = "") -> tuple[int, bytes]:
    answer = await sfu.http.request(method, f"/v1/apps/{APP.id}/recordings{path}")
    return answer.status_code, answer.content


async def kept(sfu: Sfu) -> list[tuple[str, bool]]:
    found = (await sfu.http.get(f"/v1/apps/{APP.id}/recordings")).json()
    return [(each["recording"], each["active"]) for each in found["recordings"]]


async def recording(sfu: Sfu) -> Peer:
    """Return a client whose microphone is being recorded."""
    peer = await sfu.peer()
    await peer.publish("mic")
    await until(lambda: peer.pc.connectionState == "connected")
    wish = {"tracks": [{"trackName": "mic", "recording": NAME}]}
    for _ in range(2):  # again, it is the same recording
        made = await peer.call("POST", "/recordings/new", wish)
        assert (codes(made["tracks"]), made["tracks"][0]["recording"]) == ([None], NAME)
    return peer


async def test_a_recording_has_the_name_that_was_chosen_and_is_given_out(tmp_path: Path) -> None:
    async with running_sfu(recordings=tmp_path / "recordings") as sfu:
        assert await kept(sfu) == []
        peer = await recording(sfu)
        assert await kept(sfu) == [(NAME, True)]
        assert (await call(sfu, "DELETE", f"/{NAME}"))[0] == 400
        packets = sfu.plane.statistics().packets_in
        await until(lambda: sfu.plane.statistics().packets_in > packets + 5)
        await sfu.call("DELETE", f"/{peer.id}")
        assert await kept(sfu) == [(NAME, False)]
        status, content = await call(sfu, "GET", f"/{NAME}")
        (tmp_path / "copy").write_bytes(content)
        assert (status, read(tmp_path / "copy")[0]["codec"]) == (200, "opus")
        assert content == (tmp_path / "recordings" / NAME).read_bytes()
        assert (await call(sfu, "DELETE", f"/{NAME}"))[0] == 200
        assert (await call(sfu, "DELETE", f"/{NAME}"))[0] == 200
        assert (await call(sfu, "GET", f"/{NAME}"))[0] == 404


@pytest.mark.parametrize(
    "name", ["", "a", "../a.ktrtp", "a/b.ktrtp", ".ktrtp", "a.ktrtp\n", "x" * 200 + ".ktrtp"]
)
async def test_a_name_is_no_way_out_of_the_folder(sfu: Sfu, name: str) -> None:
    peer = await sfu.peer()
    await peer.publish("mic")
    wish = {"tracks": [{"trackName": "mic", "recording": name}]}
    answer = await sfu.call("POST", f"/{peer.id}/recordings/new", wish)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "invalid_params")


@pytest.mark.parametrize("path", ["/..%2Fsecret", "/secret.txt", "/a/b"])
async def test_nothing_else_is_given_out(sfu: Sfu, path: str) -> None:
    for method in ("GET", "DELETE"):
        assert (await call(sfu, method, path))[0] in {400, 404}


async def test_recordings_are_for_who_knows_the_secret(sfu: Sfu) -> None:
    answer = await sfu.http.get(f"/v1/apps/{APP.id}/recordings", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 401
