"""One connection's offers and answers, without a network."""

from dataclasses import replace

import pytest

from kinetoscope_sfu.plane import Kind, LayerChoice, Source
from kinetoscope_sfu.signalling.answering import take_offer
from kinetoscope_sfu.signalling.changing import with_closed, with_layers, with_source
from kinetoscope_sfu.signalling.lines import Negotiation, PushWish
from kinetoscope_sfu.signalling.offered import ABS_SEND_TIME, MID, TRANSPORT_CC, Format, Key
from kinetoscope_sfu.signalling.offering import make_offer, take_answer
from kinetoscope_sfu.signalling.refusals import InvalidSessionDescription
from kinetoscope_sfu.signalling.sdp import Description, Section, parse
from kinetoscope_sfu.signalling.writing import written_answer, written_offer
from support.offers import OPUS, PUBLISHER, PUBLISHERS, SPEAKER, VP8, offer, pull, small, take

NEW = Negotiation()


def answer_to(negotiation: Negotiation) -> Description:
    return parse(written_answer(negotiation, SPEAKER))


def offered_by(negotiation: Negotiation) -> Description:
    return parse(written_offer(negotiation, SPEAKER))


def directions(negotiation: Negotiation) -> list[str]:
    return [section.direction for section in answer_to(negotiation).sections]


def mids(negotiation: Negotiation) -> list[str]:
    return [line.mid for line in negotiation.lines]


def answered(before: Negotiation, *sections: str) -> Negotiation:
    return take_answer(before, parse(small(*sections, setup="active")))


def received(*names: str) -> Negotiation:
    """Return a connection that receives these tracks, all accepted."""
    wishes = [pull(name, ssrc=10 * i + 10) for i, name in enumerate(names)]
    made = make_offer(NEW, pulls=wishes).negotiation
    return answered(made, *(f"video {i} recvonly" for i in range(len(names))))


@pytest.mark.parametrize("name", PUBLISHERS)
def test_a_clients_tracks_are_taken_each_with_one_codec(name: str) -> None:
    sections = parse(offer(name)).sections
    wishes = [PushWish(section.kind, section.mid) for section in sections]
    taken = take(NEW, offer(name), wishes)
    assert [placed.error for placed in taken.pushes] == [None, None]
    for section, offered in zip(answer_to(taken.negotiation).sections, sections, strict=True):
        assert section.direction == "recvonly"
        assert section.formats[0] == offered.formats[0]
        assert len(section.formats) == (2 if section.kind == "video" else 1)
        assert (section.mid, section.protocol) == (offered.mid, offered.protocol)
        assert section.first("setup") == "passive"
        assert section.first("rtcp-mux") == ""


def test_an_answer_is_ice_lite_and_names_every_address_once() -> None:
    written = written_answer(take(NEW, offer("chromium-publish")).negotiation, SPEAKER)
    assert parse(written).first("ice-lite") == ""
    assert written.count("typ host\r\n") == 1
    assert written.count("typ host tcptype passive\r\n") == 1
    assert written.endswith("\r\n")


def test_only_extensions_that_are_read_are_answered() -> None:
    taken = take(NEW, offer("chromium-publish"), [PushWish("cam", "1")])
    push = taken.negotiation.lines[1].push
    assert push is not None
    assert dict(push.extensions)[MID] == 4
    assert ABS_SEND_TIME not in dict(push.extensions)
    section = answer_to(taken.negotiation).sections[1]
    assert len(list(section.all("extmap"))) == len(push.extensions)


def test_transport_cc_is_answered_only_where_its_feedback_is_wanted() -> None:
    quiet = offer("chromium-publish").replace("a=rtcp-fb:111 transport-cc\r\n", "")
    taken = take(NEW, quiet, [PushWish("mic", "0"), PushWish("cam", "1")])
    audio, video = (line.push for line in taken.negotiation.lines)
    assert audio is not None
    assert TRANSPORT_CC not in dict(audio.extensions)
    assert video is not None
    assert TRANSPORT_CC in dict(video.extensions)


