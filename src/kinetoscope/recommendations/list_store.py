"""Lists that are kept for an hour, shared by all processes, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ..kernel.db import Tx
from .models import Fallback, Ranked, Signal, Strategy

RENEWING = timedelta(seconds=30)
"""How long others leave a list to the process that is making it anew."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A list as it was made, before anything that depends on who asks."""

    ranked: Sequence[Ranked]
    fallback: Fallback | None
    made_at: datetime
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Key:
    """Which list: of a video, by a strategy, under a policy."""

    video_id: UUID
    strategy: Strategy
    policy: int


async def find_list(tx: Tx, key: Key) -> Kept | None:
    """Return a list that is kept, however old."""
    row = await tx.fetch_one(
        """
        SELECT listed, contributions, fallback, made_at, is_stale FROM recommendation_lists
         WHERE video_id = $1 AND strategy = $2 AND policy = $3
        """,
        key.video_id,
        key.strategy,
        key.policy,
    )
    if row is None:
        return None
    contributions: list[Mapping[Signal, float]] = row["contributions"]
    ranked = [Ranked(*pair) for pair in zip(row["listed"], contributions, strict=True)]
    return Kept(ranked, row["fallback"], row["made_at"], row["is_stale"])


async def save_list(tx: Tx, key: Key, kept: Kept) -> None:
    """Keep a list in place of an older one; of a video that is gone by now, nothing."""
    await tx.execute(
        """
        INSERT INTO recommendation_lists AS l
               (video_id, strategy, policy, made_at, fallback, listed, contributions)
        SELECT id, $2, $3, $4, $5, $6, $7 FROM videos WHERE id = $1 FOR KEY SHARE
            ON CONFLICT (video_id, strategy, policy) DO UPDATE
           SET made_at = EXCLUDED.made_at, is_stale = false, renewing_until = '-infinity',
               fallback = EXCLUDED.fallback, listed = EXCLUDED.listed,
               contributions = EXCLUDED.contributions
        """,
        key.video_id,
        key.strategy,
        key.policy,
        kept.made_at,
        kept.fallback,
        [item.video_id for item in kept.ranked],
        [item.contributions for item in kept.ranked],
    )


async def claim_renewal(tx: Tx, key: Key, *, now: datetime) -> bool:
    """Whether this caller is to make a list anew: of those who ask at the same time, one is."""
    claimed = await tx.execute(
        """
        UPDATE recommendation_lists SET renewing_until = $4::timestamptz + $5::interval
         WHERE video_id = $1 AND strategy = $2 AND policy = $3 AND renewing_until < $4
        """,
        key.video_id,
        key.strategy,
        key.policy,
        now,
        RENEWING,
    )
    return claimed == 1


async def drop_lists(tx: Tx, video_id: UUID) -> int:
    """Drop the lists of a video, and those that it stands in; return how many."""
    return await tx.execute(
        "DELETE FROM recommendation_lists WHERE video_id = $1 OR listed @> ARRAY[$1::uuid]", video_id
    )


async def drop_old_lists(tx: Tx, *, before: datetime) -> int:
    """Drop lists that nobody has asked for in a long time; return how many."""
    return await tx.execute("DELETE FROM recommendation_lists WHERE made_at < $1", before)


async def age_lists(tx: Tx, videos: Sequence[UUID]) -> None:
    """Let the lists of these videos be made anew: their votes have changed."""
    await tx.execute(
        """
        UPDATE recommendation_lists SET is_stale = true
         WHERE video_id = ANY($1) AND strategy <> 'content' AND NOT is_stale
        """,
        list(videos),
    )


@dataclass(frozen=True, slots=True)
class Title:
    """What an answer shows of a recommended video."""

    video_id: UUID
    title: str
    thumbnail_url: str | None
    duration: int | None
    author: str
    tags: frozenset[str]


async def load_titles(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Title]:
    """Return those of these videos that may be shown to anybody now, as they are now."""
    rows = await tx.fetch(
        """
        SELECT id, title, thumbnail_url, duration, author, tag_keys FROM videos
         WHERE id = ANY($1) AND visibility = 'public'
        """,
        list(ids),
    )
    return {row[0]: Title(row[0], row[1], row[2], row[3], row[4], frozenset(row[5])) for row in rows}
