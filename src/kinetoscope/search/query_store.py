"""The index in PostgreSQL, as queries read it."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from ..kernel.db import Record, Tx
from .models import Corpus, Field, Filters, Role, ServingModel, Shown, Stem
from .ranking import worth_of

FieldCosines = dict[int, dict[Field, float]]


async def load_corpus(tx: Tx, project_id: UUID) -> Corpus:
    """Return what is known of a project's texts as a whole."""
    row = await tx.fetch_one(
        "SELECT documents, words, language, foreign_texts FROM search_projects WHERE project_id = $1",
        project_id,
    )
    if row is None:
        return Corpus(0, 1.0, "auto", 0)
    average = row["words"] / row["documents"] if row["documents"] else 0.0
    return Corpus(row["documents"], max(1.0, average), row["language"], row["foreign_texts"])


async def roles_in_use(tx: Tx) -> list[Role]:
    """Return which models queries need: none while nothing is indexed, one where all texts are English."""
    row = await tx.fetch_one(
        """
        SELECT EXISTS (SELECT FROM search_projects WHERE documents > 0) AS any,
               EXISTS (SELECT FROM search_projects WHERE foreign_texts > 0) AS foreign
        """
    )
    assert row is not None
    roles: list[tuple[Role, bool]] = [("main", row["any"]), ("multilingual", row["foreign"])]
    return [role for role, is_used in roles if is_used]


async def load_stems(
    tx: Tx, project_id: UUID, words: Sequence[str], languages: Sequence[str], documents: int
) -> tuple[dict[str, list[Stem]], set[str]]:
    """Return the stems of each word in these languages, and which words the project's texts hold.

    A word that carries no meaning in any of the languages, such as "the", has no stems and counts as held.
    """
    rows = await tx.fetch(
        """
        SELECT w.word, s.lexeme, COALESCE(t.documents, 0) AS held_by,
               EXISTS (SELECT FROM search_terms k
                        WHERE (k.project_id, k.kind, k.term) = ($1, 'word', w.word)) AS is_spelled
          FROM unnest($2::text[]) AS w (word)
         CROSS JOIN unnest($3::text[]) AS l (language)
          LEFT JOIN LATERAL unnest(tsvector_to_array(to_tsvector(l.language::regconfig, w.word)))
                    AS s (lexeme) ON true
          LEFT JOIN search_terms t ON (t.project_id, t.kind, t.term) = ($1, 'stem', s.lexeme)
        """,
        project_id,
        list(dict.fromkeys(words)),
        list(languages),
    )
    stems: dict[str, dict[str, Stem]] = {}
    held: set[str] = set()
    for row in rows:
        word, lexeme = row["word"], row["lexeme"]
        found = stems.setdefault(word, {})
        if lexeme is None or row["is_spelled"] or row["held_by"] > 0:
            held.add(word)
        if lexeme is not None and row["held_by"] > 0:
            found[lexeme] = Stem(lexeme, row["held_by"], worth_of(documents, row["held_by"]))
    return {word: list(found.values()) for word, found in stems.items()}, held


async def similar_words(tx: Tx, project_id: UUID, word: str) -> list[tuple[str, int]]:
    """Return words of a project's texts that may be meant by one, with how many texts hold each."""
    rows = await tx.fetch(
        """
        SELECT term, documents FROM search_terms
         WHERE kind = 'word' AND search_stumps(project_id, term) && search_stumps($1, $2)
           AND project_id = $1
        """,
        project_id,
        word,
    )
    return [(row["term"], row["documents"]) for row in rows]


async def condition_of(
    tx: Tx,
    phrases: Sequence[Sequence[str]],
    excluded: Sequence[Sequence[str]],
    languages: Sequence[str],
) -> str | None:
    """Return a tsquery, as text, for phrases that must be there and words that must not; None without any."""
    parts: list[str] = []
    for words, must in [*((p, True) for p in phrases), *((e, False) for e in excluded)]:
        found: str | None = await tx.fetch_value(
            """
            SELECT string_agg('(' || q::text || ')', ' | ')
              FROM (SELECT DISTINCT phraseto_tsquery(language::regconfig, $1) AS q
                      FROM unnest($2::text[]) AS language) AS each
             WHERE numnode(q) > 0
            """,
            " ".join(words),
            list(languages),
        )
        if found:
            parts.append(f"({found})" if must else f"!({found})")
    return " & ".join(parts) or None