def test_layers_are_taken_as_they_are_sent() -> None:
    taken = take(NEW, offer("chromium-simulcast"), [PushWish("cam", "0")])
    section = answer_to(taken.negotiation).sections[0]
    assert list(section.all("rid")) == ["f recv", "h recv", "q recv"]
    assert section.first("simulcast") == "recv f;h;q"


def test_a_section_that_no_track_names_stays_inactive_until_one_does() -> None:
    text = small("audio 0 sendonly", "video 1 sendonly")
    first = take(NEW, text, [PushWish("mic", "0")]).negotiation
    assert directions(first) == ["recvonly", "inactive"]
    second = take(first, text, [PushWish("cam", "1")]).negotiation
    assert directions(second) == ["recvonly", "recvonly"]


def test_all_new_sending_sections_can_be_discovered() -> None:
    text = small("audio 0 sendonly", "video 1 recvonly", "video 2 sendrecv", "data 3")
    first = take(NEW, text, [PushWish("mic", "0")]).negotiation
    taken = take_offer(first, parse(text), names=iter(["a", "b"]))
    assert taken.discovered == (("a", "2"),)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (PushWish("mic", "1"), "repeated_local_track_error"),
        (PushWish("x", "0"), "invalid_params"),
        (PushWish("x", "2"), "invalid_params"),
        (PushWish("x", "3"), "invalid_params"),
        (PushWish("x", "7"), "invalid_params"),
        (PushWish("x", "1", kind="audio"), "invalid_params"),
    ],
)
def test_a_track_that_cannot_be_published_fails_alone(wish: PushWish, code: str) -> None:
    text = small("audio 0 sendonly", "video 1 sendonly", "video 2 recvonly", "data 3")
    before = take(NEW, text, [PushWish("mic", "0")]).negotiation
    taken = take(before, text, [wish])
    assert taken.pushes[0].error is not None
    assert taken.pushes[0].error.code == code
    assert directions(taken.negotiation)[:3] == ["recvonly", "inactive", "inactive"]


def test_a_codec_that_was_agreed_stays_when_the_client_reorders() -> None:
    before = take(NEW, offer("chromium-publish"), [PushWish("cam", "1")]).negotiation
    reordered = offer("chromium-publish").replace("SAVPF 96 97 102 103", "SAVPF 102 103 96 97")
    after = take(before, reordered).negotiation
    assert after.lines[1].formats[0].name == "VP8"
    assert after.lines[1].push == before.lines[1].push


def test_media_that_the_client_stops_for_a_while_can_go_on() -> None:
    before = take(NEW, small("audio 0 sendonly"), [PushWish("mic", "0")]).negotiation
    paused = take(before, small("audio 0 inactive")).negotiation
    assert directions(paused) == ["inactive"]
    assert directions(take(paused, small("audio 0 sendonly")).negotiation) == ["recvonly"]


def test_a_stopped_section_may_become_another_one() -> None:
    before = take(NEW, small("audio 0 sendonly", "video 1 sendonly"), [PushWish("cam", "1")]).negotiation
    stopped = take(before, small("audio 0 sendonly", "video 1 rejected")).negotiation
    assert stopped.pushing("cam") is None
    assert [s.port for s in answer_to(stopped).sections] == [9, 0]
    recycled = take(stopped, small("audio 0 sendonly", "audio 5 sendonly"), [PushWish("cam", "5")])
    assert mids(recycled.negotiation) == ["0", "5"]
    assert answer_to(stopped).bundled() == ("0",)


