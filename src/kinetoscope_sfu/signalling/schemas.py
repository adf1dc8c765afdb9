"""The JSON of the Connection API; what cannot be read is refused with `decoding_error`."""

from typing import Literal, TypeVar

import msgspec

from .refusals import InvalidParams, ItemError, NotDecodable

MOST_ITEMS = 64
MOST_NAME_CHARACTERS = 1024

Order = Literal["none", "asciibetical"]
T = TypeVar("T", bound=msgspec.Struct)


class SessionDescription(msgspec.Struct):
    """An offer or an answer."""

    sdp: str
    type: Literal["offer", "answer"]


class Simulcast(msgspec.Struct, rename="camel", omit_defaults=True):
    """Which layer a receiver wants."""

    preferred_rid: str | None = None
    priority_ordering: Order = "none"
    rid_not_available: Order = "none"


class Track(msgspec.Struct, rename="camel", omit_defaults=True):
    """A track of a request, and of its answer, where it may carry an error."""

    location: Literal["local", "remote"] | None = None
    mid: str | None = None
    session_id: str | None = None
    track_name: str | None = None
    bidirectional_media_stream: bool | None = None
    kind: Literal["audio", "video"] | None = None
    simulcast: Simulcast | None = None
    status: Literal["active", "inactive", "initializing"] | None = None
    recording: str | None = None
    error_code: str | None = None
    error_description: str | None = None


class DataChannel(msgspec.Struct, rename="camel", omit_defaults=True):
    """A data channel of a request, and of its answer, where it may carry an error."""

    location: Literal["local", "remote"] | None = None
    session_id: str | None = None
    data_channel_name: str | None = None
    ordered: bool | None = None
    max_retransmits: int | None = None
    max_packet_life_time: int | None = None
    wait_for_ack: bool | None = None
    can_reply: bool | None = None
    id: int | None = None
    status: Literal["active", "inactive", "initializing"] | None = None
    error_code: str | None = None
    error_description: str | None = None


class NewSession(msgspec.Struct, rename="camel"):
    """`sessions/new`."""

    session_description: SessionDescription | None = None


class NewTracks(msgspec.Struct, rename="camel"):
    """`tracks/new`."""

    session_description: SessionDescription | None = None
    tracks: list[Track] | None = None
    auto_discover: bool | None = None


class Renegotiation(msgspec.Struct, rename="camel"):
    """`renegotiate`."""

    session_description: SessionDescription


class ChangedTracks(msgspec.Struct, rename="camel"):
    """`tracks/update`."""

    tracks: list[Track]


class ClosedTracks(msgspec.Struct, rename="camel"):
    """`tracks/close`."""

    tracks: list[Track]
    force: bool = False
    session_description: SessionDescription | None = None


class RecordedTracks(msgspec.Struct, rename="camel"):
    """`recordings/new` and `recordings/close`."""

    tracks: list[Track]


class KeptRecording(msgspec.Struct, rename="camel"):
    """A file of a recording; `size` in bytes."""

    recording: str
    size: int
    active: bool


class KeptRecordings(msgspec.Struct, rename="camel"):
    """All files of recordings; `instance` is another one after each start of the server."""

    instance: str
    recordings: list[KeptRecording]


class Establishment(msgspec.Struct, rename="camel"):
    """`datachannels/establish`."""

    session_description: SessionDescription | None = None
    data_channel: DataChannel | None = None


class DataChannels(msgspec.Struct, rename="camel"):
    """`datachannels/new`, `update` and `close`."""

    data_channels: list[DataChannel]


class IceServersWish(msgspec.Struct):
    """`generate-ice-servers`."""

    ttl: int


class Answer(msgspec.Struct, rename="camel", omit_defaults=True):
    """What every call answers, the parts that it has."""

    session_id: str | None = None
    session_description: SessionDescription | None = None
    requires_immediate_renegotiation: bool | None = None
    tracks: list[Track] | None = None
    data_channel: DataChannel | None = None
    data_channels: list[DataChannel] | None = None


def decoded(body: bytes, type_: type[T]) -> T:
    """Return a body, whatever its content type says; refuses what is not such JSON."""
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotDecodable(str(error)[:200] or "the body is no JSON") from error


def checked_name(name: str | None, field: str) -> str:
    """Return a name that a request has to give."""
    if not name or len(name) > MOST_NAME_CHARACTERS:
        raise InvalidParams(f"{field} has to have 1 to {MOST_NAME_CHARACTERS} characters")
    return name


def checked_count(items: list[T], field: str) -> list[T]:
    """Return the items of a request: at least one, at most 64."""
    if not 1 <= len(items) <= MOST_ITEMS:
        raise InvalidParams(f"{field} has to have 1 to {MOST_ITEMS} items")
    return items


def with_outcome(track: Track, mid: str, error: ItemError | None) -> Track:
    """Return a track of a request as its answer shows it."""
    shown = msgspec.structs.replace(track, mid=mid or track.mid)
    if error is not None:
        shown = msgspec.structs.replace(shown, error_code=error.code, error_description=error.description)
    return shown
