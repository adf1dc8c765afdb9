"""What recommendations ask of the index: public videos that are like one, whosever project they are in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from ..kernel.db import Tx
from . import related_store
from .index_store import serving_models
from .related import likeness_of


@dataclass(frozen=True, slots=True)
class ContentParts:
    """What two videos have in common, each from 0 to 1; `text` beside the best of those compared."""

    embedding: float
    tags: float
    text: float
    same_author: bool


async def content_candidates(tx: Tx, video_id: UUID, *, at_most: int) -> list[tuple[UUID, float]]:
    """Return the public videos nearest to one by what they say, with their cosines, the nearest first.

    Empty for a video that is not indexed, or where there are no vectors yet. That the videos are still
    public is the caller's to check: the index follows within two seconds.
    """
    for model in await serving_models(tx):
        if model.role == "main":
            vector = await related_store.public_summary(tx, model, video_id)
            if vector is not None:
                found = await related_store.nearest_public(tx, model, vector, at_most=at_most + 1)
                near = [pair for pair in found if pair[0] != video_id]
                return sorted(near, key=lambda pair: -pair[1])[:at_most]
    return []


async def content_likeness(tx: Tx, video_id: UUID, others: Sequence[UUID]) -> dict[UUID, float]:
    """Return how like each of these public videos is to one, 0 to 1: vectors, tags, words and author.

    The shares are those of `related`; a video that is not indexed is left out.
    """
    documents = await related_store.public_documents(tx, [video_id, *others])
    own = documents.pop(video_id, None)
    if own is None or not documents:
        return {}
    near: Mapping[int, float] = {}
    for model in await serving_models(tx):
        if model.role == "main":
            vector = await related_store.public_summary(tx, model, video_id)
            if vector is not None:
                near = await related_store.likeness(tx, model, list(documents.values()), vector)
    alike = await related_store.load_alike(tx, own, list(documents.values()))
    scores = {one.document_id: one.score for one in likeness_of(near, alike)}
    return {video: scores[document] for video, document in documents.items() if document in scores}


async def content_parts(tx: Tx, video_id: UUID, others: Sequence[UUID]) -> dict[UUID, ContentParts]:
    """Return what each of these public videos has in common with one; what is not indexed is left out."""
    documents = await related_store.public_documents(tx, [video_id, *others])
    own = documents.pop(video_id, None)
    if own is None or not documents:
        return {}
    near: Mapping[int, float] = {}
    for model in await serving_models(tx):
        if model.role == "main":
            vector = await related_store.public_summary(tx, model, video_id)
            if vector is not None:
                near = await related_store.likeness(tx, model, list(documents.values()), vector)
    videos = {document: video for video, document in documents.items()}
    alike = await related_store.load_alike(tx, own, list(videos))
    best = max((one.text for one in alike), default=0.0) or 1.0
    return {
        videos[one.document_id]: ContentParts(
            max(0.0, near.get(one.document_id, 0.0)), one.tags, one.text / best, one.same_author
        )
        for one in alike
    }


async def near_duplicates(
    tx: Tx, video_ids: Sequence[UUID], *, from_cosine: float
) -> frozenset[tuple[UUID, UUID]]:
    """Return the pairs of public videos that say nearly the same, both ways round."""
    documents = await related_store.public_documents(tx, video_ids)
    videos = {document: video for video, document in documents.items()}
    pairs: set[tuple[UUID, UUID]] = set()
    for model in await serving_models(tx):
        if model.role == "main":
            found = await related_store.near_duplicates(tx, model, list(videos), from_cosine=from_cosine)
            for one, other in found:
                pairs |= {(videos[one], videos[other]), (videos[other], videos[one])}
    return frozenset(pairs)
