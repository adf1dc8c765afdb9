"""How good recommendations are, through the server's own lists, beside popularity and item-kNN.

    python -m benchmarks.recommend DATA [--only ted|movielens] [--sample N]

DATA holds `ted/` and `movielens/` (their licences forbid to pass them on). Everything is loaded into an
embedded PostgreSQL of its own, indexed by the platform's embedder, counted and trained by the platform's
jobs, and asked of its lists. Full ranking: every video is a candidate, no negative is sampled; `--sample`
asks for fewer lists (TED) or people (MovieLens). Intervals: 95 %, by bootstrap over lists.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.recommending import movielens, ted
from benchmarks.recommending.stage import Stage
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", choices=["ted", "movielens"])
    parser.add_argument("--sample", type=int, default=1_000_000)
    parser.add_argument("--models", type=Path, default=Path("kinetoscope-data/models"))
    chosen = parser.parse_args()
    for name, measure in (("ted", ted.measure), ("movielens", movielens.measure)):
        if chosen.only in {None, name}:
            with tempfile.TemporaryDirectory() as folder:
                postgres = EmbeddedPostgres(Path(folder))
                postgres.start()
                try:
                    stage = Stage(postgres.dsn, Path(folder), chosen.models)
                    _print(asyncio.run(measure(stage, chosen.data, chosen.sample)))
                finally:
                    postgres.stop()


def _print(lines: Sequence[str]) -> None:
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
