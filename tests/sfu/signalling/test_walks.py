"""Long random walks of one connection: whatever happens in whatever order, its descriptions stay sound."""

import random
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from kinetoscope_sfu.signalling.changing import with_closed
from kinetoscope_sfu.signalling.lines import Negotiation, PullWish, PushWish
from kinetoscope_sfu.signalling.offered import Format, extensions_of, formats_of, payload_types_of
from kinetoscope_sfu.signalling.offering import make_offer, take_answer
from kinetoscope_sfu.signalling.sdp import Description, parse
from kinetoscope_sfu.signalling.writing import written_answer, written_offer
from support.offers import OPUS, SPEAKER, VP8, pull, small, take

FORMATS = [
    VP8,
    Format("VP8", 120, 90000, rtx_payload_type=124),
    Format("AV1", 45, 90000, 1, "profile=0", 46),
    Format("H264", 96, 90000, 1, "packetization-mode=1;profile-level-id=42e01f", 97),
    Format("VP9", 97, 90000, 1, "profile-id=0"),
]
STEPS = 12


class Walk:
    """A connection and a client that offers, answers, refuses, closes and stops as the dice fall."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.now = Negotiation()
        self.kinds: dict[str, str] = {}
        self.numbers = count(1)

    def step(self) -> None:
        """Do one thing and look at every description that it gives."""
        before = self.now
        if self.now.awaits_answer:
            self.now = take_answer(self.now, parse(self._answer(written_offer(self.now, SPEAKER))))
        else:
            self.dice.choice([self._client_offers, self._server_offers, self._close])()
        assert len(self.now.lines) >= len(before.lines)
        for text in (written_offer(self.now, SPEAKER), written_answer(self.now, SPEAKER)):
            look_at(parse(text))

    def _client_offers(self) -> None:
        sections = [
            self._section(line.mid, line.kind) for line in self.now.lines if line.kind != "application"
        ]
        mid = f"c{next(self.numbers)}"
        if len(sections) == len(self.now.lines):
            kind = self.dice.choice(["audio", "video"])
            sections.append(f"{kind} {mid} {self.dice.choice(['sendonly', 'sendrecv', 'recvonly'])}")
            if not self.now.fingerprints and all("rejected" in section for section in sections):
                return
            text = with_numbers_of_its_own(small(*sections))
            self.now = take(self.now, text, [PushWish(mid, mid)], [self._wish()]).negotiation

    def _server_offers(self) -> None:
        wishes = [self._wish() for _ in range(self.dice.randrange(3))]
        pushes = [PushWish(f"p{next(self.numbers)}", kind="video")] if self.dice.random() < 0.2 else []
        self.now = make_offer(self.now, pushes=pushes, pulls=wishes).negotiation

    def _close(self) -> None:
        mids = [line.mid for line in self.now.lines if self.dice.random() < 0.4]
        self.now, _ = with_closed(self.now, mids)

    def _wish(self) -> PullWish:
        number = next(self.numbers)
        if self.dice.random() < 0.3:
            return pull(f"t{number}", "audio", ssrc=2 * number, format_=OPUS)
        return pull(f"t{number}", ssrc=2 * number, format_=self.dice.choice(FORMATS))

    def _section(self, mid: str, kind: str) -> str:
        directions = ["sendonly", "recvonly", "sendrecv", "inactive", "rejected"]
        return f"{kind} {mid} {self.dice.choice(directions)}"

    def _answer(self, offer: str) -> str:
        """Answer our offer section by section, with directions that its own allow."""
        turned = {"sendonly": "recvonly", "recvonly": "sendonly"}
        text = offer.replace("a=setup:actpass", "a=setup:active").replace("a=ice-lite\r\n", "")
        text = text.replace(SPEAKER.local.fingerprint.value, ":".join(["BB"] * 32)).replace("ours", "them")
        head, *sections = text.split("m=")
        for index, section in enumerate(sections):
            for said, answered in turned.items():
                if f"a={said}" in section:
                    chosen = self.dice.choice([answered, answered, "inactive"])
                    sections[index] = section.replace(f"a={said}", f"a={chosen}")
                    break
        return "m=".join([head, *sections])


def with_numbers_of_its_own(text: str) -> str:
    """Return an offer with payload types that nobody else uses, as clients take care to do."""
    for old, new in (("96", "60"), ("97", "61"), ("111", "62")):
        for before in ("SAVPF ", "SAVPF 60 ", ":", "apt="):
            text = text.replace(before + old, before + new)
    return text


def look_at(description: Description) -> None:
    """Check what has to hold over all bundled sections (RFC 8843 §10.1.2), and that all is told apart."""
    codecs: dict[int, tuple[str, ...]] = {}
    uris: dict[int, str] = {}
    ssrcs: list[str] = []
    for section in description.sections:
        if section.port == 0:
            continue
        for format_ in formats_of(section):
            assert codecs.setdefault(format_.payload_type, format_.key) == format_.key
            if format_.rtx_payload_type is not None:
                repeats = ("rtx", *format_.key)
                assert codecs.setdefault(format_.rtx_payload_type, repeats) == repeats
        for uri, id_ in extensions_of(section).items():
            assert uris.setdefault(id_, uri) == uri
        assert not set(payload_types_of(section)) & set(range(64, 96))
        ssrcs += {value.split(" ")[0] for value in section.all("ssrc")}
    assert len(set(ssrcs)) == len(ssrcs)
    mids = [section.mid for section in description.sections]
    assert len(set(mids)) == len(mids)
    assert set(description.bundled()) == {s.mid for s in description.sections if s.port != 0}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_descriptions_stay_sound_whatever_happens(seed: int) -> None:
    walk = Walk(seed)
    for _ in range(STEPS):
        walk.step()
