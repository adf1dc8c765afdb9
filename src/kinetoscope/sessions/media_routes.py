"""What a participant publishes and receives, and what happens in its session, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response

from ..http.declare import Access, Declaration, declare
from ..http.request import provided
from ..kernel.errors import Refusal
from .eventstream import MEDIA_TYPE, EventStream
from .feed import Feed
from .gate import InSession, InsideRoute
from .publishing import Publishing
from .receiving import Receiving
from .refusals import (
    AnswerPending,
    BadSdp,
    ConnectionLost,
    ConnectionNotUp,
    ConnectionReplaced,
    MediaRefused,
    MediaUnavailable,
    NoOfferPending,
    NotAMember,
    NotJoined,
    NotYourParticipant,
    ParticipantNotFound,
    Removed,
    SessionEnded,
    SessionNotFound,
    SubscriptionNotFound,
    TrackNotFound,
    WrongSession,
)
from .schemas import (
    Answer,
    ChangedSubscription,
    ChangedTrack,
    NewTrack,
    PublishedTrack,
    Subscribe,
    SubscribedOut,
    SubscriptionOut,
    TrackOut,
)

PATH = "/api/v1/video-sessions/sessions/{session_id}"
_INSIDE = "/participants/{participant_id}"

router = APIRouter(prefix=PATH, tags=["sessions"], route_class=InsideRoute)

PublishingService = Annotated[Publishing, Depends(provided(Publishing))]
ReceivingService = Annotated[Receiving, Depends(provided(Receiving))]
FeedService = Annotated[Feed, Depends(provided(Feed))]

_ACTING = (
    SessionNotFound,
    WrongSession,
    ParticipantNotFound,
    NotYourParticipant,
    Removed,
    SessionEnded,
    NotJoined,
)
_CONNECTED = (
    ConnectionReplaced,
    ConnectionLost,
    ConnectionNotUp,
    AnswerPending,
    MediaRefused,
    MediaUnavailable,
)


def _declare(*refusals: type[Refusal]) -> Declaration:
    """Declare a route for a participant itself."""
    return declare(Access.PARTICIPANT, *_ACTING, *refusals)


@router.post(_INSIDE + "/tracks", status_code=201, **_declare(BadSdp, *_CONNECTED))
async def publish_track(
    session_id: UUID,
    participant_id: UUID,
    body: NewTrack,
    response: Response,
    actor: InSession,
    publishing: PublishingService,
) -> PublishedTrack:
    """Publish a track: send an offer, get the answer. The m-line of it that is new becomes the track."""
    published = await publishing.publish(
        actor, session_id, participant_id, sdp=body.sdp, kind=body.type, track_name=body.track_name
    )
    address = f"{PATH}{_INSIDE}/tracks/{published.track.id}"
    response.headers["Location"] = address.format(session_id=session_id, participant_id=participant_id)
    return PublishedTrack.of(published)


@router.patch(_INSIDE + "/tracks/{track_id}", **_declare(TrackNotFound))
async def change_track(
    session_id: UUID,
    participant_id: UUID,
    track_id: UUID,
    body: ChangedTrack,
    actor: InSession,
    publishing: PublishingService,
) -> TrackOut:
    """Say whether a track of one's own is muted; the others are told."""
    return TrackOut.of(await publishing.mute(actor, session_id, participant_id, track_id, muted=body.muted))


@router.delete(_INSIDE + "/tracks/{track_id}", status_code=204, **_declare(TrackNotFound, *_CONNECTED))
async def unpublish_track(
    session_id: UUID,
    participant_id: UUID,
    track_id: UUID,
    actor: InSession,
    publishing: PublishingService,
) -> None:
    """Stop publishing a track. Nothing has to be negotiated."""
    await publishing.unpublish(actor, session_id, participant_id, track_id)


@router.post(_INSIDE + "/subscriptions", **_declare(BadSdp, *_CONNECTED))
async def subscribe(
    session_id: UUID,
    participant_id: UUID,
    body: Subscribe,
    actor: InSession,
    receiving: ReceivingService,
) -> SubscribedOut:
    """Receive tracks of others. Without an offer of yours the answer holds one, to be answered next.

    Each track succeeds or fails for itself.
    """
    done = await receiving.subscribe(actor, session_id, participant_id, body.track_ids, sdp=body.sdp)
    return SubscribedOut.of(done)


@router.put(_INSIDE + "/renegotiate", status_code=204, **_declare(BadSdp, NoOfferPending, *_CONNECTED))
async def renegotiate(
    session_id: UUID,
    participant_id: UUID,
    body: Answer,
    actor: InSession,
    receiving: ReceivingService,
) -> None:
    """Answer the offer that came with the last subscription."""
    await receiving.renegotiate(actor, session_id, participant_id, sdp=body.sdp)


@router.patch(
    _INSIDE + "/subscriptions/{track_id}",
    **_declare(SubscriptionNotFound, TrackNotFound, *_CONNECTED),
)
async def change_subscription(
    session_id: UUID,
    participant_id: UUID,
    track_id: UUID,
    body: ChangedSubscription,
    actor: InSession,
    receiving: ReceivingService,
) -> SubscriptionOut:
    """Say which simulcast layer of a track is wanted. The bandwidth may still demand a smaller one."""
    return SubscriptionOut.of(
        await receiving.prefer(actor, session_id, participant_id, track_id, rid=body.preferred_rid)
    )


@router.delete(
    _INSIDE + "/subscriptions/{track_id}",
    status_code=204,
    **_declare(SubscriptionNotFound, *_CONNECTED),
)
async def unsubscribe(
    session_id: UUID,
    participant_id: UUID,
    track_id: UUID,
    actor: InSession,
    receiving: ReceivingService,
) -> None:
    """Stop receiving a track. Nothing has to be negotiated."""
    await receiving.unsubscribe(actor, session_id, participant_id, track_id)


_STREAM: dict[str, Any] = {
    "description": "Server-Sent Events: `id` is the number, `event` the type, `data` JSON",
    "content": {
        MEDIA_TYPE: {
            "schema": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
            }
        }
    },
}
_NOTHING_MORE = {"description": "The session has ended and all of it has been told; do not ask again"}
_EVENTS = declare(Access.PARTICIPANT, SessionNotFound, WrongSession, NotAMember, Removed)
_EVENTS["responses"] |= {200: _STREAM, 204: _NOTHING_MORE}

_Number = Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=1 << 53, description="What came last")]
_Seconds = Annotated[
    float | None,
    Query(ge=0, le=3600, description="Close the stream after so long; 0 only replays. By default never"),
]


@router.get("/events", response_class=Response, **_EVENTS)
async def follow_session(
    session_id: UUID,
    actor: InSession,
    feed: FeedService,
    last_event_id: _Number = None,
    wait: _Seconds = None,
) -> Response:
    """Follow what happens in a session. Last-Event-ID replays what was missed; 0 all of it."""
    after = await feed.begin(actor, session_id, last_event_id)
    if after is None:
        return Response(status_code=204)
    return EventStream(feed.follow(actor, session_id, after, seconds=wait))
