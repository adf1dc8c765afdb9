"""From one state of a negotiation to the next, as calls on the media plane."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from ..plane import Codec, Extensions, Plane, PlaneRefusal, Publication, Subscription
from . import offered
from .lines import Line, Negotiation, Push

Command = Callable[[], None]


def apply(plane: Plane, connection_id: str, before: Negotiation, after: Negotiation) -> None:
    """Make the plane do what has changed, all of it or, with the refusal that it raises, nothing."""
    try:
        for command in _commands(plane, connection_id, before, after):
            command()
    except PlaneRefusal:
        for command in _commands(plane, connection_id, after, before):
            with suppress(PlaneRefusal):
                command()
        raise


def _commands(plane: Plane, connection_id: str, before: Negotiation, after: Negotiation) -> Iterator[Command]:
    """Return first what ends, then what begins."""
    had, has = _publications(before), _publications(after)
    got, gets = _subscriptions(before), _subscriptions(after)
    for mid in had.keys() - has.keys():
        yield partial(plane.unpublish, connection_id, mid)
    for mid in [mid for mid in got if mid not in gets or gets[mid].ssrc != got[mid].ssrc]:
        yield partial(plane.unsubscribe, connection_id, mid)
        del got[mid]
    for mid, publication in has.items():
        if had.get(mid) != publication:
            yield partial(plane.publish, connection_id, publication)
    for mid, subscription in gets.items():
        if got.get(mid) != subscription:
            tell = plane.resubscribe if mid in got else plane.subscribe
            yield partial(tell, connection_id, subscription)
    if after.carries_data and not before.carries_data:
        yield partial(plane.open_data, connection_id)


def _publications(negotiation: Negotiation) -> dict[str, Publication]:
    return {
        line.mid: _publication(line, line.push)
        for line in negotiation.lines
        if line.push is not None and line.push.format is not None and line.push.flows
    }


def _publication(line: Line, push: Push) -> Publication:
    assert push.format is not None  # no description has settled it otherwise
    ids = dict(push.extensions)
    return Publication(
        line.mid,
        "video" if line.kind == "video" else "audio",
        Codec(
            push.format.name,
            push.format.payload_type,
            push.format.clock_rate,
            push.format.rtx_payload_type,
            nack="nack" in push.format.feedback,
            pli="nack pli" in push.format.feedback,
        ),
        push.encodings,
        push.rids,
        Extensions(
            mid=ids.get(offered.MID),
            rid=ids.get(offered.RID),
            repaired_rid=ids.get(offered.REPAIRED_RID),
            transport_cc=ids.get(offered.TRANSPORT_CC),
            audio_level=ids.get(offered.AUDIO_LEVEL),
        ),
    )


def _subscriptions(negotiation: Negotiation) -> dict[str, Subscription]:
    return {
        line.mid: Subscription(
            line.mid,
            pull.source,
            pull.format.payload_type,
            pull.ssrc,
            pull.format.rtx_payload_type,
            None if pull.format.rtx_payload_type is None else pull.rtx_ssrc,
            pull.abs_send_time,
            pull.layers,
        )
        for line in negotiation.lines
        if (pull := line.pull) is not None and pull.flows
    }
