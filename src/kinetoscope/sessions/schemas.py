"""The JSON of live sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from ..http.values import Name, OnlyNumbers
from ..kernel.paging import Listing
from .examples import OFFER
from .models import (
    IceServer,
    Joined,
    ParticipantRole,
    ParticipantStatus,
    Present,
    Published,
    Session,
    SessionChanges,
    SessionStatus,
    Shown,
    Subscribed,
    SubscriptionResult,
    Track,
    TrackStatus,
    TrackType,
)

MaxParticipants = Annotated[int, Field(ge=2, le=100), OnlyNumbers]
Rid = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,16}$")]
Sdp = Annotated[
    str,
    Field(
        description="A session description (RFC 8866), its last line ended too; at most 524,288 characters",
        examples=[OFFER],
    ),
]

_SESSION_EXAMPLE: JsonDict = {"session_name": "Team standup", "max_participants": 10}


class NewSession(BaseModel):
    """What a session is created with."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SESSION_EXAMPLE]})

    session_name: Name
    max_participants: MaxParticipants = 10


class ChangedSession(BaseModel):
    """What to change of a session: any subset of its fields. `ended` ends it for good."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"session_name": "Retrospective"}]})

    session_name: Name = ""
    max_participants: MaxParticipants = 10
    status: SessionStatus = "active"

    def changes(self) -> SessionChanges:
        """Return what was sent, and UNSET for the rest."""
        sent: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        if sent.get("status") == "active":
            sent["status"] = UNSET
        return SessionChanges(**sent)


class TrackOut(BaseModel):
    """A stream of sound or pictures that a participant publishes."""

    track_id: UUID
    track_name: str
    type: TrackType
    mid: str
    status: TrackStatus
    muted: bool

    @classmethod
    def of(cls, track: Track) -> "TrackOut":
        """Return a track as it is shown."""
        return cls(
            track_id=track.id,
            track_name=track.track_name,
            type=track.type,
            mid=track.mid,
            status=track.status,
            muted=track.muted,
        )


class ParticipantOut(BaseModel):
    """An account in a session."""

    id: UUID
    participant_id: UUID = Field(description="The same as id")
    session_id: UUID
    user_id: UUID
    display_name: str
    role: ParticipantRole
    status: ParticipantStatus
    joined_at: datetime
    left_at: datetime | None
    tracks: list[TrackOut]

    @classmethod
    def of(cls, present: Present) -> "ParticipantOut":
        """Return a participant as it is shown."""
        person = present.participant
        return cls(
            id=person.id,
            participant_id=person.id,
            session_id=person.session_id,
            user_id=person.user_id,
            display_name=person.display_name,
            role=person.role,
            status=person.status,
            joined_at=person.joined_at,
            left_at=person.left_at,
            tracks=[TrackOut.of(track) for track in present.tracks],
        )


class SessionOut(BaseModel):
    """A live session."""

    id: UUID
    session_id: UUID = Field(description="The same as id")
    session_name: str
    host_id: UUID
    max_participants: int
    participant_count: int
    status: SessionStatus
    recording: bool = Field(description="Whether it is being recorded")
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    participants: list[ParticipantOut] | None = Field(
        default=None, description="For the host, who is in it and administrators; for others null"
    )

    @classmethod
    def of(cls, session: Session, members: Sequence[Present] | None = None) -> "SessionOut":
        """Return a session as it is shown."""
        return cls(
            id=session.id,
            session_id=session.id,
            session_name=session.session_name,
            host_id=session.host_id,
            max_participants=session.max_participants,
            participant_count=session.participant_count,
            status=session.status,
            recording=session.recording_id is not None,
            created_at=session.created_at,
            updated_at=session.updated_at,
            ended_at=session.ended_at,
            participants=None if members is None else [ParticipantOut.of(member) for member in members],
        )


class SessionList(BaseModel):
    """A page of sessions, newest first."""

    sessions: list[SessionOut]
    total: int
    page: int
    page_size: int
    has_more: bool

    @classmethod
    def of(cls, listing: Listing[Session]) -> "SessionList":
        """Return a page as it is shown."""
        return cls(
            sessions=[SessionOut.of(session) for session in listing.items],
            total=listing.total,
            page=listing.page.number,
            page_size=listing.page.size,
            has_more=listing.has_more,
        )


class ParticipantList(BaseModel):
    """Who is and was in a session, in the order in which they first came."""

    participants: list[ParticipantOut]
    total: int
    recording: bool = Field(description="Whether the session is being recorded")
    last_event_id: int = Field(description="Follow the events from here on to miss none", examples=[7])

    @classmethod
    def of(cls, shown: Shown) -> "ParticipantList":
        """Return the members of a session as they are shown."""
        people = [ParticipantOut.of(member) for member in shown.members or ()]
        return cls(
            participants=people,
            total=len(people),
            recording=shown.session.recording_id is not None,
            last_event_id=shown.session.last_event,
        )


class IceServerOut(BaseModel):
    """A STUN or TURN server, as RTCPeerConnection takes it."""

    urls: list[str] = Field(examples=[["stun:video.example.org:3478"]])
    username: str | None = None
    credential: str | None = None

    @classmethod
    def of(cls, server: IceServer) -> "IceServerOut":
        """Return a server as it is shown."""
        return cls(urls=list(server.urls), username=server.username, credential=server.credential)


class IceServerList(BaseModel):
    """How to reach the media."""

    ice_servers: list[IceServerOut]


class Join(BaseModel):
    """How to join."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"display_name": "Alice"}]})

    display_name: Name | None = Field(None, description="By default the account's name")
    resume: bool = Field(
        default=False,
        strict=True,
        description="Only renew the token: the connection that there is goes on. Otherwise a new connection "
        "takes the place of an earlier one",
    )


