"""Offers of real clients, as they come, and what is needed to negotiate about them without a network.

Those of Chromium and aiortc are recorded; Firefox's, Safari's and GStreamer's are written after theirs.
"""

from collections.abc import Sequence
from pathlib import Path

from kinetoscope_sfu.plane import (
    Candidate,
    Fingerprint,
    IceCredentials,
    Kind,
    LayerChoice,
    LocalTransport,
    Source,
)
from kinetoscope_sfu.signalling.answering import Answered, take_offer
from kinetoscope_sfu.signalling.lines import Negotiation, PullWish, PushWish
from kinetoscope_sfu.signalling.offered import Format
from kinetoscope_sfu.signalling.sdp import parse
from kinetoscope_sfu.signalling.writing import Speaker

_FOLDER = Path(__file__).parent / "recorded_offers"

NAMES = sorted(path.stem for path in _FOLDER.glob("*.sdp"))
PUBLISHERS = [name for name in NAMES if name.endswith("-publish")]

PUBLISHER = "b2" * 16
VP8 = Format("VP8", 96, 90000, rtx_payload_type=97, feedback=frozenset({"nack", "nack pli"}))
OPUS = Format("opus", 111, 48000, 2, "minptime=10;useinbandfec=1")

SPEAKER = Speaker(
    "a1" * 16,
    IceCredentials("ours", "p" * 24),
    LocalTransport(
        Fingerprint("sha-256", ":".join(["AA"] * 32)),
        (
            Candidate("1", "udp", 2130706431, "192.0.2.7", 7880),
            Candidate("2", "tcp", 1518280447, "192.0.2.7", 7880),
        ),
    ),
)

_HEAD = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE {mids}
"""
_TRANSPORT = f"""a=ice-ufrag:{{ufrag}}
a=ice-pwd:{"w" * 24}
a=fingerprint:sha-256 {":".join(["BB"] * 32)}
a=setup:{{setup}}
"""
_MEDIA = """m={kind} 9 UDP/TLS/RTP/SAVPF {payload_types}
c=IN IP4 0.0.0.0
a=mid:{mid}
a={direction}
a=rtcp-mux
"""
_CODECS = {
    "audio": ("111", "a=rtpmap:111 opus/48000/2\n"),
    "video": ("96 97", "a=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n"),
}


def offer(name: str) -> str:
    """Return an offer by its name, its lines ended as on the wire."""
    return (_FOLDER / f"{name}.sdp").read_text(encoding="utf-8").replace("\n", "\r\n")


def small(*sections: str, ufrag: str = "them", setup: str = "actpass") -> str:
    """Return a description of sections such as `audio 0 sendonly`, `video 1 rejected` or `data 2`."""
    text = _HEAD.format(
        mids=" ".join(section.split()[1] for section in sections if "rejected" not in section)
    )
    for section in sections:
        kind, mid, *direction = section.split()
        text += _section(kind, mid, *direction)
        text += _TRANSPORT.format(ufrag=ufrag, setup=setup)
    return text.replace("\n", "\r\n")


def _section(kind: str, mid: str, direction: str = "") -> str:
    if kind == "data":
        return f"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:{mid}\na=sctp-port:5000\n"
    payload_types, codecs = _CODECS[kind]
    media = _MEDIA.format(kind=kind, payload_types=payload_types, mid=mid, direction=direction) + codecs
    if direction == "rejected":
        return media.replace(" 9 ", " 0 ", 1).replace("a=rejected", "a=inactive")
    return media


def take(
    before: Negotiation, text: str, pushes: Sequence[PushWish] = (), pulls: Sequence[PullWish] = ()
) -> Answered:
    """Take an offer in."""
    return take_offer(before, parse(text), pushes=pushes, pulls=pulls)


def pull(
    name: str, kind: Kind = "video", *, ssrc: int = 7, mid: str = "", format_: Format | None = None
) -> PullWish:
    """Return the wish to receive a track of the publisher."""
    chosen = format_ or (VP8 if kind == "video" else OPUS)
    return PullWish(name, Source(PUBLISHER, "0"), kind, chosen, ssrc, ssrc + 1, LayerChoice(), mid)
