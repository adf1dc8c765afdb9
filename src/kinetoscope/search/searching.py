"""Answering queries: words, meaning, filters, spelling, pages."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ..embeddings import Vector
from ..kernel.db import Database, Tx
from ..projects import ProjectNotFound, find_project_owner
from . import query_store as store
from .embedders import Embedders
from .figures import Figures
from .highlights import highlight
from .index_store import serving_models
from .languages import LANGUAGES, is_english, language_of
from .models import Category, Corpus, Filters, Found, Hit, Mode, Question, Role, Scored, ServingModel, Stem
from .questions import corrected, read_question, without_phrases
from .ranking import MATCHES_FROM, blended, by_words_alone, essential, fused, similarity
from .spelling import best_correction, may_be_misspelled

Annotated = Callable[[Tx, Sequence[UUID]], Awaitable[Collection[UUID]]]
"""Gives those of some videos that have annotations: a demo with annotations is a showcase."""

_EXACT_UP_TO = 5000
"""Up to so many documents under the filters, all of them are compared; beyond, the index looks for them."""

_CANDIDATES = 1000
_NEAREST = 200
_COUNTED_UP_TO = 10_000
_RARE = 2
_FAR_COMMONER = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search as it was asked for."""

    query: str
    filters: Filters
    limit: int
    offset: int
    mode: Mode = "hybrid"


@dataclass(frozen=True, slots=True)
class _Reading:
    """A query as it is understood in a project."""

    question: Question
    languages: tuple[str, ...]
    stems: Mapping[str, Sequence[Stem]]
    coverage: float
    corrected: str | None = None
    suggestion: str | None = None
    matches_from: float = MATCHES_FROM

    @property
    def every_stem(self) -> list[Stem]:
        """All stems, each once."""
        return list({stem.lexeme: stem for stems in self.stems.values() for stem in stems}.values())

    def by_meaning_alone(self) -> "_Reading":
        """Return the same query with no word to look for: then all that is near was meant."""
        return replace(self, stems={}, matches_from=0.0)


@dataclass(frozen=True, slots=True)
class _Scope:
    """The documents that a search is about: all of them where they are few, else only their conditions."""

    values: tuple[object, ...]
    ids: Sequence[int] | None


class Searching:
    """Finds documents in a project."""

    def __init__(self, db: Database, *, embedders: Embedders, annotated: Annotated, figures: Figures) -> None:
        self._db = db
        self._figures = figures
        self._embedders = embedders
        self._annotated = annotated

    async def search(self, caller_id: UUID, project_id: UUID, wanted: Wanted) -> Found:
        """Return one page of what was found, best first; refuses with `ProjectNotFound`."""
        async with self._db.read() as tx:
            await require_project(tx, project_id, caller_id)
            corpus = await store.load_corpus(tx, project_id)
            models: dict[Role, ServingModel] = {model.role: model for model in await serving_models(tx)}
            reading = await _read(tx, project_id, corpus, wanted.query)
        if wanted.mode == "text":
            models = {}
        vectors = await self._query_vectors(models, corpus, reading.question.text)
        mode: Mode = wanted.mode if vectors else "text"
        if mode == "semantic":
            reading = reading.by_meaning_alone()
        async with self._db.read() as tx:
            reading, scope = await self._scope(tx, project_id, wanted.filters, reading)
            ranked, is_exact, total = await _ranked(tx, corpus, reading, scope, vectors)
            found = await _found(tx, reading, ranked, wanted, total=total, is_exact=is_exact, mode=mode)
        self._figures.note(project_id, found.mode, is_empty=not found.total)
        return found

    async def _query_vectors(
        self, models: Mapping[Role, ServingModel], corpus: Corpus, text: str
    ) -> dict[Role, tuple[ServingModel, Vector]]:
        roles: list[Role] = ["main"]
        if corpus.foreign_texts or not is_english(text):
            roles.append("multilingual")
        found: dict[Role, tuple[ServingModel, Vector]] = {}
        for role in roles:
            if (model := models.get(role)) is not None and corpus.documents:
                vector = await self._embedders.query_vector(model, text)
                if vector is not None:
                    found[role] = (model, vector)
        return found

    async def _scope(
        self, tx: Tx, project_id: UUID, filters: Filters, reading: _Reading
    ) -> tuple[_Reading, _Scope]:
        """Return the documents under the filters. A phrase that none of them holds counts as its words."""
        showcases = await showcases_of(tx, project_id, filters.category, self._annotated)
        question = reading.question
        condition = await store.condition_of(tx, question.phrases, question.excluded, reading.languages)
        values = store.filter_values(project_id, filters, condition, showcases)
        ids = await store.matching(tx, values, at_most=_EXACT_UP_TO + 1)
        if not ids and question.phrases:
            plain = without_phrases(question)
            reading = replace(reading, question=plain, corrected=plain.text.replace('"', ""))
            return await self._scope(tx, project_id, filters, reading)
        return reading, _Scope(values, ids if len(ids) <= _EXACT_UP_TO else None)


