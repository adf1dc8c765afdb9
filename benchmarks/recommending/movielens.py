"""MovieLens, split by time: the last fifth of what each person liked is to be found from the rest.

Beside a video: from each of a person's last ten, among all that the person had not seen. A fifth of the
videos lose all their votes: how lists beside a video that nobody has watched do.
"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from kinetoscope.recommendations import model_store
from kinetoscope.recommendations.history import MOST_WATCHED, WISHES_OF_ONE, wishes

from .scores import Judged
from .stage import Item, Stage

LIKED = 4.0
COLD_SHARE = 0.2
SOURCES_OF_ONE = 10


@dataclass(frozen=True, slots=True)
class Split:
    """What people watched, in its order, and what they watched later."""

    votes: list[tuple[str, str]]
    history: dict[str, list[str]]
    later: dict[str, set[str]]


async def measure(stage: Stage, data: Path, sample: int) -> list[str]:
    items = _items(data / "movielens")
    split = _split(data / "movielens", sample)
    cold = _cold(split)
    await stage.open()
    await stage.load([items[name] for name in sorted({n for _, n in split.votes})])
    await stage.vote([vote for vote in split.votes if vote[1] not in cold])
    lines = ["MovieLens, beside a video", *await _related(stage, split, cold)]
    await stage.vote([vote for vote in split.votes if vote[1] in cold])
    lines += ["MovieLens, for a viewer", *await _viewers(stage, split)]
    await stage.close()
    return lines


async def _related(stage: Stage, split: Split, cold: set[str]) -> list[str]:
    names = {video_id: name for name, video_id in stage.ids.items()}
    warm_votes = [vote for vote in split.votes if vote[1] not in cold]
    peers = _Peers(sorted(stage.ids), warm_votes)
    judged = {name: Judged(name) for name in ("hybrid", "collaborative", "content", "popularity", "item-kNN")}
    unwatched = {name: Judged(f"  unwatched: {name}") for name in ("hybrid", "content", "popularity")}
    lists: dict[tuple[str, str], list[str]] = {}
    for person, later in split.later.items():
        history = split.history[person]
        seen = set(history)
        for source in history[-SOURCES_OF_ONE:]:
            for strategy in ("hybrid", "collaborative", "content"):
                if (source, strategy) not in lists:
                    found = await stage.list_of(source, strategy)
                    lists[source, strategy] = [names[video_id] for video_id in found]
                judged[strategy].judge([n for n in lists[source, strategy] if n not in seen], set(later))
            judged["popularity"].judge([n for n in peers.popular if n not in seen], set(later))
            judged["item-kNN"].judge([n for n in peers.beside(source) if n not in seen], set(later))
            if source in cold:
                for name, judge in unwatched.items():
                    ranked = peers.popular if name == "popularity" else lists[source, name]
                    judge.judge([n for n in ranked if n not in seen], set(later))
    return [j.line(len(stage.ids)) for j in (*judged.values(), *unwatched.values())]


async def _viewers(stage: Stage, split: Split) -> list[str]:
    names = {video_id: name for name, video_id in stage.ids.items()}
    peers = _Peers(sorted(stage.ids), split.votes)
    judged = {name: Judged(name) for name in ("for me", "popularity", "item-kNN")}
    async with stage.platform.db.read() as tx:
        for person, later in split.later.items():
            history = split.history[person]
            latest: list[UUID] = [stage.ids[name] for name in history[::-1][:MOST_WATCHED]]
            wished = wishes(latest, await model_store.load_wishes(tx, latest, at_most=WISHES_OF_ONE))
            order = [names[v] for v in sorted(wished, key=lambda video: -wished[video])]
            judged["for me"].judge([n for n in order if n not in history], set(later))
            judged["popularity"].judge([n for n in peers.popular if n not in history], set(later))
            judged["item-kNN"].judge([n for n in peers.for_history(history) if n not in history], set(later))
    return [j.line(len(stage.ids)) for j in judged.values()]


class _Peers:
    """What everybody else would do first: the most watched, and cosines of who watched what."""

    def __init__(self, names: list[str], votes: list[tuple[str, str]]) -> None:
        self._names = names
        self._place = {name: place for place, name in enumerate(names)}
        people = {person: place for place, person in enumerate(dict.fromkeys(p for p, _ in votes))}
        watched = np.zeros((len(people), len(names)), np.float32)
        for person, name in votes:
            watched[people[person], self._place[name]] = 1
        counts: NDArray[np.float32] = watched.sum(0)
        self.popular: list[str] = [names[int(place)] for place in np.argsort(-counts, kind="stable")]
        length = np.sqrt(np.maximum(counts, 1))
        self._cosines: Any = watched.T @ watched / (np.outer(length, length) + 10)
        np.fill_diagonal(self._cosines, 0)

    def beside(self, name: str) -> list[str]:
        return self._best(self._cosines[self._place[name]])

    def for_history(self, history: list[str]) -> list[str]:
        return self._best(self._cosines[[self._place[name] for name in history]].sum(0))

    def _best(self, scores: NDArray[np.float32]) -> list[str]:
        return [self._names[int(place)] for place in np.argsort(-scores, kind="stable")[:400]]


def _items(folder: Path) -> dict[str, Item]:
    tags: dict[str, list[str]] = defaultdict(list)
    for row in _rows(folder / "tags.csv"):
        tags[row["movieId"]].append(row["tag"].strip()[:50])
    items: dict[str, Item] = {}
    for row in _rows(folder / "movies.csv"):
        genres = [genre for genre in row["genres"].split("|") if not genre.startswith("(")]
        named = {tag.casefold(): tag for tag in [*genres, *tags[row["movieId"]]] if tag}
        items[row["movieId"]] = Item(
            row["movieId"], row["title"], ", ".join(genres), tuple(named.values())[:50]
        )
    return items


def _split(folder: Path, sample: int) -> Split:
    by_person: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in _rows(folder / "ratings.csv"):
        if float(row["rating"]) >= LIKED:
            by_person[row["userId"]].append((int(row["timestamp"]), row["movieId"]))
    votes: list[tuple[int, str, str]] = []
    history: dict[str, list[str]] = {}
    later: dict[str, set[str]] = {}
    for person, watched in by_person.items():
        watched.sort()
        held_out = round(0.2 * len(watched)) if len(watched) >= 10 else 0
        votes += [(at, person, name) for at, name in watched[: len(watched) - held_out]]
        history[person] = [name for _, name in watched[: len(watched) - held_out]]
        if held_out:
            later[person] = {name for _, name in watched[-held_out:]}
    votes.sort()
    known = {name for _, _, name in votes}
    later = {person: names & known for person, names in later.items() if names & known}
    judged = set(Random(0).sample(sorted(later), min(sample, len(later))))
    later = {person: names for person, names in later.items() if person in judged}
    return Split([(person, name) for _, person, name in votes], history, later)


def _cold(split: Split) -> set[str]:
    names = sorted({name for _, name in split.votes})
    return set(Random(1).sample(names, round(COLD_SHARE * len(names))))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