class TurnOut(BaseModel):
    """What a TURN server lets its holder in with, for `ttl` seconds."""

    username: str = Field(examples=["1777111200:019a53c8-7e55-73b9-a1b4-4e5f6a7b8c9d"])
    credential: str = Field(examples=["b64T0kD2Zg6z5nS0b1rR2o3y4Qk="])
    ttl: int = Field(examples=[600])


class SessionToken(BaseModel):
    """The credential of a participant, and how to reach the media."""

    token: str = Field(examples=["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9…"])
    turn_credentials: TurnOut
    expires_at: datetime
    session_id: UUID
    participant_id: UUID
    ice_servers: list[IceServerOut]

    @classmethod
    def of(cls, joined: Joined) -> "SessionToken":
        """Return what who has joined is given."""
        return cls(
            token=joined.token,
            turn_credentials=TurnOut(
                username=joined.turn.username, credential=joined.turn.credential, ttl=joined.turn.ttl
            ),
            expires_at=joined.expires_at,
            session_id=joined.participant.session_id,
            participant_id=joined.participant.id,
            ice_servers=[IceServerOut.of(server) for server in joined.ice_servers],
        )


class NewTrack(BaseModel):
    """An offer, and what its new m-line is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sdp": OFFER, "type": "audio"}]})

    sdp: Sdp
    type: TrackType
    track_name: Name | None = None


class PublishedTrack(BaseModel):
    """A new track, and the answer to its offer."""

    sdp: str
    type: Literal["answer"] = "answer"
    track_id: UUID
    track_name: str
    kind: TrackType
    mid: str

    @classmethod
    def of(cls, published: Published) -> "PublishedTrack":
        """Return a new track as it is answered."""
        track = published.track
        return cls(
            sdp=published.answer,
            track_id=track.id,
            track_name=track.track_name,
            kind=track.type,
            mid=track.mid,
        )


class ChangedTrack(BaseModel):
    """What to say of a track."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"muted": True}]})

    muted: bool = Field(strict=True)


class Subscribe(BaseModel):
    """Which tracks to receive; with an offer of one's own, or without."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"track_ids": ["019a53c8-7e55-73b9-a1b4-4e5f6a7b8c9d"]}]}
    )

    track_ids: list[UUID] = Field(min_length=1, max_length=64)
    sdp: Sdp | None = None


class SubscriptionOut(BaseModel):
    """What came of the wish for one track."""

    track_id: UUID
    mid: str | None = Field(description="The m-line that it arrives on")
    status: Literal["active", "failed"]
    code: str | None = Field(None, description="Why it failed")

    @classmethod
    def of(cls, result: SubscriptionResult) -> "SubscriptionOut":
        """Return a subscription as it is shown."""
        return cls(track_id=result.track_id, mid=result.mid, status=result.status, code=result.code)


class SubscribedOut(BaseModel):
    """What is received now, and what has to be negotiated for it."""

    sdp: str | None = Field(description="Null when nothing has to be negotiated")
    type: Literal["offer", "answer"] | None
    requires_renegotiation: bool = Field(
        description="Whether `sdp` is an offer that must be answered with PUT …/renegotiate"
    )
    subscriptions: list[SubscriptionOut]

    @classmethod
    def of(cls, done: Subscribed) -> "SubscribedOut":
        """Return what came of a wish."""
        return cls(
            sdp=done.description.sdp if done.description else None,
            type=done.description.type if done.description else None,
            requires_renegotiation=done.requires_renegotiation,
            subscriptions=[SubscriptionOut.of(result) for result in done.results],
        )


class Answer(BaseModel):
    """The client's answer to our offer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sdp": OFFER, "type": "answer"}]})

    sdp: Sdp
    type: Literal["answer"] = "answer"


class ChangedSubscription(BaseModel):
    """Which simulcast layer is wanted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"preferred_rid": "h"}]})

    preferred_rid: Rid
