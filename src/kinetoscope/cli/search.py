"""`kinetoscope search`: how the search index is, and making it anew."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer

from ..kernel.db import Database
from ..search import Administration, Progress
from .chosen import chosen_settings
from .lazy import new_command_app
from .options import AsJson, DataDir
from .output import print_json
from .reaching import explained_failures, running_database

T = TypeVar("T")
VectorsToo = Annotated[
    bool, typer.Option("--vectors", help="Drop all vectors too; words alone answer until they are made anew.")
]

app = new_command_app(no_args_is_help=True)


@app.callback(
    epilog="""Examples:

    kinetoscope search status

    kinetoscope search rebuild"""
)
def search() -> None:
    """Show how the search index is; make it anew."""


@app.command()
def status(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show how many documents are indexed, and how far each model's vectors are."""
    progress = _with_administration(data_dir, lambda administration: administration.progress())
    if as_json:
        print_json(asdict(progress))
    else:
        _print(progress)


@app.command()
def rebuild(*, vectors: VectorsToo = False, data_dir: DataDir = None) -> None:
    """Let every public video be indexed anew, in the background; the present index serves meanwhile."""
    count = _with_administration(data_dir, lambda administration: administration.rebuild(vectors=vectors))
    typer.echo(f"{count} {'video' if count == 1 else 'videos'} will be indexed anew.")


def _print(progress: Progress) -> None:
    typer.echo(f"documents  {progress.documents}")
    typer.echo(f"waiting    {progress.waiting} {'job' if progress.waiting == 1 else 'jobs'}")
    for model in progress.models:
        share = f" ({model.done / progress.documents:.0%})" if progress.documents else ""
        typer.echo(
            f"{model.role:13} {model.name} {model.sha256[:12]}, {model.state}: "
            f"{model.done} of {progress.documents}{share}"
        )
    if not progress.models:
        typer.echo("No vectors yet: words alone answer.")


def _with_administration(data_dir: DataDir, work: Callable[[Administration], Awaitable[T]]) -> T:
    async def run(dsn: str) -> T:
        db = Database(dsn, pool_size=2)
        await db.open()
        try:
            return await work(Administration(db, clock=lambda: datetime.now(UTC)))
        finally:
            await db.close()

    with running_database(chosen_settings(data_dir=data_dir)) as dsn, explained_failures(dsn):
        return asyncio.run(run(dsn))
