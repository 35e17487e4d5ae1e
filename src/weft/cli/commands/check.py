"""`weft check` and `weft explain`: everything that is wrong at once, and what any of it means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from weft.cli.answer import Form, answer, rows
from weft.cli.errors import ExitCode
from weft.cli.options import Output
from weft.cli.terminal import Terminal
from weft.cli.words import counted
from weft.model.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from weft.model.product import Product

Where = Annotated[Path | None, typer.Argument(metavar="PATH", help="A folder, or one file of it.", show_default=False)]
Style = Annotated[
    Literal["text", "github"], typer.Option("--format", metavar="STYLE", help="text, or github annotations.")
]
Topic = Annotated[str, typer.Argument(metavar="CODE", help="A code such as WEFT-1203, or `product`.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="With `product`: which one.", show_default=False)]


def check(ctx: typer.Context, path: Where = None, style: Style = "text", output: Output = "table") -> None:
    """Find everything that is wrong with the declarations."""
    from weft.cli.problems import problems_of, summary, text_of

    terminal = Terminal(ctx.obj)
    found = problems_of(path or ctx.obj.project)
    if style == "github":
        from weft.contracts.show import github

        if shown := github(found.problems):
            terminal.data(shown)
    else:
        from weft.contracts.show import documents

        document = {"items": documents(found.problems), "declarations": found.declarations}
        answer(terminal, output, document, lambda _: text_of(found))
    terminal.say(summary(found.problems, found.declarations))
    if any(problem.severity == "error" for problem in found.problems):
        raise typer.Exit(ExitCode.FAILED)


def explain(ctx: typer.Context, topic: Topic, name: Name = "", output: Output = "table") -> None:
    """Explain a code, or what was inferred for a product."""
    if topic == "product":
        _explain_product(ctx, name, output)
    elif name:
        raise InvalidInput(
            f"cannot explain {topic} {name}", hint="weft explain WEFT-1203, or weft explain product NAME"
        )
    else:
        _explain_code(ctx, topic, output)


def _explain_code(ctx: typer.Context, topic: str, output: Form) -> None:
    from weft._kit.nearest import nearest
    from weft.cli.errors import error_of
    from weft.contracts.catalogue import CATALOGUE
    from weft.contracts.show import explanation

    code = topic.upper() if topic.upper().startswith("WEFT-") else f"WEFT-{topic}"
    text = explanation(code)
    if text is None and (told := error_of(code)):
        answer(
            Terminal(ctx.obj),
            output,
            told,
            lambda plain: f"{plain['code']}: {plain['title']}\n\n{plain['explanation']}",
        )
        return
    if text is None:
        guess = nearest(code, CATALOGUE)
        raise NotFound(
            f"there is no code {topic!r}", hint=f"did you mean {guess}?" if guess else "codes look like WEFT-1203"
        )
    answer(Terminal(ctx.obj), output, CATALOGUE[code], lambda _: text)


def _explain_product(ctx: typer.Context, name: str, output: Form) -> None:
    product = _declared(ctx, name)
    terminal = Terminal(ctx.obj)
    document = {"product": product.name, "items": product.inferred}
    columns = {"path": "path", "value": "value", "because": "because", "to set it, write": "line"}
    answer(terminal, output, document, lambda plain: rows(terminal, plain["items"], columns))
    terminal.say(f"{counted(len(product.inferred), 'value')} inferred for {product.name}")


def _declared(ctx: typer.Context, name: str) -> Product:
    """A product as its folder declares it: nothing has to run or be applied."""
    from weft._kit.nearest import did_you_mean
    from weft.platform.workspace import find_folder, read_folder, sound

    mesh = sound(read_folder(find_folder(ctx.obj.project)))
    names = [product.name for product in mesh.products]
    if not name and len(names) == 1:
        return mesh.products[0]
    if not name:
        raise InvalidInput("which product?", hint=f"weft explain product NAME; there are {', '.join(names) or 'none'}")
    found = mesh.product(name)
    if found is None:
        raise NotFound(
            f"the folder declares no product {name!r}", hint=did_you_mean(name, names) or "`weft check` reads it"
        )
    return found
