"""Which videos are alike, by what their texts say: for `related` here, and for recommendations above."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from ..embeddings import Vector
from ..kernel.db import Database, Tx
from . import query_store, related_store
from .index_store import serving_models
from .models import Category, Filters, Hit, Scored, ServingModel
from .refusals import NotIndexed
from .related_store import Alike
from .searching import Annotated, require_project, showcases_of

EMBEDDING_SHARE, TAG_SHARE, TEXT_SHARE, AUTHOR_SHARE = 0.5, 0.3, 0.2, 0.05
"""What likeness is made of: measured on what editors chose by hand (docs/search.md)."""

_CANDIDATES = 200


class Related:
    """Finds what is like a video."""

    def __init__(self, db: Database, *, annotated: Annotated) -> None:
        self._db = db
        self._annotated = annotated

    async def related(
        self, caller_id: UUID, project_id: UUID, video_id: UUID, *, category: Category | None, limit: int
    ) -> list[Hit]:
        """Return documents of a project that are like one of its videos, the most alike first.

        Refuses with `ProjectNotFound` and `NotIndexed`.
        """
        async with self._db.read() as tx:
            await require_project(tx, project_id, caller_id)
            document = await query_store.find_document(tx, project_id, video_id)
            if document is None:
                raise NotIndexed
            showcases = await showcases_of(tx, project_id, category, self._annotated)
            values = query_store.filter_values(project_id, Filters(category=category), None, showcases)
            ranked = await _alike_in_project(tx, document, values)
            best = [scored for scored in ranked if scored.score > 0][:limit]
            shown = await query_store.load_shown(tx, [scored.document_id for scored in best])
        return [
            Hit(shown[scored.document_id], scored, rank, {})
            for rank, scored in enumerate(best, 1)
            if scored.document_id in shown
        ]


async def _alike_in_project(tx: Tx, document: int, values: tuple[object, ...]) -> list[Scored]:
    models = [model for model in await serving_models(tx) if model.role == "main"]
    near: dict[int, float] = {}
    for model in models:
        vector = await related_store.summary(tx, model, document)
        if vector is not None:
            near = await _near(tx, model, values, vector)
    candidates = {*near, *await related_store.sharing_words(tx, document, values, at_most=_CANDIDATES)}
    candidates.discard(document)
    alike = await related_store.load_alike(tx, document, sorted(candidates))
    return likeness_of(near, alike)


async def _near(tx: Tx, model: ServingModel, values: tuple[object, ...], vector: Vector) -> dict[int, float]:
    ids = await query_store.matching(tx, values, at_most=5001)
    if len(ids) <= 5000:  # noqa: PLR2004 - as for queries
        found = await query_store.nearest_among(tx, model, ids, vector, at_most=_CANDIDATES)
    else:
        found = await query_store.nearest(tx, values, model, vector, at_most=_CANDIDATES)
    return await related_store.likeness(tx, model, found, vector)


def likeness_of(near: Mapping[int, float], alike: Sequence[Alike]) -> list[Scored]:
    """Return documents by how like they are: parts as above, brought to 0–1."""
    whole = EMBEDDING_SHARE + TAG_SHARE + TEXT_SHARE + AUTHOR_SHARE
    best = max((one.text for one in alike), default=0.0)
    ranked: list[Scored] = []
    for one in alike:
        semantic = EMBEDDING_SHARE * max(0.0, near.get(one.document_id, 0.0))
        words = TEXT_SHARE * one.text / best if best > 0 else 0.0
        words += TAG_SHARE * one.tags + AUTHOR_SHARE * one.same_author
        ranked.append(Scored(one.document_id, semantic / whole, words / whole))
    return sorted(ranked, key=lambda scored: (-scored.score, scored.document_id))