@pytest.mark.parametrize(
    "text",
    [
        small("audio 0 sendonly"),
        small("video 1 sendonly", "audio 0 sendonly"),
        small("audio 0 sendonly", "audio 1 sendonly"),
        small("audio 0 sendonly", "video 9 sendonly"),
    ],
)
def test_an_offer_that_loses_a_section_is_refused(text: str) -> None:
    before = take(NEW, small("audio 0 sendonly", "video 1 sendonly")).negotiation
    with pytest.raises(InvalidSessionDescription):
        take(before, text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0"),
        ("a=group:BUNDLE 0 1", "a=x"),
        ("a=mid:1", "a=mid:0"),
        ("a=mid:1", "a=x"),
        ("a=fingerprint:sha-256", "a=fingerprint:md5"),
        ("a=ice-ufrag:", "a=ufrag:"),
        ("a=ice-pwd:", "a=pwd:"),
        ("a=setup:actpass", "a=setup:passive"),
        ("t=0 0", "a=ice-lite"),
    ],
)
def test_an_offer_that_cannot_connect_is_refused(old: str, new: str) -> None:
    text = small("audio 0 sendonly", "video 1 sendonly")
    assert take(NEW, text)
    with pytest.raises(InvalidSessionDescription):
        take(NEW, text.replace(old, new))


def test_another_certificate_is_refused() -> None:
    before = take(NEW, small("audio 0 sendonly")).negotiation
    with pytest.raises(InvalidSessionDescription, match="certificate"):
        take(before, small("audio 0 sendonly").replace("BB", "CC"))


def test_two_sections_may_not_claim_one_ssrc() -> None:
    text = small("audio 0 sendonly", "video 1 sendonly").replace(
        "a=rtcp-mux", "a=rtcp-mux\r\na=ssrc:5 cname:x"
    )
    with pytest.raises(InvalidSessionDescription, match="ssrc"):
        take(NEW, text, [PushWish("mic", "0"), PushWish("cam", "1")])


def test_codecs_that_nobody_forwards_are_rejected() -> None:
    text = small("audio 0 sendonly", "video 1 sendonly").replace("VP8/90000", "theora/90000")
    taken = take(NEW, text, [PushWish("cam", "1")])
    assert taken.pushes[0].error is not None
    assert [s.port for s in answer_to(taken.negotiation).sections] == [9, 0]


def test_our_offer_names_the_publishers_codec_and_what_tells_the_streams_apart() -> None:
    made = make_offer(NEW, pulls=[pull("mic", "audio", ssrc=3), pull("cam", ssrc=5)])
    audio, video = offered_by(made.negotiation).sections
    assert [placed.mid for placed in made.pulls] == ["0", "1"]
    assert (audio.direction, video.direction) == ("sendonly", "sendonly")
    assert (audio.formats, video.formats) == (("111",), ("96", "97"))
    assert list(video.all("ssrc-group")) == ["FID 5 6"]
    assert [value.split()[0] for value in audio.all("ssrc")] == ["3"]
    assert (audio.first("setup"), audio.first("ice-ufrag")) == ("actpass", "ours")
    streams = {str(section.first("msid")).split()[0] for section in (audio, video)}
    assert streams == {PUBLISHER}  # one stream: the client keeps them in sync


def test_what_the_client_refuses_is_gone_and_its_section_left_alone() -> None:
    made = make_offer(NEW, pulls=[pull("a", ssrc=1), pull("b", ssrc=3)]).negotiation
    after = answered(made, "video 0 recvonly", "video 1 inactive")
    assert [line.pull is not None for line in after.lines] == [True, False]
    again = make_offer(after, pulls=[pull("c", ssrc=5)])
    assert again.pulls[0].mid == "2"


def test_a_section_that_the_client_made_inactive_is_left_alone() -> None:
    closed, _ = with_closed(received("a"), ["0"])
    offered = take(closed, small("video 0 inactive")).negotiation
    assert make_offer(offered, pulls=[pull("b", ssrc=5)]).pulls[0].mid == "1"
    willing = take(closed, small("video 0 recvonly")).negotiation
    assert make_offer(willing, pulls=[pull("b", ssrc=5)]).pulls[0].mid == "0"


