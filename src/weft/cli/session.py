"""A visit to a mesh: open its folder, ask as somebody, close it again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from weft.cli.invocation import Invocation
from weft.model.errors import InvalidInput
from weft.model.principal import OPERATOR, Principal

if TYPE_CHECKING:
    from weft.platform.mesh import Mesh
    from weft.platform.node import Node

T = TypeVar("T")


def run_through(work: Coroutine[Any, Any, T]) -> T:
    """Do asynchronous work to its end."""
    import asyncio

    return asyncio.run(work)


def run_server(work: Coroutine[Any, Any, T]) -> T:
    """The same for work that answers many at once, on the quicker event loop where there is one for this system."""
    import asyncio

    try:
        import uvloop
    except ModuleNotFoundError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def mesh_folder(invocation: Invocation) -> Path:
    """The mesh's folder, which has to be one: nothing is created where none was asked for."""
    from weft.platform.workspace import STATE_FOLDER, find_folder

    folder = find_folder(invocation.project)
    holds = (folder / "mesh.yaml", folder / STATE_FOLDER, folder / "domains")
    if not any(path.exists() for path in holds) and not any(folder.glob("*.y*ml")):
        raise InvalidInput(
            f"there is no mesh in {folder}", hint="`weft init DIR` makes one, -C DIR names another folder"
        )
    return folder


@asynccontextmanager
async def opened(invocation: Invocation) -> AsyncGenerator[Mesh]:
    """The mesh of the folder, opened."""
    from weft.platform.mesh import Mesh

    async with Mesh.open(mesh_folder(invocation), environment=invocation.environment) as mesh:
        yield mesh


def ask(ctx: typer.Context, question: Callable[[Node, Principal], Awaitable[T]], *, who: str = "") -> T:
    """The answer of an applied mesh to a question, asked as a user of it or as its operator."""

    async def visit() -> T:
        async with opened(ctx.obj) as mesh:
            if not mesh.node.applied.generation:
                raise InvalidInput("nothing was applied yet", hint="run `weft apply` first")
            return await question(mesh.node, await mesh.principal(who) if who else OPERATOR)

    return run_through(visit())
