"""Relevance of search, through the HTTP API of a really started platform: nDCG@10, Recall@10, MRR.

Three rankings of the same library, each asked of the API by its `mode`: words alone (`text`), meaning alone
(`semantic`), and both (`hybrid`). With 95 % bootstrap intervals: of each, and of what both gain query by
query over each alone. The data are not part of the repository:

    python -m benchmarks.relevance --data DIR [--only ted|youtube|typo|boilerplate|languages] [--sentences N]
"""

import argparse
import json
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from benchmarks.library import Document, Library, started_platform
from benchmarks.retrieval import Judged, Metrics, gain_over, measured, typo_in

NAMES = UUID(int=0)
LANGUAGES = ("fra", "deu", "spa", "por", "rus", "cmn", "jpn", "ara", "hin")
BOILERPLATE = (
    "Subscribe to our channel for more videos every week! Follow us on Twitter and Instagram, and join our "
    "newsletter at https://example.org/news. Like and share if you enjoyed it. Business enquiries: "
    "mail@example.org. Music licensed. All rights reserved. Support us: https://example.org/support "
)

RANKINGS: Mapping[str, str] = {"words alone": "text", "meaning alone": "semantic", "both": "hybrid"}


def main() -> None:
    """Measure what was chosen and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", choices=["ted", "youtube", "typo", "boilerplate", "languages"])
    parser.add_argument("--sentences", type=int, default=300)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, started_platform(Path(folder)) as platform:
        if chosen.only in {None, "ted", "typo"}:
            _topics(platform.new_project(), "TED topics", chosen.data / "ted", "ted_tag", only=chosen.only)
        if chosen.only in {None, "youtube"}:
            _topics(
                platform.new_project(), "YouTube topics", chosen.data / "youtube", "yt_tag", only="youtube"
            )
        if chosen.only in {None, "boilerplate"}:
            _boilerplate(platform.new_project, chosen.data / "ted")
        if chosen.only in {None, "languages"}:
            _languages(platform.new_project, chosen.data / "tatoeba", chosen.sentences)


def _topics(library: Library, title: str, folder: Path, queries: str, *, only: str | None) -> None:
    judged = _judged(folder / f"{queries}.jsonl")
    filled = library.fill(_documents(folder))
    print(f"\n{title}: {len(judged)} queries; indexed {filled}", flush=True)
    if only != "typo":
        _print_rankings(library, judged)
    if title.startswith("TED"):
        clean = _mean(library, judged)
        rng = random.Random(3)
        broken = [Judged(typo_in(one.query, rng), one.relevant) for one in judged]
        messy = _mean(library, broken)
        print(f"  one typo in each query: nDCG@10 {messy:.3f}, {messy / clean:.0%} of {clean:.3f}")


def _boilerplate(new_project: Callable[[], Library], folder: Path) -> None:
    judged = _judged(folder / "ted_tag.jsonl")
    documents = list(_documents(folder))
    clean, noisy = new_project(), new_project()
    clean.fill(documents)
    noisy.fill([{**one, "description": BOILERPLATE + one["description"]} for one in documents])
    before, after = _mean(clean, judged), _mean(noisy, judged)
    print("\nTED, boilerplate before each description:")
    print(f"  nDCG@10 {after:.3f}, {after / before:.0%} of {before:.3f}")


def _languages(new_project: Callable[[], Library], folder: Path, sentences: int) -> None:
    print(f"\nA sentence's translation comes first, of {sentences} drawn (to English / from English):")
    for language in LANGUAGES:
        foreign = _lines(folder / f"{language}-eng.{language}", sentences)
        english = _lines(folder / f"{language}-eng.eng", sentences)
        ways = [
            _first_places(new_project(), queries, titles)
            for queries, titles in ((foreign, english), (english, foreign))
        ]
        print(f"  {language}: " + " / ".join(f"{way:.1%}" for way in ways), flush=True)


def _first_places(library: Library, queries: Sequence[str], titles: Sequence[str]) -> float:
    library.fill([{"video_id": _id(str(n)), "title": title[:255]} for n, title in enumerate(titles)])
    found = _asked(library, queries)
    right = sum(
        bool(results) and results[0]["title"] in {titles[n], titles[n].strip()}
        for n, results in enumerate(found)
    )
    return right / len(queries)


def _print_rankings(library: Library, judged: Sequence[Judged]) -> None:
    queries = [one.query for one in judged]
    figures: dict[str, Metrics] = {}
    for name, mode in RANKINGS.items():
        ranked = [[result["video_id"] for result in found] for found in _asked(library, queries, mode)]
        figures[name] = measured(ranked, judged)
        _print(name, figures[name])
    both = figures.pop("both")
    for name, alone in figures.items():
        low, high = gain_over(both, alone)
        print(f"  both gain over {name}: {both.ndcg - alone.ndcg:+.3f} [{low:+.3f}, {high:+.3f}]", flush=True)


def _print(name: str, metrics: Metrics) -> None:
    low, high = metrics.interval
    print(
        f"  {name:14} nDCG@10 {metrics.ndcg:.3f} [{low:.3f}, {high:.3f}]   "
        f"Recall@10 {metrics.recall:.3f}   MRR {metrics.mrr:.3f}",
        flush=True,
    )


def _mean(library: Library, judged: Sequence[Judged]) -> float:
    found = _asked(library, [one.query for one in judged])
    return measured([[result["video_id"] for result in results] for results in found], judged).ndcg


def _asked(library: Library, queries: Sequence[str], mode: str = "hybrid") -> list[list[dict[str, Any]]]:
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(partial(library.results, mode=mode), queries))


def _documents(folder: Path) -> list[Document]:
    """Return a set's documents, without their tags: those are what the queries are made of."""
    return [
        {
            "video_id": _id(one["id"]),
            "title": _line(one["title"])[:255] or "-",
            "description": one["description"][:10_000],
        }
        for one in _rows(folder / "docs.jsonl")
    ]


def _judged(path: Path) -> list[Judged]:
    return [Judged(row["text"], frozenset(map(_id, row["rel"]))) for row in _rows(path)]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def _lines(path: Path, count: int) -> list[str]:
    """Return some lines, the same ones of both languages: neighbours say nearly the same in many of them."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in random.Random(len(lines)).sample(lines, min(count, len(lines)))]


def _line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]+", " ", text).strip()


def _id(name: str) -> str:
    return str(uuid5(NAMES, name))


if __name__ == "__main__":
    main()
