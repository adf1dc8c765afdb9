"""What is known of the index as a whole, and its settings, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from ..kernel.db import Tx
from .models import IndexState, Mode, ModelProgress, Progress


async def load_state(tx: Tx, project_id: UUID, *, since: date) -> IndexState:
    """Return how a project's index is: its size, what is still to be done, how often nothing was found."""
    row = await tx.fetch_one(
        """
        SELECT COALESCE(p.language, 'auto') AS language,
               (SELECT count(*) FROM search_documents WHERE project_id = $1) AS documents,
               (SELECT count(*) FROM search_documents d CROSS JOIN search_models m
                 WHERE d.project_id = $1
                   AND NOT EXISTS (SELECT FROM search_summaries v
                                    WHERE v.document_id = d.id AND v.model_id = m.id
                                      AND v.text_hash = d.text_hash)) AS pending,
               (SELECT COALESCE(sum(searches), 0)::bigint FROM search_figures
                 WHERE project_id = $1 AND day >= $2) AS searches,
               (SELECT COALESCE(sum(empty), 0)::bigint FROM search_figures
                 WHERE project_id = $1 AND day >= $2) AS empty
          FROM (SELECT) AS one LEFT JOIN search_projects p ON p.project_id = $1
        """,
        project_id,
        since,
    )
    assert row is not None, "one row always"
    return IndexState(project_id, **dict(row))


async def save_language(tx: Tx, project_id: UUID, language: str) -> None:
    """Set what a project's texts are written in."""
    await tx.execute(
        """
        INSERT INTO search_projects (project_id, language) VALUES ($1, $2)
            ON CONFLICT (project_id) DO UPDATE SET language = excluded.language
        """,
        project_id,
        language,
    )


async def add_figures(tx: Tx, day: date, counts: Mapping[tuple[UUID, Mode], tuple[int, int]]) -> None:
    """Count searches, and those that found nothing, by project and mode."""
    rows = sorted(counts.items())
    await tx.execute(
        """
        INSERT INTO search_figures AS f (project_id, day, mode, searches, empty)
        SELECT n.project_id, $1, n.mode, n.searches, n.empty
          FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[])
               AS n (project_id, mode, searches, empty)
          JOIN projects p ON p.id = n.project_id
            ON CONFLICT (project_id, day, mode) DO UPDATE
           SET searches = f.searches + excluded.searches, empty = f.empty + excluded.empty
        """,
        day,
        [project for (project, _), _ in rows],
        [mode for (_, mode), _ in rows],
        [searches for _, (searches, _) in rows],
        [empty for _, (_, empty) in rows],
    )


async def documents_after(tx: Tx, project_id: UUID | None, *, after: int, at_most: int) -> list[int]:
    """Return documents of a project, or of all, in the order of their ids."""
    rows = await tx.fetch(
        """
        SELECT id FROM search_documents
         WHERE ($1::uuid IS NULL OR project_id = $1) AND id > $2 ORDER BY id LIMIT $3
        """,
        project_id,
        after,
        at_most,
    )
    return [row["id"] for row in rows]


async def completions(tx: Tx, project_id: UUID, before: str, last: str, *, at_most: int) -> Sequence[str]:
    """Return the commonest words of a project that begin with `last`, most documents first."""
    rows = await tx.fetch(
        """
        SELECT term FROM search_terms
         WHERE project_id = $1 AND kind = 'word' AND term >= $2 AND term < $2 || chr(1114111)
         ORDER BY documents DESC, term LIMIT $3
        """,
        project_id,
        last,
        at_most,
    )
    return [f"{before}{row['term']}" for row in rows]


async def titles(
    tx: Tx, project_id: UUID, words: Sequence[str], last: str, *, at_most: int
) -> list[tuple[UUID, str]]:
    """Return titles of a project that hold words, and one that begins with `last`; the shortest first."""
    rows = await tx.fetch(
        """
        WITH wanted AS (
            SELECT string_agg('(' || q || ')', ' | ')::tsquery AS held
              FROM (SELECT (plainto_tsquery(language::regconfig, $2)
                            && to_tsquery(language::regconfig, quote_literal($3) || ':*'))::text AS q
                      FROM (SELECT DISTINCT language FROM search_texts WHERE project_id = $1
                             LIMIT 8) AS spoken) AS each
             WHERE q <> ''
        )
        SELECT d.video_id, s.title
          FROM wanted, search_texts t JOIN search_documents d ON d.id = t.document_id
          JOIN search_sources s ON s.document_id = d.id
         WHERE t.project_id = $1 AND t.title_words @@ wanted.held
         ORDER BY length(s.title), s.title LIMIT $4
        """,
        project_id,
        " ".join(words),
        last,
        at_most,
    )
    return [(row["video_id"], row["title"]) for row in rows]


async def load_progress(tx: Tx) -> Progress:
    """Return how the whole index is."""
    documents: int = await tx.fetch_value("SELECT count(*) FROM search_documents")
    waiting: int = await tx.fetch_value(
        "SELECT count(*) FROM jobs WHERE kind LIKE 'search.%' AND state <> 'dead'"
    )
    rows = await tx.fetch(
        """
        SELECT m.role, m.name, m.sha256, m.state,
               (SELECT count(*) FROM search_summaries v JOIN search_documents d ON d.id = v.document_id
                 WHERE v.model_id = m.id AND v.text_hash = d.text_hash) AS done
          FROM search_models m ORDER BY m.role, m.id
        """
    )
    return Progress(documents, waiting, [ModelProgress(**dict(row)) for row in rows])


async def forget_models(tx: Tx) -> None:
    """Drop all vectors; they are made anew."""
    await tx.execute("DELETE FROM search_models")
