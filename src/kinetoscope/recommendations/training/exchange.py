"""What the training process is sent and sends back: a line of JSON, then arrays as they are in memory."""

import json
from collections.abc import Sequence
from typing import IO

from .models import Factors, Trained, TrainingSet

_VOTER, _VIDEO = 8, 4


def write_given(stream: IO[bytes], given: TrainingSet | Factors) -> None:
    """Send what is to be trained on."""
    if isinstance(given, Factors):
        head = {"dimensions": given.dimensions}
        parts = [given.values]
    else:
        head = {"votes": given.count, "videos": given.video_count}
        parts = [given.voters, given.videos]
    stream.write(json.dumps(head).encode() + b"\n")
    for part in parts:
        stream.write(part)


def read_given(stream: IO[bytes]) -> TrainingSet | Factors:
    """Receive what `write_given` sent."""
    head = json.loads(stream.readline())
    if "dimensions" in head:
        return Factors(stream.read(), head["dimensions"])
    return TrainingSet(
        stream.read(_VOTER * head["votes"]), stream.read(_VIDEO * head["votes"]), head["videos"]
    )


def write_trained(stream: IO[bytes], trained: Sequence[Trained]) -> None:
    """Send models back."""
    heads = [
        {"kind": t.kind, "method": t.method, "counts": len(t.counts), "others": len(t.others)}
        for t in trained
    ]
    stream.write(json.dumps(heads).encode() + b"\n")
    for model in trained:
        stream.write(model.counts)
        stream.write(model.others)
        stream.write(model.weights)


def read_trained(stream: IO[bytes]) -> list[Trained]:
    """Receive what `write_trained` sent."""
    return [
        Trained(
            kind=head["kind"],
            method=head["method"],
            counts=stream.read(head["counts"]),
            others=stream.read(head["others"]),
            weights=stream.read(head["others"]),
        )
        for head in json.loads(stream.readline())
    ]
