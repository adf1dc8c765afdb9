"""Why live sessions refuse."""

from ..kernel.errors import NotAllowed, NotFound, Refusal


class SessionNotFound(NotFound):
    """There is no such session."""

    code = "session_not_found"
    detail = "There is no such session."


class ParticipantNotFound(NotFound):
    """There is no such participant in this session."""

    code = "participant_not_found"
    detail = "There is no such participant in this session."


class TrackNotFound(NotFound):
    """The participant does not publish such a track."""

    code = "track_not_found"
    detail = "This participant publishes no such track."


class SubscriptionNotFound(NotFound):
    """The participant does not receive such a track."""

    code = "subscription_not_found"
    detail = "This participant does not receive such a track."


class ConnectionNotFound(NotFound):
    """The WHIP or WHEP connection is not, or no longer, there."""

    code = "connection_not_found"
    detail = "There is no such connection, or it has ended."


class NotTheHost(NotAllowed):
    """Only the host of the session may do this."""

    code = "not_the_host"
    detail = "Only the host of this session may do that."


class NotAMember(NotAllowed):
    """Only who is in the session may see this."""

    code = "not_a_member"
    detail = "Only the host and the participants of this session may see that. Join it first."


class NotYourParticipant(NotAllowed):
    """The credential belongs to another participant."""

    code = "not_your_participant"
    detail = "This credential is not that participant's."


class WrongSession(NotAllowed):
    """The token was made for another session."""

    code = "wrong_session"
    detail = "This token was made for another session."


class Removed(NotAllowed):
    """The host has removed the participant, who may not come back."""

    code = "removed"
    detail = "The host has removed you from this session."


class OthersSessions(NotAllowed):
    """Only administrators may list the sessions of another."""

    code = "not_your_sessions"
    detail = "You may list your own sessions only."


class SessionFull(Refusal):
    """As many participants are in the session as it may have."""

    status = 409
    code = "session_full"
    detail = "The session is full. Try again when somebody has left."


class SessionEnded(Refusal):
    """The session has ended."""

    status = 410
    code = "session_ended"
    detail = "This session has ended."


class NotJoined(Refusal):
    """The participant has left, or was gone for too long."""

    status = 409
    code = "not_joined"
    detail = "This participant has left the session. Join again with POST …/token."


class ConnectionReplaced(Refusal):
    """The participant has joined anew, from somewhere else."""

    status = 409
    code = "connection_replaced"
    detail = "This participant has joined again, from elsewhere. Join again to take over."


class TooManyForMaximum(Refusal):
    """More participants are present than the new maximum allows."""

    status = 400
    code = "max_participants_too_low"
    detail = "More participants are present than that. Let some leave first."


class BadSdp(Refusal):
    """The session description cannot be used."""

    status = 400
    code = "bad_sdp"
    detail = "This is not a session description (RFC 8866) that can be used here."


class NoOfferPending(Refusal):
    """There is no offer of ours that an answer could belong to."""

    status = 409
    code = "no_offer_pending"
    detail = "There is no offer that waits for an answer."


class AnswerPending(Refusal):
    """An offer of ours has not been answered: nothing else can be negotiated before."""

    status = 409
    code = "answer_pending"
    detail = "Answer the last offer with PUT …/renegotiate first."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class NothingPublished(Refusal):
    """Nobody publishes anything that could be received."""

    status = 409
    code = "nothing_published"
    detail = "Nobody publishes anything in this session yet."


class MediaUnavailable(Refusal):
    """The media server cannot be reached; nothing was changed."""

    status = 503
    code = "media_unavailable"
    detail = "The media server cannot be reached at the moment. Try again in some seconds."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})


class MediaRefused(Refusal):
    """The media server has refused; `detail` says what it said."""

    status = 502
    code = "media_refused"
    detail = "The media server has refused this."


class RecordingUnsupported(Refusal):
    """The media server cannot record: Cloudflare's."""

    status = 501
    code = "recording_unsupported"
    detail = "The media server of this session cannot record. Kinetoscope's own can."


class ConnectionNotUp(Refusal):
    """The connection has not been established yet, so nothing can be changed on it."""

    status = 409
    code = "connection_not_up"
    detail = "The WebRTC connection is not established yet. Try again in a moment."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class IceRestartUnsupported(Refusal):
    """The media server keeps its ICE credentials for as long as a connection lives."""

    status = 422
    code = "ice_restart_unsupported"
    detail = "ICE restarts are not supported here. End this connection and begin another."


class EtagNeeded(Refusal):
    """A change of a WHIP or WHEP connection must say which ICE session it means (RFC 9725, section 4.3)."""

    status = 428
    code = "if_match_needed"
    detail = "Send If-Match with the entity tag of the connection."


class ConnectionLost(Refusal):
    """The media server has forgotten the connection, or the room has moved to another one."""

    status = 409
    code = "connection_lost"
    detail = "The connection is gone. Begin a new RTCPeerConnection and publish again."
