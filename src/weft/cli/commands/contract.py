"""`weft contract`: what products promise, how well they keep it, and what a new version would break."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from weft.cli.answer import answer, fields, rows
from weft.cli.errors import ExitCode
from weft.cli.options import As, Output
from weft.cli.session import ask
from weft.cli.terminal import Terminal
from weft.cli.words import measured

if TYPE_CHECKING:
    from weft.model.principal import Principal
    from weft.platform.node import Node

Name = Annotated[str, typer.Argument(metavar="CONTRACT", help="A contract's name.")]
Old = Annotated[str, typer.Argument(metavar="OLD", help="A schema file, or the name of an applied contract.")]
New = Annotated[
    str, typer.Argument(metavar="NEW", help="A schema file; default: what the folder declares.", show_default=False)
]
File = Annotated[Path, typer.Argument(metavar="FILE", help="An .ndjson, .json or .csv file.")]
Against = Annotated[
    str, typer.Option("--contract", metavar="NAME", help="Default: the only one declared.", show_default=False)
]


def list_contracts(ctx: typer.Context, as_: As = "", output: Output = "table") -> None:
    """Every contract, and whether it is kept."""

    async def question(node: Node, who: Principal) -> Any:
        from weft.cli.contracts import contracts

        return await contracts(node, who)

    terminal = Terminal(ctx.obj)
    columns = {
        "contract": "name",
        "version": "version",
        "product": "product",
        "kept": "state",
        "freshness": "freshness",
        "completeness": "completeness",
        "accuracy": "accuracy",
    }
    answer(
        terminal, output, ask(ctx, question, who=as_), lambda plain: rows(terminal, _spoken(plain["items"]), columns)
    )


def _spoken(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Measures in words; those of a contract that nobody measured are left empty."""
    names = ("freshness", "completeness", "accuracy")
    return [{**item, **{name: measured(name, item[name]) for name in names if name in item}} for item in items]


def show(ctx: typer.Context, name: Name, as_: As = "", output: Output = "table") -> None:
    """One contract in plain words, with its measures."""

    async def question(node: Node, who: Principal) -> Any:
        from weft.cli.contracts import contract

        return await contract(node, who, name)

    terminal = Terminal(ctx.obj)
    answer(terminal, output, ask(ctx, question, who=as_), lambda plain: _page(terminal, plain))


def diff(ctx: typer.Context, old: Old, new: New = "", output: Output = "table") -> None:
    """Compare two versions: exit 1 if the new one breaks readers."""
    from weft.cli.contracts import compared

    terminal = Terminal(ctx.obj)
    found = compared(ctx, old, new)
    answer(terminal, output, found, lambda plain: _difference(terminal, plain))
    if found["level"] == "breaking":
        raise typer.Exit(ExitCode.FAILED)


def try_file(ctx: typer.Context, file: File, name: Against = "", output: Output = "table") -> None:
    """Check the rows of a file: exit 1 if any breaks the contract."""
    from weft.cli.contracts import tested

    terminal = Terminal(ctx.obj)
    found = tested(ctx, file, name)
    columns = {"row": "row", "rule": "rule", "path": "path", "message": "message"}
    answer(terminal, output, found, lambda plain: rows(terminal, plain["items"], columns) if plain["items"] else "")
    terminal.say(f"{found['good']} of {found['rows']} rows keep {found['contract']}")
    if found["bad"]:
        raise typer.Exit(ExitCode.FAILED)


def _page(terminal: Terminal, plain: dict[str, Any]) -> str:
    head = [
        ("contract", plain["name"]),
        ("version", plain["version"]),
        ("product", plain["product"]),
        ("file", plain["path"]),
    ]
    parts = [fields(terminal, head), "\n".join(f"- {sentence}" for sentence in plain["promise"])]
    columns = {"measure": "name", "promised": "promised", "measured": "measured", "state": "state"}
    if plain["measures"]:
        spoken = [
            {**one, **{key: measured(one["name"], one[key]) for key in ("promised", "measured")}}
            for one in plain["measures"]
        ]
        parts.append(rows(terminal, spoken, columns))
    return "\n\n".join(parts)


def _difference(terminal: Terminal, plain: dict[str, Any]) -> str:
    colour = {"breaking": "BREAKING", "compatible": "compatible", "none": "no difference"}[plain["level"]]
    head = terminal.paint("red", colour) if plain["level"] == "breaking" else colour
    example = [f"  would break: {plain['example']}"] if plain["example"] else []
    return "\n".join([head, *(f"  {reason}" for reason in plain["reasons"]), *example])
