"""`weft run`: do now what a worker would do soon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from weft.cli.answer import answer, rows
from weft.cli.options import Output
from weft.cli.session import ask
from weft.cli.terminal import Terminal
from weft.cli.words import counted

if TYPE_CHECKING:
    from weft.model.principal import Principal
    from weft.platform.node import Node

Target = Annotated[str, typer.Argument(metavar="PRODUCT[/TABLE]", help="Default: everything.", show_default=False)]


def run(ctx: typer.Context, target: Target = "", output: Output = "table") -> None:
    """Take pending rows in and refresh models."""
    terminal = Terminal(ctx.obj)

    async def question(node: Node, _: Principal) -> Any:
        from weft.cli.work import work

        return await work(node, target, terminal)

    found = ask(ctx, question)
    columns = {
        "product": "product",
        "table": "table",
        "kind": "kind",
        "received": "received",
        "good": "good",
        "bad": "bad",
        "seconds": "seconds",
        "status": "status",
    }
    answer(terminal, output, found, lambda plain: rows(terminal, plain["items"], columns) if plain["items"] else "")
    terminal.say(counted(len(found["items"]), "run") if found["items"] else "nothing was due")
