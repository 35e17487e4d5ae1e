"""The worker process: refines every table, takes files in, keeps models fresh. Holds the interpreter so that the door need not.

Started by the supervisor as `python -m weft.platform.worker FOLDER ENVIRONMENT`; ends when its standard input closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path

from weft._kit.clock import SystemClock
from weft._kit.lock import FileLock
from weft.model.errors import WeftError
from weft.model.product import Product, Source, Table
from weft.pipelines.follow import Follower
from weft.pipelines.inbox import Inbox
from weft.pipelines.models import Model
from weft.pipelines.refine import Refiner
from weft.platform.node import Node
from weft.platform.workspace import state_folder
from weft.ports.table_store import Layer
from weft.serving.statement import find_tables
from weft.tables.layers import table_name
from weft.telemetry.logs import Log

LONE = 0.05
"""Seconds that a row waits for company when nothing was committed lately."""
STEADY = 0.5
"""Seconds between commits of a steady stream."""
_LOOK = 0.5
_PATIENCE = 1.0
_RETRY = 1.0
_NICE = 5


class Worker:
    """All background work of one mesh."""

    def __init__(self, node: Node, log: Log) -> None:
        self._node = node
        self._log = log
        self._lock = FileLock(state_folder(node.folder) / "worker.lock")

    def acquire(self) -> bool:
        """Become the one worker of this mesh; False if there is one already."""
        return self._lock.acquire()

    def release(self) -> None:
        """Let another process be the worker."""
        self._lock.release()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop, starting anew with each generation of the mesh."""
        while not stop.is_set():
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(job) for job in self._jobs()]
                while not stop.is_set() and not await self._attempt("refresh", self._node.refresh):
                    await _pause(stop, _LOOK)
                for task in tasks:
                    task.cancel()

    def _jobs(self) -> list[Coroutine[None, None, None]]:
        mesh = self._node.mesh
        jobs: list[Coroutine[None, None, None]] = []
        for product in mesh.products:
            for table in product.tables:
                if table.layer == "silver":
                    jobs.append(self._refine(product, table))
                    jobs.append(
                        self._often(
                            f"view {product.name}/{table.name}",
                            Follower(self._node.workshop, product, table).take_in_bulk,
                        )
                    )
                else:
                    jobs.append(self._often(f"model {product.name}/{table.name}", self.model(product, table).refresh))
            jobs.extend(
                self._often(f"inbox {source.name}", self.inbox(product, source).look)
                for source in product.sources
                if source.kind == "files"
            )
        return jobs

    def model(self, product: Product, table: Table) -> Model:
        """The pipeline of a gold table."""
        mesh = self._node.mesh
        found = find_tables(self._node.workshop.engine.translate(table.sql), mesh, owner=product.name)
        layers: dict[tuple[str, str], Layer] = {(p.name, t.name): t.layer for p in mesh.products for t in p.tables}
        inputs = tuple((spelled, table_name(owner, name, layers[owner, name])) for spelled, owner, name in found)
        return Model(self._node.workshop, product, table, inputs)

    def inbox(self, product: Product, source: Source) -> Inbox:
        """The pipeline of a `files` source."""
        return Inbox(self._node.workshop, product, source, self._node.folder, self._node.shelf)

    def refiner(self, product: Product, table: Table) -> Refiner:
        """The pipeline of a silver table."""
        return Refiner(self._node.workshop, product, table, self._node.shelf)

    async def _refine(self, product: Product, table: Table) -> None:
        refiner = self.refiner(product, table)
        clock = self._node.clock
        last = 0.0

        async def batch() -> bool:
            if not await refiner.wait(_PATIENCE):
                return False
            await asyncio.sleep(max(LONE, last + STEADY - clock.monotonic()))
            return await refiner.advance() > 0

        while True:
            if await self._attempt(f"refine {refiner.topic}", batch):
                last = clock.monotonic()

    async def _often(self, name: str, job: Callable[[], Awaitable[bool]]) -> None:
        while True:
            if not await self._attempt(name, job):
                await asyncio.sleep(_LOOK)

    async def _attempt(self, name: str, job: Callable[[], Awaitable[bool]]) -> bool:
        """Run a job; what goes wrong is told and tried again, so that one broken table stops no other."""
        try:
            return await job()
        except WeftError as error:
            self._log.write("error", "job failed", job=name, code=error.code, error=error.message, hint=error.hint)
        except Exception:  # noqa: BLE001 - the boundary of a job: whatever it is, the other tables go on, and the log says where
            self._log.write("error", "job broke", job=name, stack=traceback.format_exc())
        await asyncio.sleep(_RETRY)
        return False


async def drain(node: Node, log: Log, *, models: bool = True, product: str = "", table: str = "") -> bool:
    """Do all that is due now, in this process: for scripts and the CLI. False, and nothing done, while a worker runs.

    With `product`, and `table`, only what is due for them.
    """
    worker = Worker(node, log)
    if not worker.acquire():
        return False
    owners = [owner for owner in node.mesh.products if product in {"", owner.name}]
    due = [(owner, one) for owner in owners for one in owner.tables if table in {"", one.name}]
    try:
        for owner in owners:
            for source in owner.sources:
                while source.kind == "files" and await worker.inbox(owner, source).look():
                    pass
        for owner, one in due:
            if one.layer == "silver":
                await _exhaust(worker.refiner(owner, one), Follower(node.workshop, owner, one))
        for owner, one in due if models else []:
            if one.layer == "gold":
                await worker.model(owner, one).refresh()
    finally:
        worker.release()
    return True


async def _exhaust(refiner: Refiner, follower: Follower) -> None:
    while await refiner.advance():
        pass
    while await follower.advance():
        pass
    while await follower.take_in_bulk():
        pass


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def _main(folder: Path, environment: str) -> None:
    log = Log(sys.stderr, SystemClock())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), lambda: stop.set() if not os.read(sys.stdin.fileno(), 1) else None)
    node = await Node.open(folder, environment)
    worker = Worker(node, log)
    try:
        while not stop.is_set() and not worker.acquire():
            await _pause(stop, _LOOK)
        await worker.run(stop)
    finally:
        worker.release()
        await node.close()


if __name__ == "__main__":
    os.nice(_NICE)
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2]))
