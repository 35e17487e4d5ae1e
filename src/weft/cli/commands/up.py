"""`weft up`, `weft down` and `weft status`: a mesh that runs, and how far it has come."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from weft.cli.answer import answer, fields, rows
from weft.cli.options import Output
from weft.cli.session import ask, mesh_folder, run_server, run_through
from weft.cli.terminal import Terminal
from weft.model.errors import InvalidInput, Unavailable
from weft.model.mesh import Tls

if TYPE_CHECKING:
    from weft.model.principal import Principal
    from weft.platform.node import Node

Host = Annotated[
    str, typer.Option("--host", metavar="HOST", help="Default: as the environment says.", show_default=False)
]
Port = Annotated[
    int | None,
    typer.Option("--port", metavar="PORT", min=0, max=65535, help="0 takes any free one.", show_default=False),
]
Certificate = Annotated[
    str, typer.Option("--tls-certificate", metavar="FILE", help="PEM chain: answer over https.", show_default=False)
]
Key = Annotated[str, typer.Option("--tls-key", metavar="FILE", help="PEM key of the certificate.", show_default=False)]


def up(
    ctx: typer.Context,
    port: Port = None,
    host: Host = "",
    tls_certificate: Certificate = "",
    tls_key: Key = "",
) -> None:
    """Run the mesh until Ctrl-C: portal, API and workers."""
    from weft.cli.addresses import show_addresses
    from weft.platform import supervise
    from weft.platform.bind import bind_of, concerns
    from weft.platform.node import choose_environment
    from weft.platform.workspace import declared_environments

    terminal = Terminal(ctx.obj)
    folder, name = mesh_folder(ctx.obj), ctx.obj.environment
    environment = choose_environment(declared_environments(folder), name)
    bind = bind_of(environment, folder, host=host, port=port, tls=_tls(tls_certificate, tls_key))
    for concern in concerns(bind, folder):
        terminal.say(f"{terminal.paint('yellow', 'warning', sys.stderr)}: {concern}")
    run_server(
        supervise.up(
            folder, environment=name, bind=bind, ready=lambda address: show_addresses(terminal, address, folder)
        )
    )
    terminal.say("stopped")


def _tls(certificate: str, key: str) -> Tls | None:
    if bool(certificate) != bool(key):
        raise InvalidInput("a certificate and its key go together", hint="give --tls-certificate and --tls-key")
    return Tls(certificate=certificate, key=key) if certificate else None


def down(ctx: typer.Context) -> None:
    """Stop the mesh that runs from this folder."""
    from weft.platform import supervise

    terminal = Terminal(ctx.obj)
    try:
        stopped = run_through(supervise.down(mesh_folder(ctx.obj)))
    except TimeoutError as error:
        raise Unavailable(
            "the mesh did not stop in time", hint="it may be finishing work; `weft status`, then try again"
        ) from error
    terminal.say(f"stopped {stopped.address}" if stopped else "nothing runs from this folder")


def status(ctx: typer.Context, output: Output = "table") -> None:
    """Whether the mesh runs, and how far each table has come."""

    async def question(node: Node, _: Principal) -> Any:
        from weft.cli.state import positions
        from weft.platform.supervise import running

        found = running(node.folder)
        return {
            "mesh": node.mesh.name,
            "folder": str(node.folder),
            "generation": node.applied.generation,
            "running": found is not None,
            "address": found.address if found else "",
            "pid": found.pid if found else None,
            "started": found.started if found else "",
            "items": await positions(node),
        }

    terminal = Terminal(ctx.obj)
    answer(terminal, output, ask(ctx, question), lambda plain: _view(terminal, plain))


def _view(terminal: Terminal, plain: dict[str, Any]) -> str:
    state = f"runs at {plain['address']} as process {plain['pid']}" if plain["running"] else "does not run"
    head = [("mesh", f"{plain['mesh']} {state}"), ("folder", plain["folder"]), ("generation", plain["generation"])]
    columns = {
        "product": "product",
        "table": "table",
        "layer": "layer",
        "rows": "rows",
        "received": "received",
        "quarantined": "quarantined",
        "lag": "lag",
        "position": "stored",
    }
    return f"{fields(terminal, head)}\n\n{rows(terminal, plain['items'], columns)}"
