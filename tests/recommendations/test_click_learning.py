"""The click loop, in a simulated world whose truth is known; all of it seeded."""

from random import Random

import pytest

from kinetoscope.recommendations.clicks import learnt_order, posterior, prior_rate
from kinetoscope.recommendations.examination import exchanged_order, propensities
from kinetoscope.recommendations.models import NO_EVIDENCE, Evidence

from .world import POOL, SHOWN, World


@pytest.mark.parametrize("eta", [0.7, 1.0, 1.5])
def test_lists_get_much_better_and_never_worse_whatever_the_position_bias(eta: float) -> None:
    world = World(sources=120, eta=eta, seed=7)
    start = world.quality_unlearned()
    gains: dict[int, float] = {}
    for visit in range(1, 101):
        world.visit_all()
        if visit <= 10 or visit % 10 == 0:
            gains[visit] = world.quality() / start - 1
    assert min(gains.values()) > -0.01
    assert gains[10] > 0.20
    assert gains[100] > 0.90


@pytest.mark.parametrize("eta", [0.7, 1.5])
def test_exchanged_neighbours_tell_how_ranks_are_read(eta: float) -> None:
    world = World(sources=150, eta=eta, seed=3)
    for _ in range(40):
        world.visit_all()
    assert abs(world.eta - eta) < abs(1.0 - eta)


SHARE_OF_FRAUD = 0.01


@pytest.mark.parametrize("visits", [10, 100])
def test_a_click_fraud_with_one_per_cent_of_the_traffic_shifts_no_estimate_beyond_its_bound(
    visits: int,
) -> None:
    world = World(sources=60, eta=1.0, seed=5)
    for _ in range(visits):
        world.visit_all()
    for number, source in enumerate(world.sources):
        honest = source.evidence(world.eta)
        for rank, target in enumerate(learnt_order(honest, Random(number))[:SHOWN], start=1):
            # One account teaches a list once, however often it looks.
            looks = max(1.0, SHARE_OF_FRAUD * visits)
            seen = honest[target].examinations
            bought = Evidence(honest[target].clicks + looks, seen + looks / rank)
            shift = posterior(target, bought).mean - posterior(target, honest[target]).mean
            assert 0 <= shift <= looks / (6 + seen + looks / rank)


def test_one_source_cannot_turn_a_list_around() -> None:
    """Of one source, one list teaches in 30 days: its click wins no place of the first two."""
    for rank in range(4, SHOWN + 1):
        evidence = [Evidence(0.0, 1 / (place + 1)) for place in range(SHOWN)]
        evidence[rank - 1] = Evidence(1.0, 1 / rank)
        assert learnt_order(evidence, Random(rank))[:2] == [0, 1]


def test_a_list_without_clicks_stays_as_it_is() -> None:
    assert learnt_order([NO_EVIDENCE] * 12, Random(1)) == list(range(12))


def test_the_hours_draw_is_the_same_for_everybody() -> None:
    evidence = [Evidence(n % 3, 5.0) for n in range(POOL)]
    assert learnt_order(evidence, Random("video 12")) == learnt_order(evidence, Random("video 12"))


def test_a_posterior_begins_at_the_prior_and_ends_at_the_clicks() -> None:
    assert posterior(3, NO_EVIDENCE).mean == pytest.approx(prior_rate(3))
    assert posterior(3, Evidence(400, 1000)).mean == pytest.approx(0.4, abs=0.01)


def test_propensities_are_those_of_the_exchange() -> None:
    assert exchanged_order(4, 2) == [0, 2, 1, 3]
    assert propensities(3, 0) == pytest.approx([0.975, 0.95, 0.975])
    assert propensities(3, 1)[0] == pytest.approx(0.025)
