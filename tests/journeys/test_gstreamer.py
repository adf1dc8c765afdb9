"""GStreamer publishes by WHIP and plays by WHEP."""

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import httpx
import pytest

import support
from support.people import signed_up
from support.server import seeded, started_server

PYTHON = "/usr/bin/python3"
CLIENT = Path(support.__file__).parent / "gstreamer_client.py"
ENOUGH = 20
_BINDINGS = "import gi; gi.require_version('GstWebRTC', '1.0'); from gi.repository import GstWebRTC"


def _is_installed() -> bool:
    return (
        Path(PYTHON).exists()
        and not subprocess.run([PYTHON, "-c", _BINDINGS], check=False, capture_output=True).returncode
    )


pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not _is_installed(),
    reason="needs GStreamer's webrtcbin and its bindings for Debian's Python",
)


@contextmanager
def gstreamer(kind: str, url: str, token: str) -> Generator[IO[str]]:
    """Run the client until the block ends; give what it says."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "TOKEN": token}
    command = [PYTHON, str(CLIENT), kind, url]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        try:
            yield client.stdout
        finally:
            client.kill()


def token_of(person: httpx.Client, path: str) -> str:
    answer = person.post(f"{path}/token")
    assert answer.is_success, answer.text
    found: str = answer.json()["token"]
    return found


def test_what_gstreamer_publishes_gstreamer_plays(tmp_path: Path) -> None:
    with (
        started_server(seeded(tmp_path), sfu_port="0") as server,
        closing(signed_up(server.url, "host")) as host,
        closing(signed_up(server.url, "guest")) as guest,
    ):
        made = host.post("/api/v1/video-sessions/sessions", json={"session_name": "Stage"}).json()
        path = f"/api/v1/video-sessions/sessions/{made['id']}"
        whip, whep = (f"{server.url}/api/v1/video-sessions/{kind}/{made['id']}" for kind in ("whip", "whep"))
        with gstreamer("publish", whip, token_of(host, path)) as said:
            assert said.readline() == "published\n"
            [publisher] = host.get(f"{path}/participants").json()["participants"]
            assert {track["type"] for track in publisher["tracks"]} == {"audio", "video"}
            with gstreamer("play", whep, token_of(guest, path)) as counts:
                pictures, sounds = 0, 0
                while min(pictures, sounds) < ENOUGH:
                    line = counts.readline()
                    assert line, "GStreamer has ended"
                    pictures, sounds = map(int, line.split())
