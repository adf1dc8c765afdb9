"""Recommendations."""

from ..recommendations import (
    Clicking,
    ClickReports,
    Counting,
    Impressions,
    Improving,
    Lists,
    Recommending,
    Sources,
    Training,
    duties,
    handlers,
    learning_lane,
    reactions,
)
from .part import Base, Part


def recommendations_part(base: Base) -> Part:
    """Return what recommendations bring."""
    db, clock = base.db, base.clock
    sources = Sources(base.keyring.derive("recommendation-sources"))
    lists = Lists(db, clock=clock)
    impressions = Impressions(db)
    counting = Counting(db, clock=clock, sources=sources)
    training = Training(db, clock=clock)
    improving = Improving(db, clock=clock)
    clicking = Clicking(db, clock=clock, impressions=impressions, sources=sources)
    recommending = Recommending(
        db,
        clock=clock,
        lists=lists,
        impressions=impressions,
        sources=sources,
        swap_share=base.settings.exploration_percent / 100,
    )
    return Part(
        services=[
            recommending,
            clicking,
            ClickReports(db, clock=clock, impressions=impressions),
            counting,
            training,
            improving,
            lists,
            impressions,
        ],
        handlers=handlers(clicking),
        reactions=reactions(lists),
        lanes=[learning_lane(training)],
        duties=duties(counting, training, improving, lists),
        erasers=[counting.erase_account],
        resources=[lists, impressions],
    )