def filter_values(
    project_id: UUID, filters: Filters, condition: str | None, showcases: Collection[UUID]
) -> tuple[object, ...]:
    """Return the first eight values of every query under filters."""
    return (
        project_id,
        filters.category,
        filters.duration_min,
        filters.duration_max,
        None if filters.author is None else filters.author.casefold(),
        [tag.casefold() for tag in filters.tags] or None,
        condition,
        list(showcases),
    )


async def demo_videos(tx: Tx, project_id: UUID) -> list[UUID]:
    """Return the videos of a project that are demos."""
    rows = await tx.fetch(
        "SELECT video_id FROM search_documents WHERE project_id = $1 AND category = 'demo'", project_id
    )
    return [row[0] for row in rows]


async def matching(tx: Tx, values: tuple[object, ...], *, at_most: int) -> list[int]:
    """Return the documents that pass the filters, up to `at_most`."""
    rows = await tx.fetch(
        "SELECT document_id FROM search_matching($1, $2, $3, $4, $5, $6, $7::text::tsquery, $8, $9)",
        *values,
        at_most,
    )
    return [row[0] for row in rows]


async def holding_among(tx: Tx, ids: Sequence[int], held: str, *, at_most: int) -> list[int]:
    """Return those of these documents that hold what a tsquery wants."""
    rows = await tx.fetch(
        """
        SELECT document_id FROM search_texts
         WHERE document_id = ANY($1) AND words @@ $2::text::tsquery LIMIT $3
        """,
        list(ids),
        held,
        at_most,
    )
    return [row[0] for row in rows]


async def holding(
    tx: Tx, values: tuple[object, ...], held: str, *, in_title: bool, at_most: int
) -> list[int]:
    """Return documents that pass the filters and hold what a tsquery wants."""
    rows = await tx.fetch(
        """
        SELECT document_id
          FROM search_holding($1, $2, $3, $4, $5, $6, $7::text::tsquery, $8, $9::text::tsquery, $10, $11)
        """,
        *values,
        held,
        in_title,
        at_most,
    )
    return [row[0] for row in rows]


async def text_scores(
    tx: Tx, ids: Sequence[int], stems: Sequence[Stem], *, average_length: float
) -> dict[int, float]:
    """Return the BM25 score of each of these documents, fields weighted 50, 30 and 20 %.

    BM25F (Robertson, Zaragoza and Taylor 2004) with k1 = 1.2 and b = 0.75. How often a stem is there, by
    field, comes from ts_rank, which grows with each occurrence by one over its square.
    """
    rows = await tx.fetch(
        """
        SELECT t.document_id,
               sum(q.worth * 2.2 * r.often / (r.often + 1.2 * (0.25 + 0.75 * t.length / $4))) AS score
          FROM search_texts t
          JOIN unnest($2::text[]::tsquery[], $3::float8[]) AS q (lexeme, worth) ON t.words @@ q.lexeme
         CROSS JOIN LATERAL (
               SELECT ts_rank('{0, 0.4, 0.6, 1}', t.words, q.lexeme) * 1.644934 AS often) AS r
         WHERE t.document_id = ANY($1)
         GROUP BY t.document_id
        """,
        list(ids),
        [quoted(stem.lexeme) for stem in stems],
        [stem.worth for stem in stems],
        average_length,
    )
    return {row[0]: row[1] for row in rows}


async def nearest_among(
    tx: Tx, model: ServingModel, ids: Sequence[int], query: Sequence[float], *, at_most: int
) -> list[int]:
    """Return those of these documents that are nearest to a vector: exact."""
    rows = await tx.fetch(
        """
        SELECT document_id FROM search_summaries
         WHERE document_id = ANY($1) AND model_id = $2
         ORDER BY embedding <#> $3::real[]::halfvec LIMIT $4
        """,
        list(ids),
        model.id,
        list(query),
        at_most,
    )
    return [row[0] for row in rows]


