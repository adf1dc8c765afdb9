"""Intervals hold what they promise, and a policy is used only on evidence."""

import math
from collections.abc import Callable, Sequence
from random import Random
from uuid import UUID

import pytest

from kinetoscope.recommendations.intervals import Estimate, difference, share
from kinetoscope.recommendations.models import FIRST_POLICY
from kinetoscope.recommendations.off_policy import (
    Shown,
    gain,
    inverse_propensity,
    replayed_clicks,
    self_normalized,
)
from kinetoscope.recommendations.policies import BOUND, is_not_worse, steps_from

LOGGED, WANTED = (0.5, 0.3, 0.2), (0.2, 0.3, 0.5)
REWARD = (0.2, 0.3, 0.5)
TRUTH = sum(p * r for p, r in zip(WANTED, REWARD, strict=True))
ROUNDS = 1500
Estimator = Callable[[Sequence[float], Sequence[float]], Estimate]


@pytest.mark.parametrize("estimator", [inverse_propensity, self_normalized])
def test_off_policy_intervals_cover_the_truth_as_often_as_they_say(estimator: Estimator) -> None:
    random = Random(5)
    covered = 0
    for _ in range(ROUNDS):
        actions = random.choices(range(3), LOGGED, k=300)
        rewards = [float(random.random() < REWARD[a]) for a in actions]
        weights = [WANTED[a] / LOGGED[a] for a in actions]
        found = estimator(rewards, weights)
        covered += found.low <= TRUTH <= found.high
    assert 0.93 <= covered / ROUNDS <= 0.97


def test_the_gain_of_another_order_is_covered_too() -> None:
    random = Random(11)
    items = [UUID(int=n) for n in range(1, 6)]
    wanted = dict(zip(items, (0.1, 0.4, 0.2, 0.3, 0.1), strict=True))
    other = [items[1], items[3], items[2], items[0], items[4]]

    def clicks_of(order: list[UUID]) -> float:
        return sum(wanted[item] / rank for rank, item in enumerate(order, 1))

    truth = clicks_of(other) - clicks_of(items)
    covered = 0
    rounds = 400
    for _ in range(rounds):
        lists = [
            Shown(
                UUID(int=viewer),
                items[0],
                items,
                frozenset(i for rank, i in enumerate(items, 1) if random.random() < wanted[i] / rank),
            )
            for viewer in range(300)
        ]
        found = gain(lists, {items[0]: other}, eta=1.0)
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / rounds <= 0.98


def test_all_lists_of_one_viewer_are_one_observation() -> None:
    one, other = UUID(int=1), UUID(int=2)
    lists = [Shown(UUID(int=9), one, [one, other], frozenset({other}))] * 1000
    assert math.isinf(gain(lists, {one: [other, one]}, eta=1.0).high)


def test_a_click_counts_as_the_new_rank_is_read() -> None:
    items = [UUID(int=n) for n in range(1, 5)]
    shown = Shown(UUID(int=9), items[0], items, frozenset({items[3]}))
    assert replayed_clicks(shown, items[::-1], eta=1.0) == pytest.approx(4)
    assert replayed_clicks(shown, items[:3], eta=1.0) == 0


@pytest.mark.parametrize("rate", [0.02, 0.3])
def test_shares_have_intervals_that_cover(rate: float) -> None:
    random = Random(3)
    covered = 0
    for _ in range(600):
        found = share(sum(random.random() < rate for _ in range(200)), 200)
        covered += found.low <= rate <= found.high
    assert covered / 600 > 0.92


def test_the_difference_of_equal_shares_holds_zero() -> None:
    found = difference(share(30, 100), share(32, 100))
    assert found.low < 0 < found.high
    assert share(0, 0) == Estimate(0.0, 0.0, 1.0)


def test_a_policy_that_may_be_worse_is_not_used() -> None:
    assert is_not_worse(Estimate(0.02, -0.001, 0.05), clicks_per_list=0.3)
    assert not is_not_worse(Estimate(0.02, -0.1, 0.14), clicks_per_list=0.3)
    assert not is_not_worse(Estimate(-0.001, -0.002, 0.0), clicks_per_list=0.3)


def test_steps_are_small_and_bounded() -> None:
    policy = FIRST_POLICY
    for _ in range(30):
        upward = [
            step for step in steps_from(policy) if step.weight == "tags" and step.policy.tags > policy.tags
        ]
        if not upward:
            break
        assert upward[0].policy.tags <= policy.tags * 1.1 + 1e-9
        policy = upward[0].policy
    assert policy.tags <= BOUND * FIRST_POLICY.tags
