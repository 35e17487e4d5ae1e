"""`weft product`: what exists, what it promises, what it holds, and how to add to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from weft.cli.answer import answer, fields, rows
from weft.cli.options import As, Output, Page, Product, Size
from weft.cli.session import ask
from weft.cli.terminal import Terminal

if TYPE_CHECKING:
    from weft.model.principal import Principal
    from weft.platform.node import Node

Table = Annotated[
    str, typer.Option("--table", "-t", metavar="TABLE", help="Default: its first table.", show_default=False)
]
Where = Annotated[
    list[str],
    typer.Option("--where", "-w", metavar="COL=VALUE", help="Only such rows; also col__gte=1.", show_default=False),
]
Sort = Annotated[str, typer.Option("--sort", metavar="COL", help="Order; -COL turns it round.", show_default=False)]
Key = Annotated[str, typer.Option("--key", metavar="KEY", help="The one row of this key.", show_default=False)]


def list_products(ctx: typer.Context, as_: As = "", output: Output = "table") -> None:
    """The data products of this mesh."""

    async def question(node: Node, who: Principal) -> Any:
        from weft.serving.shelf import Shelf

        return await Shelf(node.door.house).cards(who)

    terminal = Terminal(ctx.obj)
    columns = {
        "product": "name",
        "domain": "domain",
        "version": "version",
        "health": "health",
        "rows in": "received",
        "quarantined": "quarantined",
        "tables": "tables",
        "owner": "owner",
    }
    answer(terminal, output, ask(ctx, question, who=as_), lambda plain: rows(terminal, plain["items"], columns))


def show(ctx: typer.Context, product: Product, as_: As = "", output: Output = "table") -> None:
    """One product: tables, promises, sources, who may read it."""

    async def question(node: Node, who: Principal) -> Any:
        from weft.serving.shelf import Shelf

        return await Shelf(node.door.house).page(product, who)

    terminal = Terminal(ctx.obj)
    answer(terminal, output, ask(ctx, question, who=as_), lambda plain: _page(terminal, plain))


def read(  # noqa: PLR0913, PLR0917 - Typer's options are parameters
    ctx: typer.Context,
    product: Product,
    table: Table = "",
    key: Key = "",
    where: Where = [],  # noqa: B006 - Typer reads the default and never changes it
    sort: Sort = "",
    page: Page = 1,
    size: Size = 20,
    as_: As = "",
    output: Output = "table",
) -> None:
    """Rows of a table, as a user sees them."""
    from weft.cli.rows import one_row, page_of_rows

    async def question(node: Node, who: Principal) -> Any:
        if key:
            return await one_row(node, who, product, table, key)
        return await page_of_rows(node, who, product, table, where=where, sort=sort, page=page, size=size)

    terminal = Terminal(ctx.obj)
    found = ask(ctx, question, who=as_)
    answer(terminal, output, found.document, lambda plain: rows(terminal, plain.get("items", [plain]), found.columns))
    if not key:
        terminal.say(f"{len(found.document['items'])} of {found.document['total']} rows")


def publish(
    ctx: typer.Context,
    product: Product,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An .ndjson, .json or .csv file.")],
    table: Table = "",
    as_: As = "",
    output: Output = "table",
) -> None:
    """Take the rows of a file in; bad ones go to quarantine."""
    from weft.cli.publish import take_file

    terminal = Terminal(ctx.obj)
    found = ask(ctx, lambda node, who: take_file(node, who, product, table, file, terminal), who=as_)
    names = ("file", "product", "table", "received", "accepted", "quarantined", "repeated", "position")
    answer(terminal, output, found, lambda plain: fields(terminal, [(name, plain[name]) for name in names]))
    if found.quarantined:
        terminal.say(f"next: weft quarantine show {product} {found.table}")


def _page(terminal: Terminal, page: dict[str, Any]) -> str:
    heads = ("name", "domain", "version", "owner", "description", "file", "may")
    tables = [{**table, "key": table["key"], "columns": len(table["columns"])} for table in page["tables"]]
    parts = [fields(terminal, [(name, page[name]) for name in heads])]
    shown = {
        "table": "name",
        "layer": "layer",
        "key": "key",
        "columns": "columns",
        "rows": "rows",
        "contract": "contract",
    }
    parts.append(rows(terminal, tables, shown))
    for contract in page["contracts"]:
        title = terminal.paint("bold", f"{contract['name']} {contract['version']}")
        parts.append("\n".join([title, *(f"  {sentence}" for sentence in contract["promise"])]))
    if page["access"]:
        access = {"role": "role", "may": "permissions", "rows": "rows", "purpose": "purpose"}
        parts.append(rows(terminal, page["access"], access))
    if page["sources"]:
        sources = {"source": "name", "kind": "kind", "connected": "connected", "": "hint"}
        parts.append(rows(terminal, page["sources"], sources))
    if page["unserved"]:
        label = terminal.paint("blue", "not served yet")
        notices = [f"{label}: {one['what']}; instead: {one['meanwhile']}" for one in page["unserved"]]
        parts.append("\n".join(notices))
    return "\n\n".join(part for part in parts if part)
