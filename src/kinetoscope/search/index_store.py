"""The index in PostgreSQL, as it is written: documents, their texts and their vectors."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from ..kernel.db import Record, Tx
from .models import Document, Field, Revision, Role, ServingModel
from .prepared import Prepared

Vector = Sequence[float]

_MODEL: LiteralString = """
    SELECT id, role, name, sha256, dimensions
      FROM search_models WHERE (role, name, sha256, dimensions) = ($1, $2, $3, $4)
"""


@dataclass(frozen=True, slots=True)
class Unembedded:
    """A document whose vectors are missing or out of date."""

    id: int
    project_id: UUID
    text_hash: bytes
    document: Document


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vectors of a document: of each field's parts, and their weighted mean."""

    document: Unembedded
    fields: Sequence[tuple[Field, int, Vector]]
    summary: Vector


async def lock_projects(tx: Tx, project_ids: Collection[UUID]) -> None:
    """Let nobody else write to the index of these projects until the commit.

    Their terms are counted, so two writers would wait for each other in the middle anyway, in any order.
    """
    await tx.execute(
        """
        SELECT pg_advisory_xact_lock(key)
          FROM (SELECT DISTINCT uuid_hash_extended(id, 6) AS key FROM unnest($1::uuid[]) AS id) AS keys
         ORDER BY key
        """,
        list(project_ids),
    )


