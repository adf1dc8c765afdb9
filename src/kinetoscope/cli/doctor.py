"""`kinetoscope doctor`: what is wrong on this machine."""

from dataclasses import asdict
from datetime import UTC, datetime

import typer
from rich.text import Text

from ..doctor import Finding, examine
from .chosen import chosen_settings
from .lazy import new_command_app
from .options import AsJson, DataDir, Host, Port
from .output import console, print_json

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "broken": ("✗", "red")}
_SUBJECT_WIDTH = 13

app = new_command_app()


@app.command()
def doctor(
    *, host: Host = None, port: Port = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Find and explain what is wrong on this machine.

    Each finding comes with the way to put it right. Nothing is changed or started. Exit code 1 if something
    keeps Kinetoscope from working.
    """
    settings = chosen_settings(host=host, port=port, data_dir=data_dir)
    found = list(examine(settings, now=datetime.now(UTC)))
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            _print(finding)
        typer.echo(_summed_up(found))
    if any(finding.state == "broken" for finding in found):
        raise typer.Exit(1)


def _print(finding: Finding) -> None:
    mark, style = _MARKS[finding.state]
    line = Text.assemble((f"{mark} ", style), (f"{finding.subject:{_SUBJECT_WIDTH}}", "bold"), finding.text)
    console().print(line, soft_wrap=True)
    for number, part in enumerate((finding.fix or "").splitlines()):
        console().print(Text(f"{'  → ' if number == 0 else '    '}{part}", style), soft_wrap=True)


def _summed_up(found: list[Finding]) -> str:
    broken = sum(finding.state == "broken" for finding in found)
    warnings = sum(finding.state == "warning" for finding in found)
    if broken:
        return f"\n{broken} to put right before Kinetoscope works."
    return f"\nReady, with {warnings} to look at." if warnings else "\nAll is well."