async def nearest(
    tx: Tx, values: tuple[object, ...], model: ServingModel, query: Sequence[float], *, at_most: int
) -> list[int]:
    """Return documents that pass the filters and are nearest to a vector, through the HNSW index."""
    rows = await tx.fetch(
        """
        SELECT document_id
          FROM search_nearest($1, $2, $3, $4, $5, $6, $7::text::tsquery, $8, $9, $10, $11, $12)
        """,
        *values,
        model.id,
        model.dimensions,
        list(query),
        at_most,
    )
    return [row[0] for row in rows]


async def cosines(tx: Tx, model: ServingModel, ids: Sequence[int], query: Sequence[float]) -> FieldCosines:
    """Return the cosine of each field of these documents with a vector; of a description, its best part's."""
    rows = await tx.fetch(
        """
        SELECT document_id, field, max(-(embedding <#> $3::real[]::halfvec)) AS cosine
          FROM search_vectors WHERE document_id = ANY($1) AND model_id = $2
         GROUP BY document_id, field
        """,
        list(ids),
        model.id,
        list(query),
    )
    found: FieldCosines = {}
    for row in rows:
        found.setdefault(row["document_id"], {})[row["field"]] = row["cosine"]
    return found


async def foreign_among(tx: Tx, ids: Sequence[int]) -> set[int]:
    """Return those of these documents that are not written in English."""
    rows = await tx.fetch(
        "SELECT document_id FROM search_texts WHERE document_id = ANY($1) AND language <> 'english'",
        list(ids),
    )
    return {row[0] for row in rows}


async def load_shown(tx: Tx, ids: Sequence[int]) -> dict[int, Shown]:
    """Return documents as results show them."""
    rows = await tx.fetch(
        """
        SELECT d.id AS document_id, d.video_id, s.title, s.description, d.category, d.duration,
               s.thumbnail_url, s.author, s.tags, s.created_at
          FROM search_documents d JOIN search_sources s ON s.document_id = d.id
         WHERE d.id = ANY($1)
        """,
        list(ids),
    )
    return {row["document_id"]: shown_of(row) for row in rows}


async def load_facets(tx: Tx, ids: Sequence[int]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Return how many of these documents are in each category, and hold each of their 20 commonest tags."""
    rows = await tx.fetch(
        """
        SELECT 'category' AS facet, category AS value, count(*) AS documents
          FROM search_documents WHERE id = ANY($1) GROUP BY category
         UNION ALL
        (SELECT 'tag', tag, count(*) FROM search_documents, unnest(tag_keys) AS tag
          WHERE id = ANY($1) GROUP BY tag ORDER BY count(*) DESC, tag LIMIT 20)
        """,
        list(ids),
    )
    ordered = sorted(rows, key=lambda row: (-row["documents"], row["value"]))
    facets: dict[str, dict[str, int]] = {"category": {}, "tag": {}}
    for row in ordered:
        facets[row["facet"]][row["value"]] = row["documents"]
    return facets["category"], facets["tag"]


async def find_document(tx: Tx, project_id: UUID, video_id: UUID) -> int | None:
    """Return the document of a video in a project's index."""
    found: int | None = await tx.fetch_value(
        "SELECT id FROM search_documents WHERE project_id = $1 AND video_id = $2", project_id, video_id
    )
    return found


def quoted(lexeme: str) -> str:
    """Return a lexeme as a tsquery that wants just it."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def any_of(stems: Sequence[Stem]) -> str:
    """Return a tsquery that wants any of these stems."""
    return " | ".join(quoted(stem.lexeme) for stem in stems)


def shown_of(row: Record) -> Shown:
    """Return a document from its row."""
    columns = dict(row)
    return Shown(tags=tuple(columns.pop("tags")), **columns)
