"""Janus VideoRoom as Debian installs it, told what to do over its HTTP API."""

import itertools
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from kinetoscope_sfu.plane import IceCredentials

from .load import PAYLOAD_TYPE, SSRC, Client, Way

_PORT = 18_088
_ROOM = 1234
_PLUGIN = "janus.plugin.videoroom"
_PATIENCE_SECONDS = 20
_GENERAL = """
general: {{
    configs_folder = "{folder}"
    debug_level = 1
    session_timeout = 0
    {event_loops}
}}
nat: {{ ice_lite = true }}
plugins: {{ disable = "libjanus_audiobridge.so,libjanus_echotest.so,libjanus_recordplay.so,libjanus_sip.so,\
libjanus_nosip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so,\
libjanus_lua.so,libjanus_duktape.so" }}
transports: {{ disable = "libjanus_websockets.so,libjanus_pfunix.so,libjanus_mqtt.so,libjanus_nanomsg.so,\
libjanus_rabbitmq.so" }}
"""
_HTTP = (
    'general: {{ json = "compact", base_path = "/janus", http = true, port = {port}, ip = "127.0.0.1" }}\n'
)
_SDP = """v=0\r
o=- 1 1 IN IP4 127.0.0.1\r
s=-\r
t=0 0\r
a=group:BUNDLE 0\r
m=video 9 UDP/TLS/RTP/SAVPF {payload_type}\r
c=IN IP4 {host}\r
a=mid:0\r
a={direction}\r
a=rtcp-mux\r
a=ice-ufrag:{client.credentials.ufrag}\r
a=ice-pwd:{client.credentials.pwd}\r
a=fingerprint:sha-256 {client.fingerprint}\r
a=setup:active\r
a=rtpmap:{payload_type} VP8/90000\r
a=rtcp-fb:{payload_type} nack\r
a=rtcp-fb:{payload_type} nack pli\r
{ssrc}a=candidate:1 1 udp 2130706431 {host} {port} typ host\r
a=end-of-candidates\r
"""


def is_installed() -> bool:
    """Tell whether there is a Janus on this machine."""
    return shutil.which("janus") is not None


class Janus:
    """One Janus process with one room. `event_loops`: 0 for a thread of each client, as installed."""

    def __init__(self, event_loops: int) -> None:
        self.name = f"janus, {event_loops} event loops" if event_loops else "janus, as installed"
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        loops = f"event_loops = {event_loops}" if event_loops else ""
        (folder / "janus.jcfg").write_text(_GENERAL.format(folder=folder, event_loops=loops))
        (folder / "janus.transport.http.jcfg").write_text(_HTTP.format(port=_PORT))
        self._process = subprocess.Popen(
            [shutil.which("janus") or "janus", "-F", str(folder), "-C", str(folder / "janus.jcfg")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.pid = self._process.pid
        self._http = httpx.Client(timeout=_PATIENCE_SECONDS)
        self._transactions = itertools.count()
        self._events: list[dict[str, Any]] = []
        self._session = f"http://127.0.0.1:{_PORT}/janus"
        self._session += f"/{self._first_answer()['data']['id']}"
        self._feed = 0

    def _first_answer(self) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return self._post("", {"janus": "create"})
            except httpx.TransportError:
                assert time.monotonic() < deadline, "janus does not answer"
                time.sleep(0.1)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        body["transaction"] = str(next(self._transactions))
        return self._http.post(self._session + path, json=body).json()

    def _attached(self) -> int:
        return self._post("", {"janus": "attach", "plugin": _PLUGIN})["data"]["id"]

    def _ask(self, handle: int, body: dict[str, Any], sdp: tuple[str, str] | None = None) -> dict[str, Any]:
        """Send a request to the plugin; return its answer or event."""
        message: dict[str, Any] = {"janus": "message", "body": body}
        if sdp is not None:
            message["jsep"] = {"type": sdp[0], "sdp": sdp[1]}
        answer = self._post(f"/{handle}", message)
        if answer["janus"] == "success":
            return answer
        while True:
            for event in self._events:
                if event.get("sender") == handle and event["janus"] == "event":
                    self._events.remove(event)
                    return event
            self._events += self._http.get(self._session, params={"maxev": 10}).json()

    def publisher(self, client: Client) -> Way:
        """Let a publisher in."""
        handle = self._attached()
        room = {"room": _ROOM, "publishers": 3, "videocodec": "vp8", "bitrate": 0, "fir_freq": 0}
        self._ask(handle, {"request": "create", **room})
        joined = self._ask(handle, {"request": "join", "room": _ROOM, "ptype": "publisher"})
        self._feed = joined["plugindata"]["data"]["id"]
        offer = _described(client, "sendonly", PAYLOAD_TYPE, f"a=ssrc:{SSRC} cname:benchmark\r\n")
        answer = self._ask(handle, {"request": "publish"}, ("offer", offer))
        return _way(answer["jsep"]["sdp"])

    def receiver(self, client: Client) -> Way:
        """Let a receiver in."""
        handle = self._attached()
        join = {"request": "join", "room": _ROOM, "ptype": "subscriber", "streams": [{"feed": self._feed}]}
        offer = self._ask(handle, join)["jsep"]["sdp"]
        payload_type = int(re.findall(r"a=rtpmap:(\d+) VP8", offer)[0])
        answer = _described(client, "recvonly", payload_type, "")
        self._ask(handle, {"request": "start"}, ("answer", answer))
        return _way(offer)

    def stop(self) -> None:
        """End it."""
        self._http.close()
        self._process.terminate()
        self._process.wait(10)
        self._folder.cleanup()


def _described(client: Client, direction: str, payload_type: int, ssrc: str) -> str:
    host, port = client.address
    return _SDP.format(
        client=client, direction=direction, payload_type=payload_type, ssrc=ssrc, host=host, port=port
    )


def _way(sdp: str) -> Way:
    """Read where Janus is out of its description."""
    [ufrag], [pwd] = (set(re.findall(rf"a=ice-{name}:(\S+)", sdp)) for name in ("ufrag", "pwd"))
    host, port = re.findall(r"a=candidate:\S+ 1 udp \d+ ([\d.]+) (\d+) typ host", sdp)[0]
    return Way((host, int(port)), IceCredentials(ufrag, pwd))