async def require_project(tx: Tx, project_id: UUID, caller_id: UUID) -> None:
    """Refuse with `ProjectNotFound` what is not the caller's."""
    if await find_project_owner(tx, project_id) != caller_id:
        raise ProjectNotFound


async def showcases_of(
    tx: Tx, project_id: UUID, category: Category | None, annotated: Annotated
) -> Collection[UUID]:
    """Return the demo videos of a project that have annotations, where they are asked for."""
    if category != "showcase":
        return ()
    return await annotated(tx, await store.demo_videos(tx, project_id))


async def _read(tx: Tx, project_id: UUID, corpus: Corpus, text: str) -> _Reading:
    """Return a query with its stems, and its spelling mended where nothing holds a word of it."""
    question = read_question(text)
    languages = _languages(corpus, question.text)
    stems, held = await store.load_stems(tx, project_id, question.words, languages, corpus.documents)
    unknown = [word for word in stems if word not in held and may_be_misspelled(word)]
    coverage = _coverage(question, held)
    if not unknown or (coverage < 0.5 and not is_english(question.text)):  # noqa: PLR2004 - half of the words
        suggestion = await _suggestion(tx, project_id, question, stems)
        return _Reading(question, languages, stems, coverage, suggestion=suggestion)
    corrections = await _corrections(tx, project_id, unknown)
    if not corrections:
        return _Reading(question, languages, stems, coverage)
    mended = corrected(question, corrections)
    stems, held = await store.load_stems(tx, project_id, mended.words, languages, corpus.documents)
    return _Reading(mended, languages, stems, _coverage(mended, held), mended.text, mended.text)


def _languages(corpus: Corpus, text: str) -> tuple[str, ...]:
    """Return in which languages a query is read: the project's, its own, and those of texts unlike it."""
    if corpus.language in LANGUAGES:
        return (corpus.language,)
    languages = {"english", language_of(text)}
    return tuple(sorted(languages | ({"simple"} if corpus.foreign_texts else set[str]())))


def _coverage(question: Question, held: "set[str]") -> float:
    words = set(question.words)
    return len(words & held) / len(words) if words else 0.0