def test_an_answer_that_rejects_everything_is_taken() -> None:
    made = make_offer(NEW, pulls=[pull("a")]).negotiation
    after = answered(made, "video 0 rejected")
    assert (after.lines[0].is_rejected, after.awaits_answer) == (True, False)
    assert make_offer(after, pulls=[pull("a")]).pulls[0].mid == "1"


def test_repeats_are_sent_only_where_the_client_takes_them() -> None:
    made = make_offer(NEW, pulls=[pull("a")]).negotiation
    text = small("video 0 recvonly", setup="active").replace(" 96 97", " 96").replace("a=rtpmap:97", "a=x:97")
    after = take_answer(made, parse(text))
    assert after.lines[0].pull is not None
    assert after.lines[0].pull.format.rtx_payload_type is None


def test_abs_send_time_is_sent_only_where_the_client_takes_it() -> None:
    made = make_offer(NEW, pulls=[pull("a")]).negotiation
    extmap = f"a=rtcp-mux\r\na=extmap:2 {ABS_SEND_TIME}"
    with_it = take_answer(
        made, parse(small("video 0 recvonly", setup="active").replace("a=rtcp-mux", extmap))
    )
    without = answered(made, "video 0 recvonly")
    assert [n.lines[0].pull and n.lines[0].pull.abs_send_time for n in (with_it, without)] == [2, None]


@pytest.mark.parametrize(
    "sections", [["video 0 recvonly"], ["video 0 recvonly", "audio 1 recvonly"], ["audio 0 recvonly"] * 2]
)
def test_an_answer_to_something_else_is_refused(sections: list[str]) -> None:
    made = make_offer(NEW, pulls=[pull("a"), pull("b", ssrc=3)]).negotiation
    with pytest.raises(InvalidSessionDescription):
        answered(made, *sections)


def test_an_answer_nobody_waits_for_and_a_second_one_are_refused() -> None:
    with pytest.raises(InvalidSessionDescription):
        answered(NEW, "video 0 recvonly")
    with pytest.raises(InvalidSessionDescription):
        answered(received("a"), "video 0 recvonly")


def test_while_our_offer_waits_nothing_else_is_negotiated() -> None:
    waiting = make_offer(NEW, pulls=[pull("a")]).negotiation
    with pytest.raises(InvalidSessionDescription):
        take(waiting, small("audio 0 sendonly"))
    with pytest.raises(InvalidSessionDescription):
        make_offer(waiting, pulls=[pull("b")])


def test_new_mids_are_the_smallest_that_were_never_used() -> None:
    before = take(NEW, small("audio 0 sendonly", "video 3 sendonly")).negotiation
    made = make_offer(before, pulls=[pull("a", ssrc=1), pull("b", ssrc=3)])
    assert [placed.mid for placed in made.pulls] == ["2", "4"]


def test_a_closed_section_is_used_again_once_the_client_knows_of_it() -> None:
    before = received("a", "b")
    closed, placed = with_closed(before, ["0"])
    assert placed[0].error is None
    made = make_offer(closed, pulls=[pull("c", ssrc=50)])
    assert made.pulls[0].mid == "2"  # the client still believes that 0 carries a track
    assert [s.direction for s in offered_by(made.negotiation).sections] == [
        "inactive",
        "sendonly",
        "sendonly",
    ]
    settled = answered(made.negotiation, "video 0 inactive", "video 1 recvonly", "video 2 recvonly")
    assert make_offer(settled, pulls=[pull("d", ssrc=60)]).pulls[0].mid == "0"


def test_descriptions_do_not_grow_with_tracks_that_come_and_go() -> None:
    negotiation = received("a")
    for round_ in range(20):
        made = make_offer(negotiation, pulls=[pull(f"t{round_}", ssrc=100 + 2 * round_)])
        states = ["inactive" if line.pull is None else "recvonly" for line in made.negotiation.lines]
        settled = answered(made.negotiation, *(f"video {i} {state}" for i, state in enumerate(states)))
        negotiation, _ = with_closed(settled, [made.pulls[0].mid])
    assert len(negotiation.lines) <= 3


