"""What the demo tells at its end: where to look, who to be, what to try."""

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from .account import EMAIL, DemoAccount
from .client import DemoClient

_PANEL_WIDTH = 72


def show_welcome(console: Console, address: str, account: DemoAccount, client: DemoClient) -> None:
    """Print it. The commands stand outside of the frame, each in one line, to be copied."""
    videos = [video for video in client.own_videos() if video["status"] == "ready"]
    facts = Table.grid(padding=(0, 3, 0, 0))
    facts.add_row("Reference", f"[cyan]{address}/docs[/]")
    if videos:
        watched = next((video for video in videos if video["video_type"] == "demo"), videos[0])
        facts.add_row("Watch", f"[cyan]{address}/watch/{watched['id']}[/]")
    facts.add_row("API", f"[cyan]{address}/api/v1[/]")
    facts.add_row("Library", f"{len(videos)} videos that play")
    facts.add_row("Account", f"[bold]{EMAIL}[/]")
    facts.add_row("Password", f"[bold]{account.password}[/]")
    facts.add_row("Data", str(account.data_dir))
    if console.is_terminal:
        console.print()
        console.print(Panel(facts, title="Kinetoscope is yours", border_style="green", width=_PANEL_WIDTH))
    else:
        console.print(facts, soft_wrap=True)
    console.print("\nList videos:" if console.is_terminal else "List videos:")
    _print_command(console, f"curl -H 'X-API-Key: {account.api_key}' '{address}/api/v1/videos?page_size=3'")
    if videos:
        video = next((video for video in videos if _is_mp4(video)), videos[0])
        ending = "mp4" if _is_mp4(video) else "webm"
        console.print(f"Download one, “{video['title']}”:", soft_wrap=True)
        _print_command(console, f"curl -o clip.{ending} '{client.playback(video['id'])['mp4_url']}'")
    console.print("Ctrl-C stops everything; the next start keeps the data.", style="dim")


def _is_mp4(video: dict[str, dict[str, str]]) -> bool:
    return video["playback"]["content_type"] == "video/mp4"


def _print_command(console: Console, command: str) -> None:
    # Not wrapped by us: a terminal copies its own line breaks as none.
    console.print(
        f"\n  {command}\n" if console.is_terminal else f"  {command}", style="green", soft_wrap=True
    )
