"""Training models from votes, in a process of its own, and swapping them at once."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from uuid import UUID

from ..kernel import jobs
from ..kernel.clock import Clock
from ..kernel.db import Database
from . import model_store, vote_store
from .training import Trained, TrainingSet, train_apart

TRAIN = "recommendations.train"

FEWEST_VOTES = 20
"""With fewer new votes than these no model is trained: counting since the last one says all."""

_NEW_SHARE = 0.02
_SAVED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Gathered:
    votes: TrainingSet
    videos: Sequence[UUID]


class Training:
    """Makes models of co-watch and of histories."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def promise_if_due(self) -> None:
        """Promise a training if enough votes are new, and none is promised yet."""
        async with self._db.transaction() as tx:
            _, votes, new = await model_store.votes_since_model(tx)
            if new >= max(FEWEST_VOTES, _NEW_SHARE * votes) and not await model_store.is_promised(tx, TRAIN):
                await jobs.enqueue(tx, TRAIN, {}, at=self._clock())

    async def train(self) -> None:
        """Train on all votes so far, and use the model from now on."""
        async with self._db.read() as tx:
            up_to, _, _ = await model_store.votes_since_model(tx)
        gathered = await self._gather(up_to)
        trained = await train_apart(gathered.votes)
        if not trained:
            return
        async with self._db.transaction() as tx:
            version = await model_store.save_model(
                tx,
                method=trained[-1].method,
                at=self._clock(),
                up_to=up_to,
                votes=gathered.votes.count,
                videos=len(gathered.videos),
            )
        await save_trained(self._db, version, trained, gathered.videos)
        async with self._db.transaction() as tx:
            await vote_store.lock_counting(tx)
            await model_store.use_model(tx, version)

    async def _gather(self, up_to: int) -> _Gathered:
        voters, videos = array("q"), array("I")
        numbers: dict[UUID, int] = {}
        async for page in model_store.pages_of_votes(self._db, up_to=up_to):
            for voter, video_id in page:
                voters.append(voter)
                videos.append(numbers.setdefault(video_id, len(numbers)))
        votes = TrainingSet(voters.tobytes(), videos.tobytes(), len(numbers))
        return _Gathered(votes, list(numbers))


async def save_trained(
    db: Database, version: int, trained: Sequence[Trained], videos: Sequence[UUID]
) -> None:
    """Save models, whose numbers stand for these videos, in portions."""
    for model in trained:
        for part in _parts(_rows(model, videos)):
            async with db.transaction() as tx:
                await model_store.save_neighbours(tx, version, model.kind, part)


Row = tuple[UUID, list[UUID], list[float]]


def _rows(model: Trained, videos: Sequence[UUID]) -> Iterator[Row]:
    counts, others, weights = array("I", model.counts), array("I", model.others), array("f", model.weights)
    ends = list(accumulate(counts))
    for number, (count, end) in enumerate(zip(counts, ends, strict=True)):
        if count:
            own = slice(end - count, end)
            yield videos[number], [videos[other] for other in others[own]], list(weights[own])


def _parts(rows: Iterator[Row]) -> Iterator[list[Row]]:
    part: list[Row] = []
    for row in rows:
        part.append(row)
        if len(part) == _SAVED_AT_ONCE:
            yield part
            part = []
    if part:
        yield part
