"""The state of one connection's negotiation: its m= lines and what flows on each. Frozen values."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from ..plane import Encoding, Fingerprint, Kind, LayerChoice, Source
from .numbers import Numbers
from .offered import Format
from .refusals import ItemError
from .sdp import Direction

APPLICATION = "application"

LineKind = Literal["audio", "video", "application"]


@dataclass(frozen=True, slots=True)
class Push:
    """A track that the client sends on a line.

    `format` is None while our own offer of the line waits for its answer. `extensions` are the header
    extensions that were agreed, as URI and id. `flows` tells whether the client's last description sends it.
    """

    name: str
    format: Format | None = None
    encodings: tuple[Encoding, ...] = ()
    rids: tuple[str, ...] = ()
    extensions: tuple[tuple[str, int], ...] = ()
    flows: bool = True


@dataclass(frozen=True, slots=True)
class Pull:
    """Another session's track that the client receives on a line.

    `format` is the publisher's codec under this connection's payload types. `is_accepted`: the client has
    agreed to it once; `flows`: its last description receives it.
    """

    name: str
    source: Source
    format: Format
    ssrc: int
    rtx_ssrc: int
    layers: LayerChoice
    abs_send_time: int | None = None
    is_accepted: bool = False
    flows: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One m= line.

    `formats` are the codecs that it names, `agreed` our direction when it was last settled,
    `offered_formats` what the client's own offer of it listed. `is_willing`: the client, when last asked,
    would receive on it; one that has made its transceiver inactive answers so to whatever we offer.
    """

    mid: str
    kind: str
    protocol: str = "UDP/TLS/RTP/SAVPF"
    formats: tuple[Format, ...] = ()
    push: Push | None = None
    pull: Pull | None = None
    is_ours: bool = False
    is_bidirectional: bool = False
    is_rejected: bool = False
    is_willing: bool = True
    agreed: Direction = "inactive"
    offered_formats: tuple[str, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether another track may take its place: the client knows that it carries none, and would."""
        idle = self.push is None and self.pull is None and self.agreed == "inactive"
        return idle and self.is_ours and self.is_willing and not self.is_rejected

    @property
    def flowing(self) -> Direction:
        """Our direction, by what flows."""
        sends = self.pull is not None and self.pull.flows
        receives = self.push is not None and self.push.flows
        return direction_of(sends=sends, receives=receives)

    @property
    def wished(self) -> Direction:
        """Our direction, by what shall flow."""
        sends = self.pull is not None or (self.push is not None and self.is_bidirectional)
        return direction_of(sends=sends, receives=self.push is not None)


@dataclass(frozen=True, slots=True)
class Negotiation:
    """One connection's offers and answers so far.

    `awaits_answer`: the last description is an offer of ours. `ufrag` is the client's, which changes when it
    restarts ICE; `fingerprints` are its certificate's.
    """

    lines: tuple[Line, ...] = ()
    numbers: Numbers = field(default_factory=Numbers)
    version: int = 0
    awaits_answer: bool = False
    ufrag: str = ""
    fingerprints: tuple[Fingerprint, ...] = ()
    mixes_extensions: bool = False

    @property
    def carries_data(self) -> bool:
        """Whether a line for data channels is open."""
        return any(line.kind == APPLICATION and not line.is_rejected for line in self.lines)

    def at(self, mid: str) -> Line | None:
        """Return the line of that mid."""
        return next((line for line in self.lines if line.mid == mid), None)

    def pushing(self, name: str) -> Line | None:
        """Return the line on which the track of that name is published."""
        return next((line for line in self.lines if line.push is not None and line.push.name == name), None)


@dataclass(frozen=True, slots=True)
class PushWish:
    """A track to publish. `mid` names its line in the client's offer; without one we offer, of that kind."""

    name: str
    mid: str = ""
    kind: Kind | None = None
    is_bidirectional: bool = False


@dataclass(frozen=True, slots=True)
class PullWish:
    """A track to receive. `mid` names the line, or by `#name` the published track beside it; "" for any."""

    name: str
    source: Source
    kind: Kind
    format: Format
    ssrc: int
    rtx_ssrc: int
    layers: LayerChoice
    mid: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of a wish: the mid of its line, or why there is none."""

    mid: str = ""
    error: ItemError | None = None


def direction_of(*, sends: bool, receives: bool) -> Direction:
    """Return the direction of a side that sends, receives, does both or neither."""
    if sends:
        return "sendrecv" if receives else "sendonly"
    return "recvonly" if receives else "inactive"


def next_mid(lines: Iterable[Line]) -> str:
    """Return the smallest number that no line has for its mid and that is not below their count."""
    taken = {line.mid for line in lines}
    number = len(taken)
    while str(number) in taken:
        number += 1
    return str(number)
