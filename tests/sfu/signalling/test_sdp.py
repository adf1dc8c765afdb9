"""Reading session descriptions: strict, bounded, and never with another exception than a refusal."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinetoscope_sfu.plane import Encoding
from kinetoscope_sfu.signalling.lines import Negotiation
from kinetoscope_sfu.signalling.offered import (
    MID,
    TRANSPORT_CC,
    encodings_of,
    extensions_of,
    fingerprints_of,
    formats_of,
    rids_of,
)
from kinetoscope_sfu.signalling.offering import make_offer
from kinetoscope_sfu.signalling.refusals import InvalidSessionDescription
from kinetoscope_sfu.signalling.sdp import joined, parse
from kinetoscope_sfu.signalling.writing import written_answer, written_offer
from support.offers import NAMES, SPEAKER, offer, pull, small, take


def codecs(name: str, index: int) -> list[str]:
    return [f"{f.name}/{f.payload_type}" for f in formats_of(parse(offer(name)).sections[index])]


@pytest.mark.parametrize("name", NAMES)
def test_every_clients_offer_is_read_with_either_line_ending(name: str) -> None:
    text = offer(name)
    assert parse(text) == parse(text.replace("\r\n", "\n")) == parse(text.removesuffix("\r\n"))
    assert all(section.mid for section in parse(text).sections)
    assert len(fingerprints_of(parse(text))) in {1, 3}


def test_codecs_keep_the_clients_order_and_their_repeats() -> None:
    assert codecs("chromium-publish", 0) == ["opus/111", "G722/9", "PCMU/0", "PCMA/8"]
    assert codecs("chromium-publish", 1)[:3] == ["VP8/96", "H264/102", "H264/104"]
    assert codecs("firefox-publish", 0) == ["opus/109", "G722/9", "PCMU/0", "PCMA/8"]
    assert codecs("firefox-publish", 1) == ["VP8/120", "VP9/121", "H264/126", "H264/97"]
    assert codecs("safari-publish", 1)[:4] == ["H264/96", "H264/98", "H265/100", "VP8/127"]
    assert codecs("gstreamer-publish", 1) == ["opus/98"]
    vp8 = formats_of(parse(offer("firefox-publish")).sections[1])[0]
    assert (vp8.rtx_payload_type, "transport-cc" in vp8.feedback) == (124, True)


def test_static_payload_types_need_no_description() -> None:
    section = parse("v=0\r\nm=audio 9 RTP/SAVPF 8 0 13\r\na=mid:0\r\n").sections[0]
    assert [f.name for f in formats_of(section)] == ["PCMA", "PCMU"]


def test_h264_is_one_codec_for_each_profile_and_packetization() -> None:
    keys = {f.key for f in formats_of(parse(offer("chromium-publish")).sections[1]) if f.name == "H264"}
    assert ("H264", "42", "1") in keys
    assert ("H264", "42", "0") in keys
    assert ("H264", "4d", "1") in keys


def test_layers_ssrcs_and_extensions_are_those_of_the_client() -> None:
    assert rids_of(parse(offer("chromium-simulcast")).sections[0]) == ("f", "h", "q")
    assert encodings_of(parse(offer("firefox-publish")).sections[1]) == (Encoding(3411752590, 1127936445),)
    assert encodings_of(parse(offer("chromium-simulcast")).sections[0]) == ()
    ids = extensions_of(parse(offer("firefox-publish")).sections[0])
    assert (ids[MID], ids.get(TRANSPORT_CC)) == (3, None)
    assert "urn:ietf:params:rtp-hdrext:csrc-audio-level" not in ids  # the client only receives it


def test_a_section_that_is_only_bundled_is_not_rejected() -> None:
    sections = parse(offer("firefox-publish")).sections
    assert (sections[1].port, sections[1].is_rejected) == (0, False)


def test_paused_layers_and_alternatives_are_read() -> None:
    section = parse("v=0\r\nm=video 9 RTP/SAVPF 96\r\na=simulcast:recv x send ~a;b,c;b,d\r\n").sections[0]
    assert rids_of(section) == ("a", "b")


def test_only_hashes_that_are_not_broken_count() -> None:
    weak = small("audio 0 sendonly").replace("sha-256", "sha-1")
    assert fingerprints_of(parse(weak)) == ()
    short = small("audio 0 sendonly").replace("BB:BB:", "BB:", 1)
    assert fingerprints_of(parse(short)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "\r\nv=0\r\n",
        "v=1\r\n",
        "v=0\r\nm=audio 9 RTP/SAVPF\r\n",
        "v=0\r\nm=audio 70000 RTP/SAVPF 0\r\n",
        "v=0\r\nm=audio -1 RTP/SAVPF 0\r\n",
        "v=0\r\nm=audio ٣ RTP/SAVPF 0\r\n",
        "v=0\r\nm=audio 9  RTP/SAVPF 0\r\n",
        "v=0\r\na=\r\n",
        "v=0\r\na=b c:d\r\n",
        "v=0\r\nV=0\r\n",
        "v=0\r\n\r\na=x\r\n",
        "v=0\r\na=x:\x00\r\n",
        "v=0\r\na=x:a\rb\r\n",
        "v=0\r\na=x:a\x0bb\r\n",
        "v=0\r\na=x:" + "y" * 3000,
        "v=0\r\n" + "a=x\r\n" * 2000,
        "v=0\r\n" + "m=audio 9 RTP/SAVPF 0\r\n" * 300,
        "v=0\r\nm=audio 9 RTP/SAVPF " + " ".join(["0"] * 200),
        "v=0\r\ns=" + "\r\ns=" * 200_000,
    ],
)
def test_what_is_no_description_is_refused(text: str) -> None:
    with pytest.raises(InvalidSessionDescription):
        parse(text)


def test_only_crlf_and_lf_end_a_line() -> None:
    separated = "v=0\r\na=x:1\u2028a=y:2\x85a=z:3"
    (attribute,) = parse(separated).attributes
    assert attribute.name == "x"
    assert attribute.value.endswith("a=z:3")


def test_a_last_line_is_ended_too() -> None:
    assert joined(["v=0", "s=-"]) == "v=0\r\ns=-\r\n"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NAMES), st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_a_mutated_offer_is_answered_or_refused(name: str, seed: int, mutations: int) -> None:
    text = mutated(offer(name), random.Random(seed), mutations)
    try:
        before = make_offer(take(Negotiation(), text).negotiation, pulls=[pull("x")]).negotiation
    except InvalidSessionDescription:
        return
    for written in (written_answer(before, SPEAKER), written_offer(before, SPEAKER)):
        assert len(parse(written).sections) == len(before.lines)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    for described in (text, f"v=0\r\n{text}", f"v=0\r\nm=video 9 RTP/SAVPF 96\r\na=rtpmap:{text}"):
        try:
            sections = parse(described).sections
        except InvalidSessionDescription:
            continue
        for section in sections:
            for read in (formats_of, extensions_of, rids_of, encodings_of):
                read(section)


def mutated(text: str, dice: random.Random, count: int) -> str:
    """Return a text with lines dropped, doubled, swapped, cut, and characters changed."""
    lines = text.split("\r\n")
    for _ in range(count):
        at = dice.randrange(len(lines))
        match dice.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[dice.randrange(len(lines))])
            case 2:
                other = dice.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                lines[at] = lines[at][: dice.randrange(len(lines[at]) + 1)]
            case 4:
                lines[at] = lines[at].replace(dice.choice("0123456789: "), dice.choice("0129;/ \x00é"), 1)
            case _:
                lines[at] += dice.choice(["0", "-1", " ", "99999999999999999999", ":", "\t", "~"])
        lines = lines or ["v=0"]
    return "\r\n".join(lines)
