"""What the training process is sent and sends back: a line of JSON, then arrays as they are in memory."""

import json
from collections.abc import Sequence
from typing import IO

from .models import Trained, TrainingSet

_VOTER, _VIDEO = 8, 4


def write_votes(stream: IO[bytes], votes: TrainingSet) -> None:
    """Send votes to be trained on."""
    head = {"votes": votes.count, "videos": votes.video_count}
    stream.write(json.dumps(head).encode() + b"\n")
    stream.write(votes.voters)
    stream.write(votes.videos)


def read_votes(stream: IO[bytes]) -> TrainingSet:
    """Receive what `write_votes` sent."""
    head = json.loads(stream.readline())
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
