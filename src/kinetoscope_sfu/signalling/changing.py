"""What changes without a description: closing tracks, pointing a line at another track. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from ..plane import Kind, LayerChoice, Source
from .lines import Line, Negotiation, Placed
from .offered import Key
from .refusals import CLOSED_ALREADY, not_updated


def with_closed(before: Negotiation, mids: Iterable[str]) -> tuple[Negotiation, tuple[Placed, ...]]:
    """Return the negotiation without the tracks of these lines; the next description shows it."""
    lines = {line.mid: line for line in before.lines}
    placed: list[Placed] = []
    for mid in mids:
        line = lines.get(mid)
        if line is None or (line.push is None and line.pull is None):
            placed.append(Placed(mid, CLOSED_ALREADY))
            continue
        lines[mid] = replace(line, push=None, pull=None, is_bidirectional=False)
        placed.append(Placed(mid))
    return replace(before, lines=tuple(lines.values())), tuple(placed)


def with_source(
    before: Negotiation, mid: str, *, source: Source, name: str, kind: Kind, key: Key
) -> tuple[Negotiation, Placed]:
    """Return the negotiation with a line receiving another track of the same codec."""
    line = before.at(mid)
    if line is None or line.pull is None:
        return before, Placed(mid, not_updated(f"nothing is received on the transceiver {mid}"))
    if line.kind != kind or line.pull.format.key != key:
        return before, Placed(mid, not_updated("the track has another codec: close this one and pull it"))
    pull = replace(line.pull, source=source, name=name)
    return _with_line(before, replace(line, pull=pull)), Placed(mid)


def with_layers(before: Negotiation, mid: str, layers: LayerChoice) -> tuple[Negotiation, Placed]:
    """Return the negotiation with another wish for the layer that a line receives."""
    line = before.at(mid)
    if line is None or line.pull is None:
        return before, Placed(mid, not_updated(f"nothing is received on the transceiver {mid}"))
    return _with_line(before, replace(line, pull=replace(line.pull, layers=layers))), Placed(mid)


def _with_line(before: Negotiation, line: Line) -> Negotiation:
    return replace(before, lines=tuple(line if other.mid == line.mid else other for other in before.lines))