def test_closing_twice_is_an_error_of_that_item() -> None:
    once, _ = with_closed(received("a"), ["0"])
    _, placed = with_closed(once, ["0", "7"])
    assert [item.error and item.error.code for item in placed] == ["close_track_error"] * 2


def test_payload_types_are_the_clients_own_for_what_it_has_named() -> None:
    before = take(NEW, offer("firefox-publish")).negotiation
    made = make_offer(before, pulls=[pull("cam"), pull("mic", "audio", ssrc=50)])
    video, audio = offered_by(made.negotiation).sections[2:]
    assert (video.formats, audio.formats) == (("120", "124"), ("109",))


def test_a_codec_that_the_client_has_not_named_gets_free_numbers() -> None:
    before = take(NEW, small("audio 0 sendonly", "video 1 sendonly")).negotiation
    av1 = Format("AV1", 97, 90000, rtx_payload_type=111)
    made = make_offer(before, pulls=[pull("cam", format_=av1)])
    numbers = offered_by(made.negotiation).sections[2].formats
    assert len(set(numbers) | {"96", "97", "111"}) == 5


def test_numbers_that_are_used_up_fail_one_track() -> None:
    wishes = [
        pull(str(index), ssrc=2 * index + 2, format_=Format("VP9", 96, 90000, 1, f"profile-id={index}"))
        for index in range(40)
    ]
    errors = [placed.error and placed.error.code for placed in make_offer(NEW, pulls=wishes).pulls]
    assert errors == [None] * 30 + ["invalid_params"] * 10


def test_a_client_may_offer_where_it_receives() -> None:
    text = small("audio 0 sendonly", "video 1 recvonly", "video 2 recvonly")
    before = take(NEW, text, [PushWish("mic", "0")]).negotiation
    taken = take(before, text, pulls=[pull("b", ssrc=1, mid="2"), pull("a", ssrc=3), pull("c", ssrc=5)])
    assert [placed.mid for placed in taken.pulls[:2]] == ["2", "1"]
    assert taken.pulls[2].error is not None
    assert directions(taken.negotiation) == ["recvonly", "sendonly", "sendonly"]
    assert list(answer_to(taken.negotiation).sections[1].all("ssrc-group")) == ["FID 3 4"]


def test_a_receiving_section_without_the_codec_fails_its_track() -> None:
    h264 = Format("H264", 102, 90000, 1, "profile-level-id=42e01f;packetization-mode=1")
    taken = take(NEW, small("video 0 recvonly"), pulls=[pull("cam", format_=h264)])
    assert taken.pulls[0].error is not None
    assert "H264" in taken.pulls[0].error.description


def test_one_section_can_carry_a_track_each_way() -> None:
    before = take(NEW, small("audio 0 sendrecv"), [PushWish("mic", "0")]).negotiation
    made = make_offer(before, pulls=[pull("voice", "audio", mid="#mic")])
    assert made.pulls[0].mid == "0"
    assert [s.direction for s in offered_by(made.negotiation).sections] == ["sendrecv"]
    after = answered(made.negotiation, "audio 0 sendrecv")
    assert (after.lines[0].agreed, len(after.lines)) == ("sendrecv", 1)
    kept = answered(
        make_offer(before, pulls=[pull("v", "audio", mid="#mic")]).negotiation, "audio 0 sendonly"
    )
    assert (kept.lines[0].pull, kept.lines[0].agreed) == (None, "recvonly")
    assert make_offer(before, pulls=[pull("v", "audio", mid="#nobody")]).pulls[0].error is not None


