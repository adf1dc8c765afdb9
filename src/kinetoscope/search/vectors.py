"""Giving documents their vectors: in batches, and later where no embedder answers now."""

import asyncio
import logging
from collections.abc import Sequence
from itertools import islice

from ..embeddings import Embedder, EmbedderUnavailable, Vector
from ..kernel.clock import Clock
from ..kernel.coalesce import Coalesced
from ..kernel.db import Database
from ..kernel.jobs import enqueue_many, has_promised
from . import index_store as store
from .embedders import Embedders
from .index_store import Embedded, Unembedded
from .models import FIELD_WEIGHTS, Field, Role, ServingModel
from .passages import passages_of

log = logging.getLogger(__name__)

EMBED = "search.embed"
"""The job that gives a document, by its `document_id`, its vectors."""

_BATCH = 64
_PROMISED_AT_ONCE = 10_000
_MULTILINGUAL_CHARACTERS = 200


class Vectors:
    """Makes the vectors of documents. Documents that wait at the same time become one batch.

    What has changed just now and what comes in bulk wait apart, and the embedder takes a piece of each in
    turn: a new video does not stand at the end of a library that is moved in.
    """

    def __init__(self, db: Database, *, clock: Clock, embedders: Embedders) -> None:
        self._db = db
        self._clock = clock
        self._embedders = embedders
        self._fresh, self._bulk = self._queues(), self._queues()

    async def embed(self, document_id: int, *, is_bulk: bool = False) -> None:
        """Give a document its vectors of every model; without an embedder, `catch_up` does it later."""
        queues = self._bulk if is_bulk else self._fresh
        await asyncio.gather(*(_made(role, queue, document_id) for role, queue in queues.items()))

    def _queues(self) -> dict[Role, Coalesced[int, bool]]:
        return {
            role: Coalesced[int, bool](_Batch(self, role, embedder), at_most=_BATCH, in_flight=1)
            for role, embedder in self._embedders.chosen.items()
        }

    async def embed_batch(self, role: Role, embedder: Embedder, ids: Sequence[int]) -> None:
        """Give documents their vectors of one model; refuses with `EmbedderUnavailable`."""
        model = await self._model(role, embedder)
        async with self._db.read() as tx:
            documents = await store.unembedded(tx, model.id, ids)
        if not documents:
            return
        embedded = await _embedded(role, embedder, documents)
        async with self._db.transaction() as tx:
            await store.lock_projects(tx, {document.project_id for document in documents})
            await store.save_vectors(tx, model.id, embedded)

    async def catch_up(self) -> None:
        """Promise what has no vectors yet, and let a model serve that has all of them."""
        for role, embedder in self._embedders.chosen.items():
            try:
                model = await self._model(role, embedder)
            except EmbedderUnavailable as error:
                log.warning("vectors must wait", extra={"role": role, "reason": str(error)})
                continue
            async with self._db.transaction() as tx:
                missing = await store.unembedded_ids(tx, model.id, at_most=_PROMISED_AT_ONCE)
                if not missing:
                    await store.let_serve(tx, model)
                elif not await has_promised(tx, EMBED):
                    payloads = [{"document_id": document_id} for document_id in missing]
                    await enqueue_many(tx, EMBED, payloads, at=self._clock())

    async def _model(self, role: Role, embedder: Embedder) -> ServingModel:
        found = await embedder.model()
        async with self._db.transaction() as tx:
            return await store.require_model(
                tx, role, name=found.name, sha256=found.sha256, dimensions=found.dimensions
            )


class _Batch:
    """Embeds what has gathered meanwhile."""

    def __init__(self, vectors: Vectors, role: Role, embedder: Embedder) -> None:
        self._vectors = vectors
        self._role: Role = role
        self._embedder = embedder

    async def __call__(self, ids: Sequence[int]) -> dict[int, bool]:
        await self._vectors.embed_batch(self._role, self._embedder, ids)
        return {}


async def _made(role: Role, queue: Coalesced[int, bool], document_id: int) -> None:
    try:
        await queue.get(document_id)
    except EmbedderUnavailable as error:
        log.warning("vectors must wait", extra={"role": role, "reason": str(error)})


async def _embedded(role: Role, embedder: Embedder, documents: Sequence[Unembedded]) -> list[Embedded]:
    """Return the vectors of all fields of documents, made with one call."""
    passages = [_passages(role, document) for document in documents]
    texts = [text for fields in passages for parts in fields.values() for text in parts]
    vectors = iter(await embedder.embed(texts))
    result: list[Embedded] = []
    for document, fields in zip(documents, passages, strict=True):
        parts: list[tuple[Field, int, Vector]] = [
            (field, number, vector)
            for field, texts_of_field in fields.items()
            for number, vector in enumerate(islice(vectors, len(texts_of_field)))
        ]
        result.append(Embedded(document, parts, summary_of(parts)))
    return result


def _passages(role: Role, document: Unembedded) -> dict[Field, list[str]]:
    fields = passages_of(document.document)
    if role == "main":
        return fields
    # The multilingual model takes twice as long a word, and only needs to know what it is about: one text.
    about = [fields["title"][0], *fields.get("description", ())[:1]]
    return {"title": [". ".join(about)[:_MULTILINGUAL_CHARACTERS]]}


def summary_of(parts: Sequence[tuple[Field, int, Vector]]) -> list[float]:
    """Return the weighted mean of a document's vectors: of each field, the mean of its parts."""
    sizes: dict[Field, int] = {
        field: sum(1 for other, _, _ in parts if other == field) for field, _, _ in parts
    }
    total = sum(FIELD_WEIGHTS[field] for field in sizes)
    scaled: list[tuple[float, Vector]] = [
        (FIELD_WEIGHTS[field] / sizes[field] / total, vector) for field, _, vector in parts
    ]
    return [
        sum(weight * value for (weight, _), value in zip(scaled, column, strict=True))
        for column in zip(*(vector for _, vector in scaled), strict=True)
    ]
