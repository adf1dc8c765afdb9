"""Which of the tracks that somebody wishes to receive have to be asked for, and on which m-lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from .media_store import Source
from .models import Participant, SubscriptionResult
from .realtime import Pull, Pulled, PulledItem
from .sdp import Offered, receiving_lines


@dataclass(frozen=True, slots=True)
class Wish:
    """What to ask the media server for, and what is decided without it."""

    pulls: Mapping[UUID, Pull]
    decided: Mapping[UUID, SubscriptionResult]


def sort_out(
    track_ids: Sequence[UUID],
    *,
    own: Participant,
    sources: Mapping[UUID, Source],
    received: Mapping[UUID, str],
    offered: Offered | None,
) -> Wish:
    """Return what to do about each track; `received` are those that arrive already, each on its m-line."""
    lines = receiving_lines(offered) if offered else []
    free = [line for line in lines if line.mid not in received.values()]
    pulls: dict[UUID, Pull] = {}
    decided: dict[UUID, SubscriptionResult] = {}
    for track_id in dict.fromkeys(track_ids):
        source = sources.get(track_id)
        if track_id in received and source is not None:
            decided[track_id] = SubscriptionResult(track_id, received[track_id], "active")
        elif source is None:
            decided[track_id] = failed(track_id, "track_not_found")
        elif source.track.participant_id == own.id:
            decided[track_id] = failed(track_id, "own_track")
        elif offered is None:
            pulls[track_id] = Pull(source.realtime_id, str(track_id))
        else:
            line = next((line for line in free if line.kind == source.track.kind), None)
            if line is None:
                decided[track_id] = failed(track_id, "no_line_offered")
                continue
            free.remove(line)
            pulls[track_id] = Pull(source.realtime_id, str(track_id), line.mid)
    return Wish(pulls, decided)


def results_of(wish: Wish, pulled: Pulled | None) -> dict[UUID, SubscriptionResult]:
    """Return what came of each track of a wish."""
    results = dict(wish.decided)
    items: Sequence[PulledItem] = pulled.items if pulled else ()
    for track_id, item in zip(wish.pulls, items, strict=pulled is not None):
        if item.error is not None or item.mid is None:
            results[track_id] = failed(track_id, item.error or "no_line")
        else:
            results[track_id] = SubscriptionResult(track_id, item.mid, "active")
    return results


def failed(track_id: UUID, code: str) -> SubscriptionResult:
    """Return that a track is not received, and why."""
    return SubscriptionResult(track_id, None, "failed", code)
