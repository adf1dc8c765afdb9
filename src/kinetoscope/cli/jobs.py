"""`kinetoscope jobs`: the background work, above all what failed for good."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from ..kernel.db import Tx
from ..kernel.jobs import JobRecord, State, list_jobs, remove_dead, retry_dead
from .chosen import chosen_settings
from .failing import USAGE, CommandFailed
from .lazy import new_command_app
from .options import AsJson, DataDir
from .output import console, print_json
from .reaching import connected, explained_failures, running_database

T = TypeVar("T")
StateOption = Annotated[
    State | None, typer.Option("--state", help="Only those that are waiting, running or dead.")
]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="Show at most so many.")]
Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Numbers of dead jobs.")]
All = Annotated[bool, typer.Option("--all", help="All dead jobs.")]
_STYLES: dict[State, str] = {"waiting": "", "running": "green", "dead": "red"}

app = new_command_app(invoke_without_command=True)


@app.callback(
    epilog="""Examples:

    kinetoscope jobs --state dead

    kinetoscope jobs retry --all

    kinetoscope jobs remove 17 18"""
)
def jobs(
    context: typer.Context,
    *,
    state: StateOption = None,
    limit: Limit = 50,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show background jobs; retry or remove those that failed.

    The newest come first. A job that fails is tried again, later and later; after its last attempt it is dead
    and stays here until somebody retries or removes it. Jobs that are done are gone.
    """
    if context.invoked_subcommand is None:
        _show(state, limit, data_dir, as_json=as_json)


@app.command("list")
def show(
    *, state: StateOption = None, limit: Limit = 50, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Show background jobs, newest first. The same as `kinetoscope jobs`."""
    _show(state, limit, data_dir, as_json=as_json)


@app.command()
def retry(ids: Ids = None, *, every: All = False, data_dir: DataDir = None) -> None:
    """Let dead jobs be tried anew."""
    chosen = _chosen(ids, every=every)
    revived = _with_database(data_dir, lambda tx: retry_dead(tx, chosen, at=datetime.now(UTC)))
    typer.echo(f"{revived} {_counted(revived)} will be tried again.")


@app.command()
def remove(ids: Ids = None, *, every: All = False, data_dir: DataDir = None) -> None:
    """Remove dead jobs."""
    chosen = _chosen(ids, every=every)
    removed = _with_database(data_dir, lambda tx: remove_dead(tx, chosen))
    typer.echo(f"{removed} {_counted(removed)} removed.")


def _show(state: State | None, limit: int, data_dir: DataDir, *, as_json: bool) -> None:
    found = _with_database(data_dir, lambda tx: list_jobs(tx, state=state, at_most=limit))
    if as_json:
        print_json([asdict(job) | {"payload": dict(job.payload)} for job in found])
    elif found:
        console().print(_table(found))
    else:
        typer.echo(f"There are no {state + ' ' if state else ''}jobs.")


def _table(found: Sequence[JobRecord]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("ID", "KIND", "STATE", "TRIES", "RUNS AT (UTC)", "OF", "LAST ERROR"):
        table.add_column(title, overflow="fold", justify="right" if title in {"ID", "TRIES"} else "left")
    for job in found:
        table.add_row(
            str(job.id),
            job.kind,
            f"[{_STYLES[job.state]}]{job.state}[/]" if _STYLES[job.state] else job.state,
            str(job.attempts),
            f"{job.run_at:%Y-%m-%d %H:%M:%S}",
            ", ".join(str(value) for value in job.payload.values()),
            (job.last_error or "").partition("\n")[0],
        )
    return table


def _chosen(ids: list[int] | None, *, every: bool) -> list[int] | None:
    if bool(ids) == every:
        raise CommandFailed(
            "Say which: numbers of dead jobs (kinetoscope jobs --state dead), or --all.", exit_code=USAGE
        )
    return None if every else ids


def _counted(count: int) -> str:
    return "dead job" if count == 1 else "dead jobs"


def _with_database(data_dir: DataDir, work: Callable[[Tx], Awaitable[T]]) -> T:
    async def run(dsn: str) -> T:
        async with connected(dsn) as tx:
            return await work(tx)

    with running_database(chosen_settings(data_dir=data_dir)) as dsn, explained_failures(dsn):
        return asyncio.run(run(dsn))
