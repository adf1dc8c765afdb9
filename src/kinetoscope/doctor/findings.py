"""What an examination finds."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `fix` is the next step where something is not as it should be."""

    subject: str
    state: State
    text: str
    fix: str | None = None


def ok(subject: str, text: str) -> Finding:
    """Return that all is well."""
    return Finding(subject, "ok", text)


def warning(subject: str, text: str, fix: str) -> Finding:
    """Return what works, but not well or not for long."""
    return Finding(subject, "warning", text, fix)


def broken(subject: str, text: str, fix: str) -> Finding:
    """Return what keeps Kinetoscope from working."""
    return Finding(subject, "broken", text, fix)
