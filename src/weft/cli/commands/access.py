"""`weft access`: who may do what, and keys for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from weft.cli.answer import answer, rows
from weft.cli.options import Output
from weft.cli.session import ask
from weft.cli.terminal import Terminal

if TYPE_CHECKING:
    from weft.model.principal import Principal
    from weft.platform.node import Node

Only = Annotated[str, typer.Argument(metavar="PRODUCT", help="Default: every product.", show_default=False)]
User = Annotated[str, typer.Argument(metavar="USER", help="A user or client of identities.yaml.")]


def list_grants(ctx: typer.Context, product: Only = "", output: Output = "table") -> None:
    """Roles, what they may do, and who holds them."""

    async def question(node: Node, _: Principal) -> Any:
        from weft.cli.state import grants

        return grants(node, product)

    terminal = Terminal(ctx.obj)
    columns = {
        "product": "product",
        "role": "role",
        "may": "permissions",
        "rows": "rows",
        "purpose": "purpose",
        "held by": "users",
    }
    answer(terminal, output, ask(ctx, question), lambda plain: rows(terminal, plain["items"], columns))


def key(ctx: typer.Context, user: User, output: Output = "table") -> None:
    """Make an API key. It is shown this once."""

    async def question(node: Node, _: Principal) -> Any:
        return {"user": user, "key": await node.identity().new_key(user)}

    terminal = Terminal(ctx.obj)
    answer(terminal, output, ask(ctx, question), lambda plain: plain["key"])
    terminal.say("send it as X-API-Key, or trade it for a token at /oauth/token; it is not shown again")
