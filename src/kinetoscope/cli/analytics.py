"""`kinetoscope analytics`: the figures of reports."""

import asyncio

import typer

from ..analytics import Folding
from ..kernel.db import Database
from .chosen import chosen_settings
from .lazy import new_command_app
from .options import DataDir
from .reaching import explained_failures, running_database

app = new_command_app(no_args_is_help=True)


@app.callback()
def analytics() -> None:
    """Make the figures of all reports anew."""


@app.command()
def rebuild(data_dir: DataDir = None) -> None:
    """Make the rollups anew from the raw views, in one transaction.

    They come out as they were; that is what this command is for when there is a doubt. Reports answer
    meanwhile, but those that wait for new views wait until it is done. Months of which the raw views have
    been dropped stay as they are.
    """
    settings = chosen_settings(data_dir=data_dir)
    with running_database(settings) as dsn, explained_failures(dsn):
        asyncio.run(_rebuild(dsn))
    typer.echo("The rollups are made anew.")


async def _rebuild(dsn: str) -> None:
    db = Database(dsn, pool_size=2, statement_seconds=None)
    await db.open()
    try:
        await Folding(db).rebuild()
    finally:
        await db.close()
