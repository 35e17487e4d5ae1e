"""`weft init` and `weft demo`: from nothing to a folder, and from nothing to a mesh that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from weft.cli.session import run_server
from weft.cli.terminal import Terminal
from weft.cli.words import counted

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Where; default: here.", show_default=False)]
Template = Annotated[
    Literal["bank", "empty"], typer.Option("--template", metavar="NAME", help="bank: a whole mesh. empty: a skeleton.")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files that differ.", show_default=False)]
DemoDirectory = Annotated[Path, typer.Option("--dir", metavar="DIR", help="The demo's folder.")]
Port = Annotated[
    int | None, typer.Option("--port", metavar="PORT", help="Default: 8420, or a free one.", show_default=False)
]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Do not open a browser.", show_default=False)]
Seconds = Annotated[
    float,
    typer.Option("--seconds", metavar="N", min=0, help="Stop after so long; else Ctrl-C stops it.", show_default=False),
]


def init(ctx: typer.Context, directory: Directory = Path(), template: Template = "bank", force: Force = False) -> None:
    """Write a new mesh's folder."""
    from weft.cli.scaffold import scaffold

    terminal = Terminal(ctx.obj)
    written = scaffold(directory, template, force=force)
    for path, outcome in written:
        if outcome == "kept":
            terminal.say(
                f"{terminal.paint('yellow', 'kept')}  {path}: it is there already, and differs (--force overwrites)"
            )
        else:
            terminal.detail(f"{outcome:<5} {path}")
    made = sum(outcome in {"new", "replaced"} for _, outcome in written)
    terminal.say(f"{counted(made, 'file')} written to {directory.resolve()}")
    where = "" if directory.resolve() == Path.cwd() else f"cd {directory} && "
    terminal.say(f"next: {where}weft check && weft apply && weft up")


def demo(
    ctx: typer.Context,
    directory: DemoDirectory = Path("weft-demo"),
    port: Port = None,
    no_open: NoOpen = False,
    seconds: Seconds = 0.0,
) -> None:
    """Run the bank example with live data, here and now."""
    from weft.cli.addresses import free_port, open_browser, show_addresses
    from weft.cli.scaffold import scaffold
    from weft.platform.bind import Bind
    from weft.platform.demo import Show, show

    terminal = Terminal(ctx.obj)
    terminal.say(f"making a bank in {directory.resolve()}")
    scaffold(directory, "bank", force=False)

    def ready(address: str) -> None:
        show_addresses(terminal, address, directory.resolve())
        if not no_open:
            open_browser(address)

    run_server(show(Show(folder=directory.resolve(), bind=Bind(port=free_port(port)), seconds=seconds), ready))
    terminal.say(f"stopped; the mesh stays in {directory}: weft -C {directory} up")
