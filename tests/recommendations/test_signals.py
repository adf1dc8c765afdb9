"""Signals and their blending, as pure functions."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from kinetoscope.recommendations.blending import blend
from kinetoscope.recommendations.co_watch import beyond_chance
from kinetoscope.recommendations.content import rarity_of, tag_likeness
from kinetoscope.recommendations.history import personal, wishes, with_watched_lowered
from kinetoscope.recommendations.look_alikes import most_alike
from kinetoscope.recommendations.models import (
    FIRST_POLICY,
    Audience,
    Candidate,
    Likeness,
    LookAlike,
    Ranked,
    Strategy,
)
from kinetoscope.recommendations.order import is_descending, reordered, spread
from kinetoscope.recommendations.popularity import HALF_LIFE, by_popularity, weight_at
from support.clock import FakeClock


def video(number: int) -> UUID:
    return UUID(int=number)


def candidate(number: int, *, alike: float = 0.0, viewers: int = 0, together: int = 0) -> Candidate:
    return Candidate(video(number), Likeness(embedding=alike), viewers, together, popularity=viewers / 1000)


ALIKE = candidate(1, alike=0.8)
WATCHED = candidate(2, alike=0.1, viewers=40, together=30)
POPULAR = candidate(3, viewers=900, together=36)


def order(strategy: Strategy, audience: Audience, *candidates: Candidate) -> list[int]:
    return [item.video_id.int for item in blend(strategy, candidates, audience, FIRST_POLICY).ranked]


def test_behaviour_takes_over_from_content_as_views_grow() -> None:
    few = [ALIKE, candidate(2, alike=0.1, viewers=1, together=1)]
    assert order("hybrid", Audience(1, 1000, 3000), *few)[0] == 1
    assert order("hybrid", Audience(100, 1000, 3000), ALIKE, WATCHED)[0] == 2


def test_what_everybody_watches_counts_less_than_what_these_viewers_watch() -> None:
    popular, watched = (
        beyond_chance(one.together, 40, one.viewers, everybody=1000, chance_share=0.4)
        for one in (POPULAR, WATCHED)
    )
    assert POPULAR.together > WATCHED.together
    assert popular < watched


def test_what_viewers_of_look_alikes_watch_rises_and_falls_again_without_them() -> None:
    source_unwatched = Audience(0, 1000, 3000)
    twin = candidate(1, alike=0.8, viewers=50)
    odd = candidate(2, viewers=30)
    rest = [candidate(number, alike=0.3, viewers=30) for number in range(3, 9)]
    candidates = [twin, odd, *rest]
    assert most_alike(candidates, FIRST_POLICY)[0] == twin.video_id
    with_twin = blend(
        "hybrid",
        candidates,
        source_unwatched,
        FIRST_POLICY,
        [LookAlike(twin.video_id, 50, {odd.video_id: 25})],
    ).ranked
    without = blend("hybrid", candidates, source_unwatched, FIRST_POLICY).ranked
    assert _place_of(odd, with_twin) < 2
    assert _place_of(odd, without) == len(candidates) - 1
    told = next(item for item in with_twin if item.video_id == odd.video_id).contributions
    assert max(told, key=lambda signal: told[signal]) == "co_watch_alike"


def test_what_look_alikes_say_fades_as_a_video_has_viewers_of_its_own() -> None:
    twin, odd = candidate(1, alike=0.8, viewers=50), candidate(2, viewers=30)
    beside = [LookAlike(twin.video_id, 50, {odd.video_id: 25})]
    places: list[int] = []
    for viewers, together in ((0, 0), (100, 40)):
        own = candidate(3, viewers=40, together=together)
        audience = Audience(viewers, 1000, 3000)
        ranked = blend("hybrid", [twin, odd, own], audience, FIRST_POLICY, beside).ranked
        places.append(_place_of(odd, ranked) - _place_of(own, ranked))
    assert places[0] < 0 < places[1]


def _place_of(one: Candidate, ranked: Sequence[Ranked]) -> int:
    return [item.video_id for item in ranked].index(one.video_id)


@pytest.mark.parametrize("strategy", ["content", "collaborative", "hybrid"])
def test_with_nothing_known_a_list_still_has_all_candidates(strategy: Strategy) -> None:
    nothing = [Candidate(video(1)), Candidate(video(2), age_days=1)]
    blended = blend(strategy, nothing, Audience(), FIRST_POLICY)
    assert blended.fallback == "popularity"
    assert [item.video_id.int for item in blended.ranked] == [2, 1]


@pytest.mark.parametrize("strategy", ["content", "collaborative", "hybrid"])
def test_scores_are_between_0_and_1_and_fall(strategy: Strategy) -> None:
    many = [candidate(n, alike=(n * 7 % 10) / 10, viewers=n * n, together=n) for n in range(1, 40)]
    ranked = blend(strategy, many, Audience(60, 2000, 50_000), FIRST_POLICY).ranked
    assert is_descending(ranked)
    assert 0 <= ranked[-1].score <= ranked[0].score <= 1


def test_rare_tags_say_more_than_common_ones() -> None:
    rarity = {"rare": rarity_of(1000, 2), "common": rarity_of(1000, 800)}
    assert tag_likeness(["rare", "common"], ["rare"], rarity) > 0.9
    assert tag_likeness(["rare", "common"], ["common"], rarity) < 0.3
    assert tag_likeness(["rare"], ["rare"], rarity) == pytest.approx(1)


def test_a_vote_weighs_half_after_the_half_life() -> None:
    now = FakeClock()()
    assert weight_at(now) == pytest.approx(2 * weight_at(now - HALF_LIFE))


def test_new_videos_are_lifted_where_only_popularity_speaks() -> None:
    old, new = Candidate(video(1), age_days=300), Candidate(video(2), age_days=1)
    assert [item.video_id.int for item in by_popularity([old, new])] == [2, 1]


def test_near_duplicates_stand_apart_and_scores_still_fall() -> None:
    ranked = [Ranked(video(n), {"embedding": 1 - n / 10}) for n in range(8)]
    same = frozenset({(video(0), video(1)), (video(1), video(0))})
    moved = spread(ranked, same)
    places = [item.video_id.int for item in moved]
    assert places.index(1) - places.index(0) == 5
    assert is_descending(moved)
    assert moved[places.index(1)].contributions["diversity"] < 0


def test_a_moved_item_has_the_score_of_its_place() -> None:
    ranked = [Ranked(video(n), {"embedding": 0.9 - n / 10}) for n in range(3)]
    moved = reordered(ranked, [1, 0, 2], "exploration")
    assert [item.score for item in moved] == pytest.approx([0.9, 0.8, 0.7])
    assert moved[0].contributions["exploration"] == pytest.approx(0.1)


def test_the_latest_of_a_history_speaks_loudest() -> None:
    history = [video(n) for n in range(41)]
    neighbours = {
        video(0): [(video(100), 1.0)],
        video(20): [(video(101), 1.0)],
        video(40): [(video(102), 1.0)],
    }
    wished = wishes(history, neighbours)
    assert [wished[video(n)] for n in (100, 101, 102)] == pytest.approx([1.0, 1 / 2, 1 / 3])


def test_a_history_speaks_for_videos_and_the_watched_stand_lower() -> None:
    ranked = [Ranked(video(n), {"embedding": 0.9 - n / 10}) for n in range(3)]
    wished = wishes([video(9)], {video(9): [(video(2), 0.5), (video(0), -0.2)]})
    assert wished == {video(2): 1.0}
    assert personal(ranked, wished)[0].video_id == video(2)
    assert with_watched_lowered(ranked, frozenset({video(0)}))[-1].video_id == video(0)
