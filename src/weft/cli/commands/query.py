"""`weft query`: one SELECT over the mesh, as a user may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from weft.cli.answer import answer, sheet
from weft.cli.options import As, Output
from weft.cli.session import ask
from weft.cli.terminal import Terminal
from weft.cli.words import counted

if TYPE_CHECKING:
    from weft.model.principal import Principal
    from weft.platform.node import Node

Sql = Annotated[str, typer.Argument(metavar="SQL", help="One SELECT; tables are named product.table.")]
At = Annotated[
    str, typer.Option("--at", metavar="POSITION", help="Wait until this position is there.", show_default=False)
]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1_000_000, help="Rows at most.")]


def query(
    ctx: typer.Context, sql: Sql, as_: As = "", at: At = "", limit: Limit = 1000, output: Output = "table"
) -> None:
    """Answer one SELECT."""

    async def question(node: Node, who: Principal) -> Any:
        from weft.cli.select import select

        return await select(node, who, sql, at=at, limit=limit)

    terminal = Terminal(ctx.obj)
    found = ask(ctx, question, who=as_)
    answer(terminal, output, found, lambda plain: _view(terminal, plain))
    terminal.say(f"{counted(len(found['rows']), 'row')} in {found['seconds']:.2f} s")


def _view(terminal: Terminal, plain: dict[str, Any]) -> str:
    names = [column["name"] for column in plain["columns"]]
    types = [column["type"] for column in plain["columns"]] if terminal.width else []
    return sheet(terminal, names, plain["rows"], types=types)
