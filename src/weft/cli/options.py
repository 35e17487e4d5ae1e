"""The options that several commands share, each written once."""

from __future__ import annotations

from typing import Annotated

import typer

from weft.cli.answer import Form

Output = Annotated[
    Form, typer.Option("--output", "-o", metavar="FORM", help="table, json, yaml or csv.", show_default=False)
]
As = Annotated[str, typer.Option("--as", metavar="USER", help="Ask as this user or client.", show_default=False)]
Page = Annotated[int, typer.Option("--page", metavar="N", min=1, help="Which page.")]
Size = Annotated[int, typer.Option("--size", metavar="N", min=1, max=1000, help="Rows a page.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Agree beforehand; for scripts.")]
Product = Annotated[str, typer.Argument(metavar="PRODUCT", help="A data product.")]
