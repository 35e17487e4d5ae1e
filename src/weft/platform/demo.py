"""The demo: a mesh from the examples, applied, running, and fed with live data."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from weft.model.errors import Environment
from weft.platform.apply import apply_plan, plan_folder
from weft.platform.bind import Bind
from weft.platform.node import Node
from weft.platform.supervise import up

_SIMULATOR = "simulator.py"
_FEEDER = "simulator"
"""The client that sends the demo's data, where one is declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """How the demo is to run."""

    folder: Path
    bind: Bind
    seconds: float = 0.0
    """Stop after so long; 0 runs until told to stop."""


async def show(demo: Show, ready: Callable[[str], None]) -> None:
    """Apply what the folder declares, run it, and feed it until told to stop."""
    key = await _prepare(demo.folder)
    stop = asyncio.Event()
    started: list[asyncio.subprocess.Process] = []
    jobs: list[asyncio.Task[None]] = []

    def announce(address: str) -> None:
        jobs.append(asyncio.create_task(_feed(demo, address, key, started)))
        ready(address)

    if demo.seconds:
        asyncio.get_running_loop().call_later(demo.seconds, stop.set)
    try:
        await up(demo.folder, bind=demo.bind, ready=announce, stop=stop)
    finally:
        await asyncio.gather(*jobs)
        for process in started:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _prepare(folder: Path) -> str:
    """Apply what the folder declares, and make a key for the simulator."""
    node = await Node.open(folder)
    try:
        await apply_plan(node, await plan_folder(node))
        users = node.mesh.identities.users
        writers = sorted((user for user in users if _may_write(node, user.roles)), key=lambda user: user.id != _FEEDER)
        if not writers:
            raise Environment("nobody in identities.yaml may write a product", hint="give a user a role with write")
        return await node.identity().new_key(writers[0].id)
    finally:
        await node.close()


def _may_write(node: Node, roles: frozenset[str]) -> bool:
    return any(
        grant.role in roles and grant.permissions & {"write", "admin"} for p in node.mesh.products for grant in p.access
    )


async def _feed(demo: Show, address: str, key: str, started: list[asyncio.subprocess.Process]) -> None:
    """Start the example's simulator, if it has one."""
    simulator = demo.folder / _SIMULATOR
    if simulator.is_file():
        environment = {**os.environ, "WEFT_URL": address, "WEFT_KEY": key}
        started.append(await asyncio.create_subprocess_exec(sys.executable, str(simulator), env=environment))
