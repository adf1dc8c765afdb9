"""Outgrown: votes for other trainers, and the factors that they send back.

Version 1 of the form. `votes.csv`: voter (a number that stands for it) and video (UUID), oldest first, with a
header; `manifest.json`: the version, and how many votes. Back comes `factors.csv`: video, then one number
for each dimension, without a header. With `pyarrow` installed, votes are written as `votes.parquet` too.
"""

import csv
import json
from array import array
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.db import Database
from . import model_store, vote_store
from .learning import save_trained
from .training import Factors, train_apart

FORM = 1


class Exporting:
    """Gives votes to trainers that run elsewhere, and takes their models."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def export(self, folder: Path) -> int:
        """Write all votes into a folder; return how many."""
        _make(folder)
        async with self._db.read() as tx:
            up_to, _, _ = await model_store.votes_since_model(tx)
        count = 0
        with (folder / "votes.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["voter", "video"])
            async for page in model_store.pages_of_votes(self._db, up_to=up_to):
                writer.writerows(page)
                count += len(page)
        manifest = {"version": FORM, "votes": count}
        (folder / "manifest.json").write_text(json.dumps(manifest) + "\n", encoding="utf-8")
        if find_spec("pyarrow"):
            _write_parquet(folder)
        return count

    async def load_factors(self, folder: Path) -> int:
        """Use factors of videos as the model of histories; return its version."""
        videos: list[UUID] = []
        values = array("f")
        with (folder / "factors.csv").open(encoding="utf-8", newline="") as file:
            for name, *row in csv.reader(file):
                videos.append(UUID(name))
                values.extend(float(value) for value in row)
        factors = Factors(values.tobytes(), len(values) // max(1, len(videos)))
        trained = await train_apart(factors)
        async with self._db.transaction() as tx:
            # The counts of viewers in common stay those of the present model, up to the vote that it knows.
            version = await model_store.save_beside_current(
                tx, method="factors", at=self._clock(), videos=len(videos)
            )
        await save_trained(self._db, version, trained, videos)
        async with self._db.transaction() as tx:
            await vote_store.lock_counting(tx)
            await model_store.use_model(tx, version)
        return version


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


def _write_parquet(folder: Path) -> None:
    tables: Any = import_module("pyarrow.csv")
    parquet: Any = import_module("pyarrow.parquet")
    parquet.write_table(tables.read_csv(folder / "votes.csv"), folder / "votes.parquet")
