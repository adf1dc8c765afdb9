"""`kinetoscope recommendations`: policies, training, and what other trainers need."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from ..kernel.clock import system_clock
from ..kernel.db import Database
from ..recommendations import (
    Exporting,
    Improving,
    PolicyRecord,
    PolicyUnknown,
    Training,
    Trial,
    difference_of,
    share_of,
)
from .chosen import chosen_settings
from .failing import USAGE, CommandFailed
from .lazy import new_command_app
from .options import AsJson, DataDir
from .output import console, print_json
from .reaching import explained_failures, running_database

T = TypeVar("T")
Days = Annotated[int, typer.Option("--days", min=1, max=90, help="How many days back.")]
Version = Annotated[int, typer.Argument(min=1, help="A version that `policies` shows.")]
Folder = Annotated[Path, typer.Argument(help="Folder of the files; it is made if need be.")]

app = new_command_app(no_args_is_help=True)
policies = new_command_app(invoke_without_command=True)


@app.callback()
def recommendations() -> None:
    """Compare and roll back policies, train, exchange data with other trainers."""


app.add_typer(policies, name="policies", help="Show, compare and roll back the policies of hybrid lists.")


@policies.callback(
    epilog="""Examples:

    kinetoscope recommendations policies

    kinetoscope recommendations policies compare --days 14

    kinetoscope recommendations policies use 1"""
)
def show(context: typer.Context, *, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show how hybrid lists are put together: all versions, what changed, and on what evidence."""
    if context.invoked_subcommand is not None:
        return
    found = _with_database(data_dir, lambda db: Improving(db, clock=system_clock).policies())
    if as_json:
        print_json([_facts(record) for record in found])
    else:
        console().print(_table(found))


@policies.command()
def compare(*, days: Days = 7, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Compare policies by what real viewers clicked: a tenth of them keeps the one before."""
    found = _with_database(data_dir, lambda db: Improving(db, clock=system_clock).trials(days=days))
    if as_json:
        print_json([_trial_facts(trial) for trial in found])
    elif not found:
        typer.echo(f"No hybrid list was shown in the last {days} days.")
    else:
        console().print(_trial_table(found))


@policies.command()
def use(version: Version, *, data_dir: DataDir = None) -> None:
    """Use a version from now on: this rolls back, or forward again. The one before becomes the control."""
    try:
        _with_database(data_dir, lambda db: Improving(db, clock=system_clock).use(version))
    except PolicyUnknown as refusal:
        raise CommandFailed(
            f"There is no policy {version}; see: kinetoscope recommendations policies"
        ) from refusal
    typer.echo(f"Policy {version} is used from now on.")


@app.command()
def train(*, data_dir: DataDir = None) -> None:
    """Train the models now, instead of when enough is new."""
    _with_database(data_dir, lambda db: Training(db, clock=system_clock).train())
    typer.echo("The models know all votes so far.")


@app.command()
def export(folder: Folder, *, data_dir: DataDir = None) -> None:
    """Write the votes as files that other trainers read, such as Spark (docs/recommendations.md)."""
    count = _with_database(data_dir, lambda db: Exporting(db, clock=system_clock).export(folder))
    typer.echo(f"{count} votes are in {folder}.")


@app.command("load-factors")
def load_factors(folder: Folder, *, data_dir: DataDir = None) -> None:
    """Use the factors of videos that another trainer has written there."""
    if not (folder / "factors.csv").exists():
        raise CommandFailed(f"There is no factors.csv in {folder}.", exit_code=USAGE)
    version = _with_database(data_dir, lambda db: Exporting(db, clock=system_clock).load_factors(folder))
    typer.echo(f"Model {version} is used from now on.")


def _with_database(data_dir: DataDir, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run(dsn: str) -> T:
        async with _open(dsn) as db:
            return await work(db)

    with running_database(chosen_settings(data_dir=data_dir)) as dsn, explained_failures(dsn):
        return asyncio.run(run(dsn))


@asynccontextmanager
async def _open(dsn: str) -> AsyncGenerator[Database]:
    db = Database(dsn, pool_size=2)
    await db.open()
    try:
        yield db
    finally:
        await db.close()


def _facts(record: PolicyRecord) -> dict[str, object]:
    return {
        "version": record.policy.version,
        "state": record.state,
        "made_at": record.made_at,
        "based_on": record.based_on,
        "change": dict(record.change),
        "lists": record.lists,
        "gain": record.gain.value,
        "gain_low": record.gain.low,
        "gain_high": record.gain.high,
    }


def _table(found: Sequence[PolicyRecord]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("VERSION", "STATE", "MADE (UTC)", "FROM", "CHANGE", "LISTS", "CLICKS A LIST (95 %)"):
        table.add_column(title)
    for record in found:
        table.add_row(
            str(record.policy.version),
            record.state,
            f"{record.made_at:%Y-%m-%d %H:%M}" if record.made_at else "–",
            str(record.based_on or "–"),
            ", ".join(f"{name} {value:g}" for name, value in record.change.items()) or "–",
            str(record.lists or "–"),
            f"{record.gain.value:+.4f} ({record.gain.low:+.4f} to {record.gain.high:+.4f})"
            if record.lists
            else "–",
        )
    return table


def _trial_facts(trial: Trial) -> dict[str, object]:
    ctr = share_of(trial)
    return {
        "policy": trial.version,
        "lists": trial.lists,
        "impressions": trial.impressions,
        "clicks": trial.clicks,
        "ctr": ctr.value,
        "low": ctr.low,
        "high": ctr.high,
    }


def _trial_table(found: Sequence[Trial]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("POLICY", "LISTS", "SHOWN", "CLICKS", "CTR (95 %)", "AGAINST THE ONE BEFORE (95 %)"):
        table.add_column(title)
    for place, trial in enumerate(found):
        ctr = share_of(trial)
        against = "–"
        if place:
            by = difference_of(trial, found[place - 1])
            against = f"{by.value:+.4f} ({by.low:+.4f} to {by.high:+.4f})"
        table.add_row(
            str(trial.version),
            str(trial.lists),
            str(trial.impressions),
            str(trial.clicks),
            f"{ctr.value:.4f} ({ctr.low:.4f} to {ctr.high:.4f})",
            against,
        )
    return table
