"""Puts many made-up videos into the index at once, past the jobs that usually do it."""

import asyncio
import math
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from pydoc_data.topics import topics
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt

from benchmarks.library import Library
from kinetoscope.kernel.clock import system_clock
from kinetoscope.kernel.db import Database, Tx
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres
from kinetoscope.search.index_store import save_documents
from kinetoscope.search.models import Document, Revision
from kinetoscope.search.prepared import prepare

BANDS: Mapping[str, list[str]] = {
    "all": [], "50 %": ["half"], "10 %": ["tenth"], "1 %": ["hundredth"], "0.1 %": ["thousandth"],
}  # fmt: skip
_SHARES = {"half": 0.5, "tenth": 0.1, "hundredth": 0.01, "thousandth": 0.001}
# English words, the commonest first: those of Python's own manual.
_WORDS = [word for word, _ in Counter(re.findall("[a-z]{3,}", " ".join(topics.values()))).most_common(4000)]
_POOL = 1000
_NOISE = 0.6
_AT_ONCE = 2000

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Made:
    """What was put in: each video's id, tags, and the vectors of its title and description."""

    ids: Sequence[str]
    tags: Sequence[Sequence[str]]
    titles: Matrix
    descriptions: Matrix

    def places_with(self, tags: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return the places of those that have one of these tags; of all, without tags."""
        return np.asarray([n for n, own in enumerate(self.tags) if not tags or set(tags) & set(own)])


def made_texts(rng: random.Random, count: int, *, steep: float = 1.0, words: int = 7) -> list[str]:
    """Return made-up texts with words as common as in a language (Zipf); the steeper, the commoner."""
    weights = list(accumulate(1 / (rank + 2) ** steep for rank in range(len(_WORDS))))
    return [" ".join(rng.choices(_WORDS, cum_weights=weights, k=words)) for _ in range(count)]


def fill(library: Library, folder: Path, *, videos: int) -> Made:
    """Index so many videos with made-up vectors of both models; return what was put in."""
    library.fill([{"video_id": str(uuid4()), "title": "so that both models are known"}])
    rng, noise = random.Random(1), np.random.default_rng(1)
    pool = embedded(library, made_texts(rng, _POOL))
    places = noise.integers(0, _POOL, videos)
    made = Made(
        [str(uuid4()) for _ in range(videos)],
        [[tag for tag, share in _SHARES.items() if rng.random() < share] for _ in range(videos)],
        _noisy(pool[places], noise),
        _noisy(pool[places], noise),
    )
    asyncio.run(_write(EmbeddedPostgres(folder).dsn, UUID(library.path.split("/")[4]), made, rng))
    return made


def embedded(library: Library, texts: Sequence[str]) -> Matrix:
    """Return the vector of each text by the platform's model."""
    vectors: list[list[float]] = []
    for start in range(0, len(texts), 20):
        asked = {"texts": texts[start : start + 20]}
        vectors += library.client.post("/api/v1/embeddings/generate", json=asked).json()["embeddings"]
    return np.asarray(vectors, np.float32)


def _noisy(vectors: Matrix, noise: np.random.Generator) -> Matrix:
    """Return vectors of length 1 near these, as the index keeps them: in 16 bits."""
    moved = vectors + noise.standard_normal(vectors.shape, np.float32) * _NOISE / math.sqrt(vectors.shape[1])
    return (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)


async def _write(dsn: str, project: UUID, made: Made, rng: random.Random) -> None:
    db = Database(dsn)
    await db.open()
    titles = made_texts(rng, len(made.ids))
    descriptions = made_texts(rng, len(made.ids), words=40)
    revisions = [
        Revision(project, Document(UUID(one), title, text, tags=tuple(tags)), 0, is_given=True)
        for one, title, text, tags in zip(made.ids, titles, descriptions, made.tags, strict=True)
    ]
    try:
        async with db.transaction() as tx:
            # The index of nearest neighbours is made at the end, which is some times quicker.
            indexes = await tx.fetch(
                "SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE 'search_nearest_%'"
            )
            for index in indexes:
                await _run(tx, f"DROP INDEX {index['indexname']}")
            for start in range(0, len(revisions), _AT_ONCE):
                part = revisions[start : start + _AT_ONCE]
                await save_documents(
                    tx, [prepare(one, language="english") for one in part], at=system_clock()
                )
            await _add_vectors(tx, made)
            await tx.execute("SET LOCAL maintenance_work_mem = '1GB'")
            for index in indexes:
                await _run(tx, index["indexdef"])
        async with db.read() as tx:
            await tx.execute("ANALYZE")
    finally:
        await db.close()


async def _run(tx: Tx, statement: str) -> None:
    await tx.execute(statement)  # pyright: ignore[reportArgumentType] - made of what the catalogue says


async def _add_vectors(tx: Tx, made: Made) -> None:
    models = await tx.fetch("SELECT id, role, dimensions FROM search_models")
    rows = await tx.fetch("SELECT id, video_id, text_hash FROM search_documents")
    known = {str(row["video_id"]): row for row in rows}
    for model in models:
        for start in range(0, len(made.ids), _AT_ONCE):
            part = [known[one] for one in made.ids[start : start + _AT_ONCE]]
            if model["role"] == "main":
                fields = {
                    "title": made.titles[start : start + _AT_ONCE],
                    "description": made.descriptions[start : start + _AT_ONCE],
                }
                summary = (0.5 * fields["title"] + 0.3 * fields["description"]) / 0.8
            else:  # not asked here, as all is English; there, so that nobody makes them meanwhile
                random_ones = np.random.default_rng(start).standard_normal((len(part), model["dimensions"]))
                fields, summary = {}, random_ones.astype(np.float32)
            await tx.execute_many(
                "INSERT INTO search_summaries VALUES ($1, $2, $3, $4::real[]::halfvec)",
                [(row[0], model["id"], row[2], one.tolist()) for row, one in zip(part, summary, strict=True)],
            )
            for field, vectors in fields.items():
                await tx.execute_many(
                    "INSERT INTO search_vectors VALUES ($1, $2, $3, 0, $4::real[]::halfvec)",
                    [(row[0], model["id"], field, v.tolist()) for row, v in zip(part, vectors, strict=True)],
                )
