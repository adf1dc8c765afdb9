"""How far the filling is: bars on a terminal, plain lines elsewhere."""

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars


class Progress(Protocol):
    """Is told how many samples there are, were sent, and are ready."""

    def __enter__(self) -> Self:
        """Begin to show."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        ...

    def show_total(self, total: int) -> None:
        """Show how many there are to be."""
        ...

    def show_sent(self, count: int, now: str) -> None:
        """Show how many were rendered and uploaded, and which is next."""
        ...

    def show_ready(self, count: int) -> None:
        """Show how many play."""
        ...


class BarProgress:
    """Two bars that fill."""

    def __init__(self, console: Console) -> None:
        self._bars = Bars(
            TextColumn("  {task.description}"),
            BarColumn(bar_width=30, complete_style="cyan", finished_style="green"),
            MofNCompleteColumn(),
            TextColumn("[dim]{task.fields[now]}"),
            console=console,
        )
        self._sent: TaskID = self._bars.add_task("Rendering and uploading", total=None, now="")
        self._ready: TaskID = self._bars.add_task("Processing", total=None, now="")

    def __enter__(self) -> Self:
        """Begin to show."""
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        self._bars.stop()

    def show_total(self, total: int) -> None:
        """Show how many there are to be."""
        for task in (self._sent, self._ready):
            self._bars.update(task, total=total)

    def show_sent(self, count: int, now: str) -> None:
        """Show how many were rendered and uploaded, and which is next."""
        self._bars.update(self._sent, completed=count, now=now)

    def show_ready(self, count: int) -> None:
        """Show how many play."""
        self._bars.update(self._ready, completed=count)


class LineProgress:
    """A line for every step."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._total = 0
        self._ready = 0

    def __enter__(self) -> Self:
        """Begin to show."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing: lines need no end."""

    def show_total(self, total: int) -> None:
        """Show how many there are to be."""
        self._total = total
        self._console.print(f"Filling the library with {total} sample videos", soft_wrap=True)

    def show_sent(self, count: int, now: str) -> None:
        """Show which is rendered and uploaded next."""
        if now:
            self._console.print(f"  rendering and uploading {count + 1}/{self._total}: {now}", soft_wrap=True)

    def show_ready(self, count: int) -> None:
        """Show how many play, whenever that has changed."""
        if count > self._ready:
            self._ready = count
            self._console.print(f"  ready {count}/{self._total}", soft_wrap=True)
