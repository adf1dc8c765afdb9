"""The nouns of live sessions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

SessionStatus = Literal["active", "ended"]
ParticipantRole = Literal["host", "participant"]
ParticipantStatus = Literal["joined", "left"]
TrackType = Literal["audio", "video", "screen"]
TrackStatus = Literal["active", "inactive"]
ConnectionKind = Literal["call", "whip", "whep"]
EventType = Literal[
    "session.updated",
    "session.ended",
    "participant.joined",
    "participant.left",
    "track.published",
    "track.unpublished",
    "track.muted",
    "recording.started",
    "recording.stopped",
    "recording.ready",
    "recording.failed",
]

RecordingOutcome = Literal["ready", "failed"]
RecordingStatus = Literal["recording", "processing", "ready", "failed"]

START_TRACKS = "sessions.start-recording-tracks"
"""The job that lets the media server record what a recording, by its `recording_id`, does not hold yet."""

JOIN_RECORDING = "sessions.join-recording"
"""The job that makes a video of a recording that has ended, by its `recording_id`."""

FORGET_RECORDING = "sessions.forget-recording"
"""The job that removes the media server's files of a recording, by its `recording_id`."""

CLOSE_CONNECTION = "sessions.close-connection"
"""The job that takes a connection down at its media server."""


@dataclass(frozen=True, slots=True)
class Session:
    """A room."""

    id: UUID
    host_id: UUID
    session_name: str
    max_participants: int
    participant_count: int
    status: SessionStatus
    version: int
    media_url: str
    last_event: int
    recording_id: UUID | None
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionChanges:
    """What a host changes of a session; what is UNSET stays as it is."""

    session_name: str | UnsetType = UNSET
    max_participants: int | UnsetType = UNSET
    status: SessionStatus | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Track:
    """A stream of sound or pictures that a participant publishes."""

    id: UUID
    session_id: UUID
    participant_id: UUID
    connection_id: UUID | None
    track_name: str
    type: TrackType
    mid: str
    status: TrackStatus
    muted: bool

    @property
    def kind(self) -> Literal["audio", "video"]:
        """What the m-line of this track is called."""
        return "audio" if self.type == "audio" else "video"


@dataclass(frozen=True, slots=True)
class Participant:
    """An account in a room, without its tracks."""

    id: UUID
    session_id: UUID
    user_id: UUID
    display_name: str
    role: ParticipantRole
    status: ParticipantStatus
    joins: int
    joined_at: datetime
    left_at: datetime | None
    removed_at: datetime | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Present:
    """A participant with its tracks, as it is shown."""

    participant: Participant
    tracks: Sequence[Track]


@dataclass(frozen=True, slots=True)
class Shown:
    """A session as a caller may see it; `members` is None for those who are not in it."""

    session: Session
    members: Sequence[Present] | None


@dataclass(frozen=True, slots=True)
class Connection:
    """One WebRTC connection of a participant, at its media server."""

    id: UUID
    session_id: UUID
    participant_id: UUID
    media_url: str
    realtime_id: str
    joins: int
    kind: ConnectionKind
    fingerprint: str | None
    ice_ufrag: str | None
    offered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording of a session; `instance` is the start of the media server in which it began."""

    id: UUID
    session_id: UUID | None
    host_id: UUID
    title: str
    base_url: str
    media_url: str
    instance: str
    status: RecordingStatus
    status_detail: str | None
    video_id: UUID | None
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class RecordedTrack:
    """A track of a recording; `is_running` once the media server has begun to write it."""

    recording_id: UUID
    track_id: UUID
    type: TrackType
    realtime_id: str
    is_running: bool

    @property
    def file(self) -> str:
        """The name of its file at the media server."""
        return f"{self.recording_id}-{self.track_id}.ktrtp"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts in a session: an account, or the holder of a session's token.

    `participant_id`, `session_id` and `joins` are set when it came with a token; the token is good for that
    one session and participant.
    """

    user_id: UUID
    is_admin: bool = False
    session_id: UUID | None = None
    participant_id: UUID | None = None
    joins: int | None = None


@dataclass(frozen=True, slots=True)
class IceServer:
    """Addresses of one STUN or TURN server, and what it takes to use it."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


@dataclass(frozen=True, slots=True)
class TurnCredentials:
    """What a TURN server lets its holder in with, for `ttl` seconds."""

    username: str
    credential: str
    ttl: int


@dataclass(frozen=True, slots=True)
class Joined:
    """What who has joined needs: its token, and how to reach the media."""

    participant: Participant
    token: str
    expires_at: datetime
    turn: TurnCredentials
    ice_servers: Sequence[IceServer]


@dataclass(frozen=True, slots=True)
class Description:
    """An offer or an answer (RFC 8866 text)."""

    sdp: str
    type: Literal["offer", "answer"]


@dataclass(frozen=True, slots=True)
class Published:
    """A new track, and the answer to the offer that it came with."""

    track: Track
    answer: str


@dataclass(frozen=True, slots=True)
class SubscriptionResult:
    """What came of the wish for one track; `code` says why it failed."""

    track_id: UUID
    mid: str | None
    status: Literal["active", "failed"]
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """What came of the wish for tracks; `description` is None when nothing has to be negotiated."""

    description: Description | None
    requires_renegotiation: bool
    results: Sequence[SubscriptionResult]


@dataclass(frozen=True, slots=True)
class Ingested:
    """A WHIP or WHEP connection: the answer to its offer, and its names."""

    session_id: UUID
    connection_id: UUID
    etag: str
    answer: str
    ice_servers: Sequence[IceServer] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened in a session; `number` counts from 1 in each."""

    number: int
    type: EventType
    data: Mapping[str, object]
