"""GStreamer as a client of WHIP and WHEP: `gstreamer_client.py publish|play URL`, the token in TOKEN.

It is run by Debian's Python, which has GStreamer's bindings. `publish` sends a picture and a tone, and says
"published"; `play` says how many frames it has decoded, and how many packets of sound have come. Both go on
until they are killed.
"""
# pyright: basic, reportMissingImports=false

import os
import sys
import urllib.request
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402 - once their versions are chosen

VIDEO = "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96"
AUDIO = (
    "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,payload=97"
)
PEER = "webrtcbin name=peer bundle-policy=max-bundle"
PUBLISHED = f"""
    {PEER}
    videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=15/1
        ! vp8enc deadline=1 keyframe-max-dist=15 ! rtpvp8pay ! {VIDEO} ! peer.
    audiotestsrc is-live=true ! audioconvert ! audioresample ! opusenc ! rtpopuspay ! {AUDIO} ! peer.
"""


class Client:
    """One connection; it is negotiated by one request, when all candidates are gathered."""

    def __init__(self, kind: str, url: str) -> None:
        self._kind, self._url = kind, url
        self._seen = {"video": 0, "audio": 0}
        self._pipeline = Gst.parse_launch(PUBLISHED if kind == "publish" else PEER)
        self._peer = self._pipeline if kind == "play" else self._pipeline.get_by_name("peer")
        if kind == "play":
            pipeline = Gst.Pipeline.new()
            pipeline.add(self._peer)
            self._pipeline = pipeline
            for caps in (VIDEO, AUDIO):
                direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
                self._peer.emit("add-transceiver", direction, Gst.Caps.from_string(caps))
            self._peer.connect("pad-added", self._arrived)
        self._peer.connect("on-negotiation-needed", self._negotiate)
        self._peer.connect("notify::ice-gathering-state", self._gathered)
        self._pipeline.set_state(Gst.State.PLAYING)

    def _negotiate(self, *_: Any) -> None:
        self._peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self._offered, None))

    def _offered(self, promise: Any, _: Any) -> None:
        reply = promise.get_reply()  # kept: what is in it ends with it
        self._peer.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())

    def _gathered(self, *_: Any) -> None:
        state = self._peer.get_property("ice-gathering-state")
        if state == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.idle_add(self._ask)

    def _ask(self) -> bool:
        own = self._peer.get_property("local-description")
        offer = own.sdp.as_text()
        headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "application/sdp"}
        request = urllib.request.Request(self._url, offer.encode(), headers)  # noqa: S310 - the platform's
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            _, description = GstSdp.SDPMessage.new_from_text(answer.read().decode())
        answered = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, description)
        self._peer.emit("set-remote-description", answered, Gst.Promise.new())
        if self._kind == "publish":
            print("published", flush=True)  # noqa: T201 - its answer
        return False

    def _arrived(self, _: Any, pad: Any) -> None:
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        decoding = "rtpvp8depay ! vp8dec" if kind == "video" else "rtpopusdepay ! opusdec"
        sink = f"{decoding} ! fakesink name=end signal-handoffs=true sync=false"
        rest = Gst.parse_bin_from_description(sink, ghost_unlinked_pads=True)
        rest.get_by_name("end").connect("handoff", self._decoded, kind)
        self._pipeline.add(rest)
        rest.sync_state_with_parent()
        pad.link(rest.sinkpads[0])

    def _decoded(self, *arguments: Any) -> None:
        self._seen[arguments[-1]] += 1
        print(self._seen["video"], self._seen["audio"], flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    Gst.init(None)
    client = Client(*sys.argv[1:3])
    GLib.MainLoop().run()
