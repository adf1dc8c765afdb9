"""Likeness of documents in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ..kernel.db import Tx
from .models import ServingModel


@dataclass(frozen=True, slots=True)
class Alike:
    """What a document has in common with another: tags 0–1, words (any scale), and whether the author."""

    document_id: int
    tags: float
    text: float
    same_author: bool


async def summary(tx: Tx, model: ServingModel, document: int) -> list[float] | None:
    """Return the vector of a document as a whole, of length 1."""
    found: list[float] | None = await tx.fetch_value(
        """
        SELECT l2_normalize(embedding)::real[] FROM search_summaries WHERE document_id = $1 AND model_id = $2
        """,
        document,
        model.id,
    )
    return found


async def likeness(
    tx: Tx, model: ServingModel, ids: Sequence[int], vector: Sequence[float]
) -> dict[int, float]:
    """Return the cosine of each of these documents as a whole with a vector."""
    rows = await tx.fetch(
        """
        SELECT document_id, 1 - (embedding <=> $3::real[]::halfvec) AS cosine
          FROM search_summaries WHERE document_id = ANY($1) AND model_id = $2
        """,
        list(ids),
        model.id,
        list(vector),
    )
    return {row[0]: row[1] for row in rows}


async def sharing_words(tx: Tx, document: int, values: tuple[object, ...], *, at_most: int) -> list[int]:
    """Return documents under filters that share one of the ten rarest words of a document, or a tag."""
    rows = await tx.fetch(
        """
        WITH own AS (
            SELECT project_id, words FROM search_texts WHERE document_id = $9
        ), rarest AS (
            SELECT t.term FROM own, unnest(tsvector_to_array(own.words)) AS stem
              JOIN search_terms t ON (t.project_id, t.kind, t.term) = ($1, 'stem', stem)
             WHERE t.documents BETWEEN 2 AND 500 ORDER BY t.documents, t.term LIMIT 10
        ), wanted AS (
            SELECT string_agg(quote_literal(term), ' | ')::tsquery AS held FROM rarest
        )
        SELECT h.document_id FROM wanted,
               search_holding($1, $2, $3, $4, $5, $6, $7::text::tsquery, $8, wanted.held, false, $10) AS h
         WHERE wanted.held IS NOT NULL
         UNION
        (SELECT d.id FROM search_documents d, search_documents o
          WHERE o.id = $9 AND d.project_id = $1 AND d.tag_keys && o.tag_keys
            AND ($2::text IS NULL OR d.category = $2 OR ($2 = 'showcase' AND d.video_id = ANY($8)))
          LIMIT $10)
        """,
        *values,
        document,
        at_most,
    )
    return [row[0] for row in rows]


async def load_alike(tx: Tx, document: int, ids: Sequence[int]) -> list[Alike]:
    """Return what each of these documents has in common with one of the same project."""
    rows = await tx.fetch(
        """
        WITH own AS (
            SELECT d.project_id, d.tag_keys, d.author_key, t.words, p.documents AS total
              FROM search_documents d JOIN search_texts t ON t.document_id = d.id
              JOIN search_projects p ON p.project_id = d.project_id WHERE d.id = $1
        ), stems AS (
            SELECT stem, ln(1 + (own.total - k.documents + 0.5) / (k.documents + 0.5)) AS worth
              FROM own CROSS JOIN LATERAL unnest(tsvector_to_array(own.words)) AS stem
              JOIN search_terms k ON (k.project_id, k.kind, k.term) = (own.project_id, 'stem', stem)
             ORDER BY k.documents LIMIT 40
        ), documents AS MATERIALIZED (
            SELECT id, tag_keys, author_key FROM search_documents WHERE id = ANY($2)
        ), texts AS MATERIALIZED (  -- taken apart once: to match each stem with each text is far dearer
            SELECT t.document_id, sum(s.worth) AS worth
              FROM search_texts t CROSS JOIN LATERAL unnest(tsvector_to_array(t.words)) AS lexeme
              JOIN stems s ON s.stem = lexeme
             WHERE t.document_id = ANY($2) GROUP BY t.document_id
        ), tags AS (
            SELECT d.id, tag FROM documents d, unnest(d.tag_keys) AS tag
             UNION ALL
            SELECT 0, tag FROM own, unnest(own.tag_keys) AS tag
        ), worths AS (
            SELECT tag, ln(1 + (SELECT 1 + count(*) FROM documents WHERE tag_keys <> '{}')::float8 / count(*))
                        AS worth
              FROM tags GROUP BY tag
        ), norms AS (
            SELECT id, sum(worth * worth) AS norm,
                   sum(worth * worth) FILTER (WHERE tag IN (SELECT unnest(tag_keys) FROM own)) AS shared
              FROM tags JOIN worths USING (tag) GROUP BY id
        )
        SELECT d.id AS document_id,
               COALESCE(n.shared / sqrt(n.norm * (SELECT norm FROM norms WHERE id = 0)), 0)::float8 AS tags,
               COALESCE(t.worth, 0)::float8 AS text,
               d.author_key <> '' AND d.author_key = own.author_key AS same_author
          FROM own, documents d
          LEFT JOIN texts t ON t.document_id = d.id
          LEFT JOIN norms n ON n.id = d.id
        """,
        document,
        list(ids),
    )
    return [Alike(row["document_id"], row["tags"], row["text"], row["same_author"]) for row in rows]


async def public_summary(tx: Tx, model: ServingModel, video_id: UUID) -> list[float] | None:
    """Return the vector, of length 1, of what the platform itself knows of a video."""
    found: list[float] | None = await tx.fetch_value(
        """
        SELECT l2_normalize(s.embedding)::real[]
          FROM search_documents d JOIN search_summaries s ON s.document_id = d.id
         WHERE d.video_id = $1 AND d.version > 0 AND NOT d.is_given AND s.model_id = $2
        """,
        video_id,
        model.id,
    )
    return found


async def public_documents(tx: Tx, video_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the documents of what the platform itself knows of these videos."""
    rows = await tx.fetch(
        """
        SELECT video_id, id FROM search_documents
         WHERE video_id = ANY($1) AND version > 0 AND NOT is_given
        """,
        list(video_ids),
    )
    return {row[0]: row[1] for row in rows}


async def nearest_public(
    tx: Tx, model: ServingModel, vector: Sequence[float], *, at_most: int
) -> list[tuple[UUID, float]]:
    """Return the public videos of all projects that are nearest to a vector, with their cosines."""
    rows = await tx.fetch(
        "SELECT video_id, cosine FROM search_nearest_public($1, $2, $3, $4)",
        model.id,
        model.dimensions,
        list(vector),
        at_most,
    )
    return [(row[0], row[1]) for row in rows]


async def near_duplicates(
    tx: Tx, model: ServingModel, ids: Sequence[int], *, from_cosine: float
) -> list[tuple[int, int]]:
    """Return the pairs of these documents that say nearly the same, each once."""
    rows = await tx.fetch(
        """
        SELECT a.document_id, b.document_id
          FROM search_summaries a JOIN search_summaries b ON b.document_id > a.document_id
         WHERE a.document_id = ANY($1) AND b.document_id = ANY($1) AND a.model_id = $2 AND b.model_id = $2
           AND 1 - (a.embedding <=> b.embedding) >= $3
        """,
        list(ids),
        model.id,
        from_cosine,
    )
    return [(row[0], row[1]) for row in rows]
