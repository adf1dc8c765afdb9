"""Index entries and votes in bulk, made up, for measuring speed: nothing is embedded."""

from collections.abc import Sequence
from uuid import UUID, uuid5

import numpy as np

from kinetoscope.kernel.db import Tx

DIMENSIONS = 384
TOPICS = 400
_NAMES = UUID(int=9)


async def add_vectors(tx: Tx, *, seed: int) -> None:
    """Give every indexed document a vector near one of some hundred topics, and let that model serve."""
    random = np.random.default_rng(seed)
    model: int = await tx.fetch_value(
        """
        INSERT INTO search_models (role, name, sha256, dimensions, state)
        VALUES ('main', 'made up', 'none', $1, 'serving') RETURNING id
        """,
        DIMENSIONS,
    )
    topics = random.normal(size=(TOPICS, DIMENSIONS))
    rows = await tx.fetch("SELECT id, text_hash FROM search_documents ORDER BY id")
    for start in range(0, len(rows), 2000):
        part = rows[start : start + 2000]
        own = topics[[(start + n) % TOPICS for n in range(len(part))]]
        vectors = own + 0.8 * random.normal(size=own.shape)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        await tx.execute_many(
            "INSERT INTO search_summaries VALUES ($1, $2, $3, $4::real[]::halfvec)",
            [(row[0], model, row[1], vector.tolist()) for row, vector in zip(part, vectors, strict=True)],
        )


async def add_votes(tx: Tx, videos: Sequence[UUID], *, people: int, each: int, seed: int) -> None:
    """Let people vote for videos, some videos much more than others, and count that."""
    random = np.random.default_rng(seed)
    rows: list[tuple[UUID, UUID]] = []
    for person in range(people):
        chosen = np.minimum(len(videos) - 1, random.pareto(0.8, each) * len(videos) / 500).astype(int)
        rows += [(uuid5(_NAMES, str(person)), videos[place]) for place in set(chosen.tolist())]
    await tx.execute_many(
        "INSERT INTO recommendation_votes (voter, video_id, voted_at) VALUES ($1, $2, now())", rows
    )
