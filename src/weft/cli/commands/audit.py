"""`weft audit`: who was allowed or denied what, and whether that record is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from weft.cli.answer import answer, rows
from weft.cli.errors import ExitCode, told
from weft.cli.options import As, Output, Page, Size
from weft.cli.session import ask
from weft.cli.terminal import Terminal

if TYPE_CHECKING:
    from weft.model.principal import Principal
    from weft.platform.node import Node

Only = Annotated[str, typer.Option("--product", metavar="NAME", help="Only of this product.", show_default=False)]


def tail(
    ctx: typer.Context, product: Only = "", page: Page = 1, size: Size = 20, as_: As = "", output: Output = "table"
) -> None:
    """The latest decisions, newest first."""

    async def question(node: Node, who: Principal) -> Any:
        from weft.cli.state import decisions

        return await decisions(node, who, product, page=page, size=size)

    terminal = Terminal(ctx.obj)
    columns = {
        "no": "sequence",
        "time": "time",
        "who": "principal",
        "action": "action",
        "product": "product",
        "table": "table",
        "allowed": "allowed",
        "reason": "reason",
    }
    answer(terminal, output, ask(ctx, question, who=as_), lambda plain: rows(terminal, plain["items"], columns))


def verify(ctx: typer.Context, output: Output = "table") -> None:
    """Prove that no entry was changed, moved or removed."""

    async def question(node: Node, _: Principal) -> Any:
        broken = await node.audit.verify()
        total = (await node.audit.tail(size=1))[1]
        return {"whole": broken is None, "entries": total, "broken": broken or ""}

    terminal = Terminal(ctx.obj)
    found = ask(ctx, question)
    answer(terminal, output, found, lambda plain: f"{plain['entries']} entries, unbroken" if plain["whole"] else "")
    if not found["whole"]:
        told(
            terminal,
            f"the audit trail is broken: {found['broken']}",
            "restore .weft from a backup and find out who wrote there",
            code="WEFT-5002",
        )
        raise typer.Exit(ExitCode.FAILED)