async def languages_of(tx: Tx, project_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the language that each of these projects was set to."""
    rows = await tx.fetch(
        "SELECT project_id, language FROM search_projects WHERE project_id = ANY($1)", list(project_ids)
    )
    return {row["project_id"]: row["language"] for row in rows}


async def save_documents(tx: Tx, documents: Sequence[Prepared], *, at: datetime) -> list[int]:
    """Write documents with their texts and return the ids of those that were written.

    The projects are locked already. What shows an older state of its video than the one that is stored does
    not replace it, and what a project has stored itself is replaced by a later state of the video only.
    """
    rows = await tx.fetch(
        """
        INSERT INTO search_documents AS d
               (project_id, video_id, version, is_given, category, duration, author_key, tag_keys, checksum,
                text_hash, indexed_at)
        SELECT n.project_id, video_id, version, is_given, category, duration, author_key, tag_keys,
               decode(checksum, 'hex'), decode(text_hash, 'hex'), $2
          FROM jsonb_to_recordset($1) AS n (
               project_id uuid, video_id uuid, version integer, is_given boolean, category text,
               duration integer, author_key text, tag_keys text[], checksum text, text_hash text)
          JOIN projects p ON p.id = n.project_id
            ON CONFLICT (project_id, video_id) DO UPDATE
           SET version = excluded.version, is_given = excluded.is_given, category = excluded.category,
               duration = excluded.duration, author_key = excluded.author_key, tag_keys = excluded.tag_keys,
               checksum = excluded.checksum, text_hash = excluded.text_hash, indexed_at = excluded.indexed_at
         WHERE excluded.is_given OR d.version < excluded.version
            OR (d.version = excluded.version AND NOT d.is_given)
        RETURNING id, project_id, video_id
        """,
        documents,
        at,
    )
    ids = {(row["project_id"], row["video_id"]): int(row["id"]) for row in rows}
    written = [
        {"document_id": ids[key], **_texts(document)}
        for document in documents
        if (key := (document.project_id, document.video_id)) in ids
    ]
    await _save_texts(tx, written, at=at)
    return list(ids.values())


def _texts(document: Prepared) -> dict[str, object]:
    return {name: getattr(document, name) for name in document.__struct_fields__}


async def _save_texts(tx: Tx, written: Sequence[dict[str, object]], *, at: datetime) -> None:
    await tx.execute(
        "DELETE FROM search_texts WHERE document_id = ANY($1)", [row["document_id"] for row in written]
    )
    await tx.execute(
        """
        INSERT INTO search_texts
               (document_id, project_id, language, words, title_words, spelled, length)
        SELECT document_id, project_id, language,
               setweight(to_tsvector(language::regconfig, title_words), 'A')
               || setweight(to_tsvector(language::regconfig, description_words), 'B')
               || setweight(to_tsvector(language::regconfig, tag_words), 'C'),
               to_tsvector(language::regconfig, title_words),
               spelled,
               length(to_tsvector(language::regconfig, title_words))
               + length(to_tsvector(language::regconfig, description_words))
               + length(to_tsvector(language::regconfig, tag_words))
          FROM jsonb_to_recordset($1) AS n (
               document_id bigint, project_id uuid, language text, title_words text, description_words text,
               tag_words text, spelled text[])
        """,
        written,
    )
    await tx.execute(
        """
        INSERT INTO search_sources AS s
               (document_id, title, description, author, tags, thumbnail_url, created_at)
        SELECT document_id, title, description, author, tags, thumbnail_url, COALESCE(created_at, $2)
          FROM jsonb_to_recordset($1) AS n (
               document_id bigint, title text, description text, author text, tags text[],
               thumbnail_url text, created_at timestamptz)
            ON CONFLICT (document_id) DO UPDATE
           SET title = excluded.title, description = excluded.description, author = excluded.author,
               tags = excluded.tags, thumbnail_url = excluded.thumbnail_url, created_at = excluded.created_at
        """,
        written,
        at,
    )


async def load_revisions(
    tx: Tx, project_id: UUID, *, after: int, at_most: int
) -> tuple[list[Revision], int | None]:
    """Return documents of a project as they were stored, by id, and the last of them, or None."""
    rows = await tx.fetch(
        """
        SELECT d.id, d.video_id, s.title, s.description, d.category, d.duration, s.thumbnail_url, s.author,
               s.tags, s.created_at, d.version, d.is_given
          FROM search_documents d JOIN search_sources s ON s.document_id = d.id
         WHERE d.project_id = $1 AND d.id > $2 ORDER BY d.id LIMIT $3
        """,
        project_id,
        after,
        at_most,
    )
    revisions = [
        Revision(project_id, _document(row), row["version"], is_given=row["is_given"]) for row in rows
    ]
    return revisions, rows[-1]["id"] if rows else None


async def projects_holding(tx: Tx, video_ids: Sequence[UUID]) -> list[UUID]:
    """Return the projects in whose index any of these videos is."""
    rows = await tx.fetch(
        "SELECT DISTINCT project_id FROM search_documents WHERE video_id = ANY($1)", list(video_ids)
    )
    return [row["project_id"] for row in rows]


async def documents_of(tx: Tx, video_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the documents of these videos that show what the platform knows of them."""
    rows = await tx.fetch(
        "SELECT video_id, id FROM search_documents WHERE video_id = ANY($1) ORDER BY is_given DESC",
        list(video_ids),
    )
    return {row["video_id"]: row["id"] for row in rows}


async def remove_videos(tx: Tx, video_ids: Sequence[UUID]) -> int:
    """Remove videos from the index of every project."""
    return await tx.execute("DELETE FROM search_documents WHERE video_id = ANY($1)", list(video_ids))


async def remove_document(tx: Tx, project_id: UUID, video_id: UUID) -> bool:
    """Remove one video from a project's index; whether it was there."""
    removed = await tx.execute(
        "DELETE FROM search_documents WHERE project_id = $1 AND video_id = $2", project_id, video_id
    )
    return removed > 0


async def remove_moved(tx: Tx, video_ids: Sequence[UUID], project_ids: Sequence[UUID]) -> None:
    """Remove what other projects still hold of videos that each are in this project now."""
    await tx.execute(
        """
        DELETE FROM search_documents d USING unnest($1::uuid[], $2::uuid[]) AS now (video_id, project_id)
         WHERE d.video_id = now.video_id AND d.project_id <> now.project_id AND NOT d.is_given
        """,
        list(video_ids),
        list(project_ids),
    )


async def require_model(tx: Tx, role: Role, *, name: str, sha256: str, dimensions: int) -> ServingModel:
    """Return a model, noted with its index if it is new; the first of a role serves at once."""
    row = await tx.fetch_one(_MODEL, role, name, sha256, dimensions)
    if row is not None:
        return _model(row)
    await tx.execute("SELECT pg_advisory_xact_lock(6, 1)")
    await tx.execute(
        """
        INSERT INTO search_models (role, name, sha256, dimensions, state)
        SELECT $1, $2, $3, $4,
               CASE WHEN EXISTS (SELECT FROM search_models WHERE role = $1 AND state = 'serving')
                    THEN 'building' ELSE 'serving' END
         WHERE NOT EXISTS (SELECT FROM search_models
                            WHERE (role, name, sha256, dimensions) = ($1, $2, $3, $4))
        """,
        role,
        name,
        sha256,
        dimensions,
    )
    row = await tx.fetch_one(_MODEL, role, name, sha256, dimensions)
    assert row is not None, "it was noted just now"
    return _model(row)


async def serving_models(tx: Tx) -> list[ServingModel]:
    """Return the models that answer queries."""
    rows = await tx.fetch(
        "SELECT id, role, name, sha256, dimensions FROM search_models WHERE state = 'serving'"
    )
    return [_model(row) for row in rows]


async def let_serve(tx: Tx, model: ServingModel) -> None:
    """Let a model answer from now on, and drop those that it replaces with their vectors."""
    await tx.execute("DELETE FROM search_models WHERE role = $1 AND id <> $2", model.role, model.id)
    await tx.execute("UPDATE search_models SET state = 'serving' WHERE id = $1", model.id)


async def unembedded(tx: Tx, model_id: int, ids: Sequence[int]) -> list[Unembedded]:
    """Return those of these documents that lack up-to-date vectors of a model."""
    rows = await tx.fetch(
        """
        SELECT d.id, d.project_id, d.video_id, d.text_hash, s.title, s.description, s.tags
          FROM search_documents d JOIN search_sources s ON s.document_id = d.id
         WHERE d.id = ANY($2)
           AND NOT EXISTS (SELECT FROM search_summaries v
                            WHERE v.document_id = d.id AND v.model_id = $1 AND v.text_hash = d.text_hash)
        """,
        model_id,
        list(ids),
    )
    return [
        Unembedded(
            row["id"],
            row["project_id"],
            row["text_hash"],
            Document(row["video_id"], row["title"], row["description"], tags=tuple(row["tags"])),
        )
        for row in rows
    ]


async def unembedded_ids(tx: Tx, model_id: int, *, at_most: int) -> list[int]:
    """Return documents that lack up-to-date vectors of a model."""
    rows = await tx.fetch(
        """
        SELECT d.id FROM search_documents d
         WHERE NOT EXISTS (SELECT FROM search_summaries v
                            WHERE v.document_id = d.id AND v.model_id = $1 AND v.text_hash = d.text_hash)
         ORDER BY d.id LIMIT $2
        """,
        model_id,
        at_most,
    )
    return [row["id"] for row in rows]


async def save_vectors(tx: Tx, model_id: int, embedded: Sequence[Embedded]) -> None:
    """Write the vectors of documents whose text is still what they were made of; projects are locked."""
    rows = await tx.fetch(
        """
        SELECT d.id FROM search_documents d
          JOIN unnest($1::bigint[], $2::bytea[]) AS made (id, text_hash) USING (id, text_hash)
        """,
        [one.document.id for one in embedded],
        [one.document.text_hash for one in embedded],
    )
    current = {row["id"] for row in rows}
    fresh = [one for one in embedded if one.document.id in current]
    await tx.execute(
        "DELETE FROM search_vectors WHERE model_id = $1 AND document_id = ANY($2)",
        model_id,
        [one.document.id for one in fresh],
    )
    await tx.execute_many(
        """
        INSERT INTO search_vectors (document_id, model_id, field, part, embedding)
        VALUES ($1, $2, $3, $4, $5::real[]::halfvec)
        """,
        [
            (one.document.id, model_id, field, part, list(vector))
            for one in fresh
            for field, part, vector in one.fields
        ],
    )
    await tx.execute_many(
        """
        INSERT INTO search_summaries (document_id, model_id, text_hash, embedding)
        VALUES ($1, $2, $3, $4::real[]::halfvec)
            ON CONFLICT (document_id, model_id) DO UPDATE
           SET text_hash = excluded.text_hash, embedding = excluded.embedding
        """,
        [(one.document.id, model_id, one.document.text_hash, list(one.summary)) for one in fresh],
    )


async def count_unembedded(tx: Tx, model_id: int) -> int:
    """Return how many documents lack up-to-date vectors of a model."""
    count: int = await tx.fetch_value(
        """
        SELECT count(*) FROM search_documents d
         WHERE NOT EXISTS (SELECT FROM search_summaries v
                            WHERE v.document_id = d.id AND v.model_id = $1 AND v.text_hash = d.text_hash)
        """,
        model_id,
    )
    return count


async def list_indexed_versions(tx: Tx, *, after: UUID, at_most: int) -> list[tuple[UUID, int]]:
    """Return the videos in the index that the platform knows, with the version that is indexed, by id."""
    rows = await tx.fetch(
        """
        SELECT video_id, max(version) AS version FROM search_documents
         WHERE version > 0 AND video_id > $1 GROUP BY video_id ORDER BY video_id LIMIT $2
        """,
        after,
        at_most,
    )
    return [(row["video_id"], row["version"]) for row in rows]


def _document(row: Record) -> Document:
    columns = dict(row)
    for name in ("id", "version", "is_given"):
        del columns[name]
    return Document(tags=tuple(columns.pop("tags")), **columns)


def _model(row: Record) -> ServingModel:
    return ServingModel(row["id"], row["role"], row["name"], row["sha256"], row["dimensions"])
