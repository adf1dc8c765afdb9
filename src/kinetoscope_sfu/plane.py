"""The seam between signalling and media: the values that cross it, and what the plane can be asked to do.

Signalling owns SDP, names, order and the rules of the Connection API. The plane owns packets: it knows
connections by the id that signalling gives them, and the tracks of a connection by their mid. All calls are
made on one event loop. Only what is `async` waits; everything else takes effect at once and never blocks.
`server.open_plane(settings)` is the asynchronous context that gives a plane.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

Kind = Literal["audio", "video"]


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Where the plane listens and what it calls itself."""

    port: int = 0  # UDP and TCP alike; 0: any free one
    hosts: tuple[str, ...] = ("0.0.0.0", "::")  # noqa: S104 - a media server is there for everybody
    announced: tuple[str, ...] = ()  # addresses that candidates name; () for those of this machine
    tcp: bool = True
    max_connections: int = 2000


class ConnectionState(StrEnum):
    """How far a connection is. `failed` and `closed` are final."""

    NEW = "new"  # nobody has sent a valid STUN check yet
    CONNECTING = "connecting"  # an address is known, DTLS is not through or its fingerprint not confirmed
    CONNECTED = "connected"
    FAILED = "failed"  # wrong fingerprint, refused handshake, or consent lost (RFC 7675)
    CLOSED = "closed"  # by `close`, or by the client's close_notify


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """`a=ice-ufrag` and `a=ice-pwd` of our side."""

    ufrag: str
    pwd: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One address to write as `a=candidate:{foundation} 1 {protocol} {priority} {address} {port} typ host`.

    With `tcptype passive` behind it where the protocol is tcp (RFC 6544).
    """

    foundation: str
    protocol: Literal["udp", "tcp"]
    priority: int
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A certificate's digest as SDP writes it: `sha-256` and colon-separated upper-case hex (RFC 8122)."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """What every description of ours says of the server. It is always the DTLS server (`setup:passive`)."""

    fingerprint: Fingerprint
    candidates: tuple[Candidate, ...]
    sctp_port: int = 5000
    max_message_size: int = 65536


@dataclass(frozen=True, slots=True)
class RemoteTransport:
    """What a client's description says of its certificate; one of several fingerprints has to match."""

    fingerprints: tuple[Fingerprint, ...]


@dataclass(frozen=True, slots=True)
class Codec:
    """The one codec that was agreed for a section, with its payload types there."""

    name: str  # as registered: VP8, VP9, H264, H265, AV1, opus, PCMU, PCMA, G722
    payload_type: int
    clock_rate: int
    rtx_payload_type: int | None = None
    nack: bool = True  # the sender repeats what is asked for (a=rtcp-fb … nack)
    pli: bool = True  # the sender makes a key frame when asked (a=rtcp-fb … nack pli)


@dataclass(frozen=True, slots=True)
class Extensions:
    """Ids of the header extensions that a publisher may send, 1–255; None where not negotiated."""

    mid: int | None = None  # urn:ietf:params:rtp-hdrext:sdes:mid
    rid: int | None = None  # urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
    repaired_rid: int | None = None  # urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
    transport_cc: int | None = None  # …-transport-wide-cc-extensions-01: its feedback is then sent
    audio_level: int | None = (
        None  # urn:ietf:params:rtp-hdrext:ssrc-audio-level (RFC 6464), read, not forwarded
    )


@dataclass(frozen=True, slots=True)
class Encoding:
    """One SSRC that the description names (`a=ssrc`, `a=ssrc-group:FID`); simulcast by rid names none."""

    ssrc: int
    rtx_ssrc: int | None = None
    rid: str = ""


@dataclass(frozen=True, slots=True)
class Publication:
    """A section on which the client sends."""

    mid: str
    kind: Kind
    codec: Codec
    encodings: tuple[Encoding, ...] = ()
    rids: tuple[str, ...] = ()  # in the offer's order of preference
    extensions: Extensions = field(default_factory=Extensions)


@dataclass(frozen=True, slots=True)
class LayerChoice:
    """Which simulcast layer a receiver gets: the Connection API's `simulcast` object.

    With neither `by_bandwidth` nor a preference the best layer that the receiver's estimate carries is sent.
    """

    preferred_rid: str = ""
    by_bandwidth: bool = (
        False  # priorityOrdering: asciibetical → fall to later rids when the estimate is too low
    )
    any_when_missing: bool = (
        True  # ridNotAvailable: asciibetical → another layer while the preferred one is silent
    )


@dataclass(frozen=True, slots=True)
class Source:
    """A publication: of which connection, on which mid."""

    connection_id: str
    mid: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A section on which the client receives. The SSRCs are our description's, unique in its connection."""

    mid: str
    source: Source
    payload_type: int
    ssrc: int
    rtx_payload_type: int | None = None  # None: the client has no RTX, nothing is repeated
    rtx_ssrc: int | None = None
    abs_send_time: int | None = None  # extension id 1–14; its estimates (REMB) drive the choice of layers
    layers: LayerChoice = field(default_factory=LayerChoice)


@dataclass(frozen=True, slots=True)
class DataChannel:
    """One end of a data channel, negotiated out of band (both sides use the id). Id 0 is server-events."""

    id: int
    label: str
    ordered: bool = True
    max_retransmits: int | None = None
    max_packet_life_time: int | None = None  # milliseconds


@dataclass(frozen=True, slots=True)
class ChannelSource:
    """A data channel on which a connection publishes."""

    connection_id: str
    channel_id: int


