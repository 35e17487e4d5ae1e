"""Progress: something that moves while a person waits, one line when it is done where nobody looks."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from weft.cli.terminal import Terminal


@contextmanager
def working(terminal: Terminal, what: str) -> Generator[None]:
    """Show that something is being done."""
    if not terminal.lively:
        yield
        terminal.say(f"done: {what}")
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    parts = (TextColumn("{task.description}"), BarColumn(pulse_style="cyan"), TimeElapsedColumn())
    with Progress(*parts, console=console, transient=True) as progress:
        progress.add_task(what, total=None)
        yield
    terminal.say(f"done: {what}")
