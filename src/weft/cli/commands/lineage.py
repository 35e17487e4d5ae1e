"""`weft lineage`: where a product's data comes from and goes to, and how one row got here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from weft.cli.answer import answer, fields
from weft.cli.options import As, Output, Product
from weft.cli.session import ask
from weft.cli.terminal import Terminal

if TYPE_CHECKING:
    from weft.model.principal import Principal
    from weft.platform.node import Node

Table = Annotated[str, typer.Argument(metavar="TABLE", help="A table of the product.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="The row's key; parts joined by commas.")]


def show(ctx: typer.Context, product: Product, as_: As = "", output: Output = "table") -> None:
    """The tables of a product and what they stand on."""

    async def question(node: Node, who: Principal) -> Any:
        from weft.cli.origins import graph

        return await graph(node, who, product)

    terminal = Terminal(ctx.obj)
    answer(terminal, output, ask(ctx, question, who=as_), _graph)


def record(
    ctx: typer.Context, product: Product, table: Table, key: Key, as_: As = "", output: Output = "table"
) -> None:
    """One row, from the answer back to the request that brought it."""

    async def question(node: Node, who: Principal) -> Any:
        from weft.cli.origins import trail

        return await trail(node, who, product, table, key)

    terminal = Terminal(ctx.obj)
    answer(terminal, output, ask(ctx, question, who=as_), lambda plain: _trail(terminal, plain))


def _graph(plain: dict[str, Any]) -> str:
    labels = {node["id"]: f"{node['label']} ({node['kind']})" for node in plain["nodes"]}
    arrows = [f"{labels[edge['from']]} -> {labels[edge['to']]}" for edge in plain["edges"]]
    alone = [label for name, label in labels.items() if not any(name in (e["from"], e["to"]) for e in plain["edges"])]
    return "\n".join([*arrows, *alone])


def _trail(terminal: Terminal, plain: dict[str, Any]) -> str:
    blocks: list[str] = []
    for step in plain["steps"]:
        head = f"{terminal.paint('bold', step['kind'])}  {step['label']}"
        detail = fields(terminal, list(step["detail"].items()))
        blocks.append("\n".join([head, *(f"  {line}" for line in detail.splitlines())]))
    return "\n".join(blocks)
