"""From the tracks of a request to wishes, and from what became of those to the tracks of its answer."""

import secrets
from collections.abc import Iterator, Sequence

from ..plane import LayerChoice, Source
from .lines import Line, Negotiation, Placed, PullWish, PushWish
from .offered import Format
from .refusals import InvalidParams, InvalidSessionDescription, ItemError
from .schemas import (
    NewTracks,
    SessionDescription,
    Simulcast,
    Track,
    checked_count,
    checked_name,
    with_outcome,
)
from .sdp import Description, parse


def offer_in(description: SessionDescription) -> Description:
    """Return what an offer says; refuses an answer."""
    if description.type != "offer":
        raise InvalidSessionDescription("an offer is expected here; an answer goes to renegotiate")
    return parse(description.sdp)


def checked_tracks(wish: NewTracks, *, with_offer: bool) -> list[Track]:
    """Return the tracks of a request, each with all that its location asks for."""
    if wish.auto_discover and not with_offer:
        raise InvalidParams("autoDiscover needs an offer to discover tracks in")
    tracks = wish.tracks or []
    if tracks or not with_offer:
        checked_count(tracks, "tracks")
    for track in tracks:
        if track.location is None:
            raise InvalidParams("each track needs its location, local or remote")
        checked_name(track.track_name, "trackName")
        if track.location == "remote":
            checked_name(track.session_id, "sessionId")
        elif with_offer:
            checked_name(track.mid, "mid")
    return tracks


def locator_of(track: Track) -> tuple[str, str]:
    """Return by what another session's track is found: that session and its name there."""
    return checked_name(track.session_id, "sessionId"), checked_name(track.track_name, "trackName")


def push_wish(track: Track) -> PushWish:
    """Return the wish to publish a local track."""
    is_bidirectional = bool(track.bidirectional_media_stream)
    return PushWish(track.track_name or "", track.mid or "", track.kind, is_bidirectional)


def pull_wish(track: Track, source: Source, line: Line, ssrcs: Iterator[int]) -> PullWish:
    """Return the wish to receive a remote track that was found on a line of its publisher."""
    format_ = format_of(line)
    assert format_ is not None  # packets came, so their codec was agreed
    return PullWish(
        track.track_name or "",
        source,
        "video" if line.kind == "video" else "audio",
        format_,
        next(ssrcs),
        next(ssrcs),
        LayerChoice() if track.simulcast is None else layers_of(track.simulcast),
        track.mid or "",
    )


def format_of(line: Line) -> Format | None:
    """Return the codec that is published on a line."""
    return None if line.push is None else line.push.format


def layers_of(wish: Simulcast) -> LayerChoice:
    """Return which layer is wanted; without a preferred one any is better than none."""
    return LayerChoice(
        wish.preferred_rid or "",
        by_bandwidth=wish.priority_ordering == "asciibetical",
        any_when_missing=wish.rid_not_available == "asciibetical" or not wish.preferred_rid,
    )


def outcomes(
    tracks: Sequence[Track],
    pushes: Sequence[Placed],
    pulls: Sequence[Placed],
    errors: dict[int, ItemError],
) -> list[Track]:
    """Return the tracks of a request, in its order, each with its mid or its error."""
    pushed, pulled = iter(pushes), iter(pulls)
    shown: list[Track] = []
    for index, track in enumerate(tracks):
        if index in errors:
            shown.append(with_outcome(track, "", errors[index]))
        else:
            placed = next(pushed if track.location == "local" else pulled)
            shown.append(with_outcome(track, placed.mid, placed.error))
    return shown


def new_ssrcs(negotiation: Negotiation) -> Iterator[int]:
    """Return SSRCs that the connection does not use, one after another."""
    used = {ssrc for line in negotiation.lines if line.pull for ssrc in (line.pull.ssrc, line.pull.rtx_ssrc)}
    while True:
        ssrc = 1 + secrets.randbelow((1 << 32) - 1)
        if ssrc not in used:
            used.add(ssrc)
            yield ssrc


def random_names() -> Iterator[str]:
    """Return names that nobody has, one after another."""
    while True:
        yield secrets.token_hex(16)
