"""`weft quarantine`: rows that broke their contract, with their reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from weft.cli.answer import answer, rows
from weft.cli.options import As, Output, Page, Product, Size
from weft.cli.session import ask
from weft.cli.terminal import Terminal

if TYPE_CHECKING:
    from weft.model.principal import Principal
    from weft.platform.node import Node

Table = Annotated[str, typer.Argument(metavar="TABLE", help="Default: its first table.", show_default=False)]


def list_tables(ctx: typer.Context, output: Output = "table") -> None:
    """How many rows wait, by table."""

    async def question(node: Node, _: Principal) -> Any:
        from weft.cli.state import quarantines

        return await quarantines(node)

    terminal = Terminal(ctx.obj)
    columns = {
        "product": "product",
        "table": "table",
        "received": "received",
        "quarantined": "quarantined",
        "last": "last_received",
    }
    answer(terminal, output, ask(ctx, question), lambda plain: rows(terminal, plain["items"], columns))


def show(
    ctx: typer.Context,
    product: Product,
    table: Table = "",
    page: Page = 1,
    size: Size = 20,
    as_: As = "",
    output: Output = "table",
) -> None:
    """The rows of one table, newest first."""

    async def question(node: Node, who: Principal) -> Any:
        from weft.cli.state import quarantined

        return await quarantined(node, who, product, table, page=page, size=size)

    terminal = Terminal(ctx.obj)
    found = ask(ctx, question, who=as_)
    columns = {"time": "time", "rule": "rule", "path": "path", "message": "message", "row": "raw"}
    answer(terminal, output, found, lambda plain: rows(terminal, plain["items"], columns))
    terminal.say(f"{len(found['items'])} of {found['total']} rows")