@dataclass(frozen=True, slots=True)
class ConnectionStatistics:
    """What one connection has moved so far."""

    connection_id: str
    state: ConnectionState
    packets_in: int
    packets_out: int
    packets_lost: int  # of its publications, after all repeats
    packets_repeated: int  # to it, because it asked
    key_frame_requests: int  # to it
    estimated_bits_per_second: int  # its own estimate of what it can receive; 0: none yet


@dataclass(frozen=True, slots=True)
class Statistics:
    """The whole plane at one moment."""

    connections: tuple[ConnectionStatistics, ...]
    handshakes: int  # in flight
    packets_in: int
    packets_out: int
    packets_dropped: int  # a full socket, or a receiver that does not read


class PlaneRefusal(Exception):  # noqa: N818 - refusals are named by their reason
    """The plane will not do it; the subclass says why."""


class UnknownConnection(PlaneRefusal):
    """It was never opened, or is gone."""


class UnknownTrack(PlaneRefusal):
    """No such publication, subscription or channel."""


class RepeatedTrack(PlaneRefusal):
    """The mid, SSRC or channel id is in use on this connection."""


class FingerprintChanged(PlaneRefusal):
    """A later description names another certificate than the first."""


class TooMany(PlaneRefusal):
    """A bound is reached: connections, or tracks or channels of one."""


class Plane(Protocol):
    """What signalling may ask of the media.

    Every call on a connection that is not there raises `UnknownConnection`, except `state` and `close`.
    """

    on_state: Callable[[str, ConnectionState], None]
    """Called once for each change of a connection's state; `failed` and `closed` mean that it is gone."""

    def local(self) -> LocalTransport:
        """Return the certificate and the addresses that each description names."""
        ...

    def open(self, connection_id: str) -> IceCredentials:
        """Await a client under fresh credentials. Refused: `TooMany`."""
        ...

    def restart_ice(self, connection_id: str) -> IceCredentials:
        """Return new credentials; the old ones hold until the first check with the new (RFC 8445 §9)."""
        ...

    def set_remote(self, connection_id: str, remote: RemoteTransport) -> None:
        """Let the client in once its certificate matches; media stays closed before.

        Refused: `FingerprintChanged`.
        """
        ...

    def state(self, connection_id: str) -> ConnectionState:
        """Return how far it is; `closed` for a connection that is not there."""
        ...

    async def wait_connected(self, connection_id: str, seconds: float) -> bool:
        """Return whether it is connected, as soon as that is known, at the latest after `seconds`."""
        ...

    def close(self, connection_id: str) -> None:
        """Say goodbye (DTLS close_notify) and forget all of it. A second call does nothing."""
        ...

    def publish(self, connection_id: str, publication: Publication) -> None:
        """Accept what the client sends on this mid. The same mid again replaces it and keeps receivers."""
        ...

    def unpublish(self, connection_id: str, mid: str) -> None:
        """Drop what arrives on this mid from now on. Its subscriptions stay and are silent."""
        ...

    def subscribe(self, connection_id: str, subscription: Subscription) -> None:
        """Forward a publication, from its next key frame on. Called when the client accepted the section.

        The source need not be there (yet): its packets flow once it is published. Refused: `RepeatedTrack`
        for an SSRC of another section.
        """
        ...

    def resubscribe(self, connection_id: str, subscription: Subscription) -> None:
        """Change a mid's source, layers or payload types; the outgoing stream goes on without a gap."""
        ...

    def unsubscribe(self, connection_id: str, mid: str) -> None:
        """Stop forwarding on this mid."""
        ...

    def seconds_since_received(self, connection_id: str, mid: str) -> float | None:
        """Return how long ago a publication's last packet came; None when there was none."""
        ...

    def seconds_since_sent(self, connection_id: str, mid: str) -> float | None:
        """Return how long ago a subscription's last packet left; None when there was none."""
        ...

    def open_data(self, connection_id: str) -> None:
        """Start SCTP and the server-events channel (id 0). A second call does nothing."""
        ...

    def publish_channel(self, connection_id: str, channel: DataChannel) -> None:
        """Accept messages on a channel and pass them to its subscribers."""
        ...

    def subscribe_channel(
        self, connection_id: str, channel: DataChannel, source: ChannelSource, *, wait_for_ack: bool
    ) -> None:
        """Pass a publisher's messages on.

        With `wait_for_ack` only after the receiver's first message, which is taken away.
        """
        ...

    def let_reply(self, connection_id: str, channel_id: int, *, allowed: bool) -> None:
        """Pass, or stop passing, a subscriber's own messages to the publisher of its channel."""
        ...

    def close_channel(self, connection_id: str, channel_id: int) -> None:
        """Close one end; a publisher's end silences its subscribers."""
        ...

    def channel_is_open(self, connection_id: str, channel_id: int) -> bool:
        """Return whether messages flow on a channel."""
        ...

    def tell(self, connection_id: str, message: str) -> None:
        """Send a line on the server-events channel; dropped where the client has no such channel."""
        ...

    def record(self, source: Source, path: Path) -> None:
        """Write a publication's packets to a new file as they come, undecoded: `recording` has the format."""
        ...

    async def stop_recording(self, source: Source) -> None:
        """Return when everything is written. A publication that ends closes its file too."""
        ...

    def recorded(self) -> Mapping[Source, Path]:
        """Return what is being recorded, and to which files."""
        ...

    async def settle_recordings(self) -> None:
        """Return when all that was closed before is in its file."""
        ...

    def statistics(self) -> Statistics:
        """Return what the plane has moved."""
        ...