async def _corrections(tx: Tx, project_id: UUID, unknown: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in unknown:
        best = best_correction(word, await store.similar_words(tx, project_id, word))
        if best is not None:
            found[word] = best
    return found


async def _suggestion(
    tx: Tx, project_id: UUID, question: Question, stems: Mapping[str, Sequence[Stem]]
) -> str | None:
    """Return the query with its rare words replaced by much commoner ones that look alike, or None."""
    corrections: dict[str, str] = {}
    for word, found in stems.items():
        often = max((stem.documents for stem in found), default=0)
        if 0 < often <= _RARE and may_be_misspelled(word):
            common = [
                (other, documents)
                for other, documents in await store.similar_words(tx, project_id, word)
                if documents >= _FAR_COMMONER * often
            ]
            best = best_correction(word, common)
            if best is not None:
                corrections[word] = best
    return corrected(question, corrections).text if corrections else None


async def _ranked(
    tx: Tx,
    corpus: Corpus,
    reading: _Reading,
    scope: _Scope,
    vectors: Mapping[Role, tuple[ServingModel, Vector]],
) -> tuple[list[Scored], bool, int]:
    """Return all that was found, best first; whether that is all there is; and how much there is."""
    stems = reading.every_stem
    held, is_exact, count = await _held(tx, scope, stems)
    near: set[int] = set()
    for model, vector in vectors.values():
        near.update(await _nearest(tx, scope, model, vector))
    candidates = sorted({*held, *near})
    text = await store.text_scores(tx, candidates, stems, average_length=corpus.average_length)
    if not vectors:
        ranked = by_words_alone(text)
    else:
        ranked = await _by_meaning_too(tx, reading, candidates, text, vectors)
    return ranked, is_exact, len(ranked) if is_exact else max(count, len(ranked))


async def _held(tx: Tx, scope: _Scope, stems: Sequence[Stem]) -> tuple[list[int], bool, int]:
    """Return documents that hold the rarer words, whether that is all that hold any, and how many do."""
    if not stems:
        return [], True, 0
    every = store.any_of(stems)
    if scope.ids is not None:
        found = await store.holding_among(tx, scope.ids, every, at_most=_EXACT_UP_TO)
        if len(found) <= _CANDIDATES:
            return found, True, len(found)
        rare = await store.holding_among(tx, scope.ids, store.any_of(essential(stems)), at_most=_CANDIDATES)
        return rare, False, len(found)
    found = await store.holding(tx, scope.values, every, in_title=False, at_most=_COUNTED_UP_TO)
    if len(found) <= _CANDIDATES:
        return found, True, len(found)
    rare = store.any_of(essential(stems))
    titled = await store.holding(tx, scope.values, rare, in_title=True, at_most=_CANDIDATES)
    others = await store.holding(tx, scope.values, rare, in_title=False, at_most=_CANDIDATES)
    return list({*titled, *others}), False, len(found)


async def _nearest(tx: Tx, scope: _Scope, model: ServingModel, vector: Vector) -> list[int]:
    if scope.ids is not None:
        return await store.nearest_among(tx, model, scope.ids, vector, at_most=_NEAREST)
    return await store.nearest(tx, scope.values, model, vector, at_most=_NEAREST)


async def _by_meaning_too(
    tx: Tx,
    reading: _Reading,
    candidates: Sequence[int],
    text: Mapping[int, float],
    vectors: Mapping[Role, tuple[ServingModel, Vector]],
) -> list[Scored]:
    found = {
        role: await store.cosines(tx, model, candidates, vector) for role, (model, vector) in vectors.items()
    }
    main, other = found.get("main", {}), found.get("multilingual", {})
    foreign: set[int] = set()
    if "multilingual" in vectors:
        is_foreign = not is_english(reading.question.text)
        foreign = set(candidates) if is_foreign else await store.foreign_among(tx, candidates)
    semantic: dict[int, float] = {}
    for document in candidates:
        first = similarity(main[document]) if document in main else None
        if document in foreign:
            second = similarity(other[document]) if document in other else None
            semantic[document] = blended(first, second)
        elif first is not None:
            semantic[document] = first
    return fused(semantic, text, coverage=reading.coverage, fields=main, matches_from=reading.matches_from)


async def _found(
    tx: Tx,
    reading: _Reading,
    ranked: Sequence[Scored],
    wanted: Wanted,
    *,
    total: int,
    is_exact: bool,
    mode: Mode,
) -> Found:
    page = ranked[wanted.offset : wanted.offset + wanted.limit]
    shown = await store.load_shown(tx, [scored.document_id for scored in page])
    categories, tags = await store.load_facets(tx, [scored.document_id for scored in ranked])
    stems = {stem.lexeme for stem in reading.every_stem}
    words = set(reading.question.words)
    hits: list[Hit] = []
    for rank, scored in enumerate(page, wanted.offset + 1):
        if (one := shown.get(scored.document_id)) is not None:
            fields = {"title": one.title, "description": one.description, "tags": ", ".join(one.tags)}
            marked = {name: highlight(value, stems, words) for name, value in fields.items()}
            hits.append(Hit(one, scored, rank, {name: text for name, text in marked.items() if text}))
    return Found(
        hits=hits,
        total=total,
        is_exact=is_exact,
        mode=mode,
        corrected=reading.corrected,
        suggestion=reading.suggestion,
        categories=categories,
        tags=tags,
        lag=0,
    )
