"""The media server as a process: alone, and under `serve`, which keeps it running at the same address."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from kinetoscope.kernel.realtime import RealtimeApp, own_app
from kinetoscope.kernel.settings import load_settings
from support.peers import Peer
from support.people import signed_up
from support.server import Server, eventually, seeded, started_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started_server(seeded(tmp_path_factory.mktemp("media"))) as server:
        yield server


def app_of(data_dir: Path) -> RealtimeApp:
    return own_app(load_settings(data_dir=data_dir))


def opened_session(app: RealtimeApp) -> int | None:
    """Open a session and return the status, or None while nobody answers."""
    try:
        return httpx.post(
            f"{app.url}/v1/apps/{app.app_id}/sessions/new",
            headers={"Authorization": f"Bearer {app.app_secret}"},
        ).status_code
    except httpx.TransportError:
        return None


def ice_servers(app: RealtimeApp) -> list[Any]:
    path = f"{app.url}/v1/turn/keys/{app.app_id}/credentials/generate-ice-servers"
    bearer = {"Authorization": f"Bearer {app.app_secret}"}
    return httpx.post(path, json={"ttl": 60}, headers=bearer).json()["iceServers"]


@contextmanager
def sfu_alone(data_dir: Path, **env: str) -> Generator["subprocess.Popen[str]"]:
    """Run `kinetoscope sfu` until the block ends; whatever happens, it is gone then."""
    command = [sys.executable, "-P", "-m", "kinetoscope", "sfu", "--data-dir", str(data_dir)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "KINETOSCOPE_SFU_PORT": "0", **env},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_alone_it_says_where_it_is_and_keeps_the_secret_to_itself(tmp_path: Path) -> None:
    turn = {"KINETOSCOPE_TURN_URLS": "turn:turn.example.org", "KINETOSCOPE_TURN_SECRET": "shared"}
    with sfu_alone(tmp_path, **turn) as process:
        assert process.stdout is not None
        app = app_of(tmp_path)
        assert process.stdout.readline() == f"The media server listens on {app.url}\n"
        assert opened_session(app) == 201
        assert [server["urls"] for server in ice_servers(app)][1:] == [["turn:turn.example.org"]]
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait(10) == 0
    assert "udp/" in rest
    assert str(tmp_path / "secrets" / "sfu.env") in rest
    assert app.app_secret not in rest


def test_a_media_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with sfu_alone(tmp_path / "one") as first:
        assert first.stdout is not None
        first.stdout.readline()
        port = first.stdout.readline().split("udp/")[1].split(",")[0].rpartition(":")[2]
        with sfu_alone(tmp_path / "two", KINETOSCOPE_SFU_PORT=port) as second:
            assert second.stdout is not None
            said = second.stdout.read()
            assert second.wait(20) == 1
    assert f"Port {port} for media is already in use" in said
    assert "Traceback" not in said


def test_serve_runs_it_and_starts_it_again_where_it_was(server: Server) -> None:
    app = app_of(server.data_dir)
    assert eventually(lambda: opened_session(app)) == 201
    (pid,) = server.pids("sfu")
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: opened_session(app) if server.pids("sfu") not in ([pid], []) else None) == 201
    assert app.app_secret not in server.logs


def test_rooms_spread_over_several_and_move_from_a_dead_one_when_people_come_back(tmp_path: Path) -> None:
    with started_server(seeded(tmp_path), sfu_processes="2") as server, ExitStack() as people:
        alice, bob = [people.enter_context(closing(signed_up(server.url))) for _ in range(2)]
        settings = load_settings(data_dir=tmp_path)
        for number in range(2):
            eventually(lambda number=number: opened_session(own_app(settings, number)))
        first = opened_room(alice)
        (there,) = {media_port(person, first) for person in (alice, bob)}
        elsewhere = media_port(bob, opened_room(alice))
        assert elsewhere != there

        with killed_for_good(server, there):
            assert {media_port(person, first) for person in (bob, alice)} == {elsewhere}
        assert eventually(lambda: len(server.pids("sfu")) == 2)


def opened_room(person: httpx.Client) -> str:
    answer = person.post("/api/v1/video-sessions/sessions", json={"session_name": "Room"})
    return answer.json()["id"]


def media_port(person: httpx.Client, session_id: str) -> int:
    """Join with a new connection, and return the port that the media shall go to."""
    room = f"/api/v1/video-sessions/sessions/{session_id}"
    token = person.post(f"{room}/token").json()
    answer = person.post(
        f"{room}/participants/{token['participant_id']}/tracks",
        json={"type": "audio", "sdp": Peer().add("audio").offer()},
        headers={"Authorization": f"Bearer {token['token']}"},
    )
    assert answer.status_code == 201, answer.text
    return int(answer.json()["sdp"].split("a=candidate:")[1].split(" ")[5])


@contextmanager
def killed_for_good(server: Server, media: int) -> Generator[None]:
    """Kill the media server with this port for media; while the block lasts, it cannot come back."""
    settings = load_settings(data_dir=server.data_dir)
    called = {urlsplit(own_app(settings, number).url).port for number in range(2)}
    ports = {pid: ports_of(pid) for pid in server.pids("sfu")}
    (victim,) = [pid for pid in ports if media in ports[pid]]
    (port,) = called & ports[victim]
    with socket.socket() as place:
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: victim not in server.pids("sfu"))
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(("127.0.0.1", port))
        yield


def ports_of(pid: int) -> set[int]:
    return {line.laddr.port for line in psutil.Process(pid).net_connections("inet")}


def test_with_another_media_server_set_none_is_started(tmp_path: Path) -> None:
    settings = {
        "realtime_url": "http://127.0.0.1:9",
        "realtime_app_id": "app",
        "realtime_app_secret": "secret",
    }
    with started_server(seeded(tmp_path), **settings) as other:
        assert other.pids("api")
        assert other.pids("sfu") == []