def test_we_can_offer_to_take_a_track() -> None:
    made = make_offer(NEW, pushes=[PushWish("mic", kind="audio"), PushWish("cam", kind="video")])
    audio, video = offered_by(made.negotiation).sections
    assert (audio.direction, video.direction) == ("recvonly", "recvonly")
    assert {value.split()[1] for value in video.all("rtpmap")} >= {"VP8/90000", "H264/90000", "rtx/90000"}
    after = answered(made.negotiation, "audio 0 sendonly", "video 1 inactive")
    mic = after.pushing("mic")
    assert mic is not None
    assert mic.push is not None
    assert mic.push.format is not None
    assert (mic.push.format.name, after.pushing("cam")) == ("opus", None)


def test_a_track_without_an_offer_needs_its_kind_and_a_new_name() -> None:
    before = take(NEW, small("audio 0 sendonly"), [PushWish("mic", "0")]).negotiation
    made = make_offer(before, pushes=[PushWish("mic", kind="audio"), PushWish("cam")])
    assert [placed.error and placed.error.code for placed in made.pushes] == [
        "repeated_local_track_error",
        "invalid_params",
    ]
    assert not made.is_needed


def test_data_channels_come_with_either_offer() -> None:
    made = make_offer(received("a"), with_data=True).negotiation
    section = offered_by(made).sections[1]
    assert (section.kind, section.formats, section.first("sctp-port")) == (
        "application",
        ("webrtc-datachannel",),
        "5000",
    )
    assert answered(made, "video 0 recvonly", "data 1").carries_data
    for name in ("chromium-data", "aiortc-data", "chromium-all"):
        assert take(NEW, offer(name)).negotiation.carries_data


def test_a_line_can_be_pointed_at_another_track_of_its_codec() -> None:
    before = received("a")
    source = Source("c3" * 16, "5")
    after, placed = with_source(before, "0", source=source, name="b", kind="video", key=VP8.key)
    assert placed.error is None
    assert before.lines[0].pull is not None
    assert after.lines[0].pull == replace(before.lines[0].pull, source=source, name="b")
    others: list[tuple[str, Kind, Key]] = [
        ("9", "video", VP8.key),
        ("0", "audio", OPUS.key),
        ("0", "video", ("AV1", "0")),
    ]
    for mid, kind, key in others:
        same, placed = with_source(before, mid, source=source, name="b", kind=kind, key=key)
        assert placed.error is not None
        assert (placed.error.code, same) == ("update_track_error", before)


def test_another_layer_can_be_preferred() -> None:
    after, _ = with_layers(received("a"), "0", LayerChoice("q"))
    assert after.lines[0].pull is not None
    assert after.lines[0].pull.layers.preferred_rid == "q"


def test_a_refused_offer_leaves_everything_as_it_was() -> None:
    before = take(NEW, small("audio 0 sendonly"), [PushWish("mic", "0")]).negotiation
    kept = replace(before)
    with pytest.raises(InvalidSessionDescription):
        take(before, small("audio 0 rejected", "video 0 sendonly"))
    assert before == kept


def test_versions_rise_with_each_description() -> None:
    first = take(NEW, small("video 0 sendonly")).negotiation
    made = make_offer(first, pulls=[pull("a")]).negotiation
    assert (first.version, made.version) == (1, 2)


def test_an_ice_restart_shows_in_the_clients_fragment() -> None:
    before = take(NEW, small("audio 0 sendonly")).negotiation
    after = take(before, small("audio 0 sendonly", ufrag="anew")).negotiation
    assert (before.ufrag, after.ufrag) == ("them", "anew")
    made = make_offer(before, pulls=[pull("a")]).negotiation
    text = small("audio 0 sendonly", "video 1 recvonly", ufrag="anew", setup="active")
    assert take_answer(made, parse(text)).ufrag == "them"  # an answer restarts nothing


def test_every_section_of_our_text_has_what_a_client_needs() -> None:
    made = make_offer(received("a"), pulls=[pull("b", ssrc=20)], with_data=True).negotiation
    for section in offered_by(made).sections:
        needed = ("mid", "ice-ufrag", "ice-pwd", "fingerprint", "setup")
        assert all(section.first(name) for name in needed), Section
