"""What training computes, and that it leaves nothing behind."""

import subprocess
import sys
from typing import Any, cast

import numpy as np
import pytest

from kinetoscope.recommendations.training import Factors, TrainingFailed, TrainingSet, train_apart
from kinetoscope.recommendations.training.als import factorize, neighbours_by_factors
from kinetoscope.recommendations.training.counting import co_watch
from kinetoscope.recommendations.training.ease import RIDGE, ease, gram_matrix, invert_in_place
from kinetoscope.recommendations.training.votes import Neighbours, Votes


def votes_of(histories: list[list[int]], videos: int) -> Votes:
    who = [number for number, history in enumerate(histories) for _ in history]
    what = [video for history in histories for video in history]
    return Votes(np.array(who, np.uint32), np.array(what, np.uint32), len(histories), videos)


def dense(found: Neighbours) -> Any:
    size = len(found.counts)
    matrix = np.zeros((size, size), np.float32)
    matrix[np.repeat(np.arange(size), found.counts), found.others] = found.weights
    return matrix


@pytest.fixture
def votes() -> Votes:
    """Two groups of people, each with its own videos."""
    random = np.random.default_rng(1)
    histories = [
        sorted(random.choice(np.arange(10) + 10 * (person % 2), 5, replace=False).tolist())
        for person in range(60)
    ]
    return votes_of(cast("list[list[int]]", histories), 20)


def test_pairs_are_counted_exactly(votes: Votes) -> None:
    watched = np.zeros((votes.voter_count, votes.video_count))
    watched[votes.voters, votes.videos] = 1
    assert np.array_equal(gram_matrix(votes), watched.T @ watched)
    together = watched.T @ watched - np.diag(votes.viewers)
    assert np.array_equal(dense(co_watch(votes)), together)


def test_only_the_latest_votes_of_one_person_count() -> None:
    many = votes_of([[0, 1, 2, 3], [3]], 4).latest(2)
    assert many.videos.tolist() == [2, 3, 3]


@pytest.mark.parametrize("size", [1, 511, 1030])
def test_inverting_in_place_is_inverting(size: int) -> None:
    random = np.random.default_rng(2)
    half = random.normal(size=(size, size)) / np.sqrt(size)
    matrix = (half @ half.T + np.eye(size)).astype(np.float32)
    product: Any = matrix.astype(np.float64)
    invert_in_place(matrix)
    assert np.abs(matrix @ product - np.eye(size)).max() < 1e-3


def test_ease_is_the_closed_form(votes: Votes) -> None:
    gram = gram_matrix(votes).astype(np.float64) + RIDGE * np.eye(votes.video_count)
    inverse = np.linalg.inv(gram)
    expected: Any = -inverse / np.diag(inverse)[None]
    np.fill_diagonal(expected, 0)
    assert np.abs(dense(ease(votes)) - expected).max() < 1e-4


def test_factors_bring_the_videos_of_one_group_together(votes: Votes) -> None:
    weights = dense(neighbours_by_factors(factorize(votes, factors=8)))
    assert weights[:10, :10].sum() > 10 * np.abs(weights[:10, 10:]).sum()


@pytest.mark.anyio
async def test_a_training_in_its_own_process_gives_the_same(votes: Votes) -> None:
    given = TrainingSet(votes.voters.astype(np.int64).tobytes(), votes.videos.tobytes(), votes.video_count)
    counted, history = await train_apart(given)
    assert (counted.kind, history.kind, history.method) == ("co_watch", "history", "ease")
    assert np.frombuffer(counted.weights, np.float32).sum() == 60 * 20


@pytest.mark.anyio
async def test_without_votes_there_is_no_model_and_nonsense_fails() -> None:
    assert await train_apart(TrainingSet(b"", b"", 0)) == []
    with pytest.raises(TrainingFailed):
        await train_apart(Factors(b"\0\0\0\0", 3))


def test_no_process_that_answers_loads_numpy_for_recommendations() -> None:
    code = (
        "import sys, kinetoscope.recommendations.service, kinetoscope.recommendations.learning; "
        "print([m for m in sys.modules if m.startswith('kinetoscope.recommendations.training.')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "ease" not in ran.stdout
    assert "votes" not in ran.stdout
