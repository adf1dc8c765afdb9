"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Directory that holds database, files and secrets. "
        "By default KINETOSCOPE_DATA_DIR, else ./kinetoscope-data.",
    ),
]
Host = Annotated[
    str | None,
    typer.Option("--host", metavar="ADDRESS", help="Address to listen on; 0.0.0.0 for all of the machine."),
]
Port = Annotated[
    int | None,
    typer.Option("--port", metavar="PORT", help="Port to listen on; 0 takes any free one."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        help="API processes; by default one on up to two cores, else one less than there are cores.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Clips = Annotated[int | None, typer.Option("--clips", min=1, hidden=True)]
Lifeline = Annotated[int | None, typer.Option("--lifeline", hidden=True)]
SfuNumber = Annotated[int, typer.Option("--number", min=0, hidden=True)]
ListenerFd = Annotated[int | None, typer.Option("--fd", hidden=True)]
