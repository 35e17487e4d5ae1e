"""One opened mesh: engines chosen by URL, and the doors and pipelines that stand on them. The composition, in one place."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from weft._kit.clock import SystemClock, SystemIds
from weft.contracts.validator import CompiledContract, compile_contract
from weft.governance.audit import AuditTrail
from weft.model.errors import InvalidInput, WeftError
from weft.model.mesh import Environment, Mesh
from weft.model.principal import Principal
from weft.model.product import Product, Table
from weft.model.receipt import Receipt
from weft.pipelines.files import BulkShelf
from weft.pipelines.ingest import Ingest
from weft.pipelines.workshop import Workshop
from weft.platform.applied import Applied, load_applied
from weft.platform.engines import engine_class
from weft.platform.gold import with_gold_columns
from weft.platform.workspace import declared_environments, sound_mesh, state_folder
from weft.ports.engine import Engine
from weft.ports.event_log import EventLog
from weft.ports.identity import Identity
from weft.ports.keys import Keys
from weft.ports.state_store import StateStore
from weft.ports.table_store import TableStore
from weft.serving.door import Door
from weft.serving.reader import House
from weft.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """The opened engines of one environment."""

    log: EventLog
    state: StateStore
    tables: TableStore
    engine: Engine
    keys: Keys

    @classmethod
    def open(cls, environment: Environment, folder: Path, clock: SystemClock) -> Self:
        """Choose and open every engine; nothing waits yet."""
        here = state_folder(folder)
        here.mkdir(parents=True, exist_ok=True)
        return cls(
            log=engine_class("event_logs", environment.log).open(environment.log, here),
            state=engine_class("state_stores", environment.state).open(environment.state, here),
            tables=engine_class("table_stores", environment.tables).open(environment.tables, here, clock=clock),
            engine=engine_class("engines", environment.engine).open(environment.engine, here, clock=clock),
            keys=engine_class("keys", environment.keys).open(environment.keys, here),
        )

    async def close(self) -> None:
        """Close all, the log first: nothing new comes in while the others finish."""
        for engine in (self.log, self.tables, self.engine, self.keys, self.state):
            await engine.close()


class Node:
    """An opened mesh. `mesh` is what was applied last; `refresh` takes in a newer generation."""

    def __init__(self, folder: Path, environment: Environment, engines: Engines, salt: str) -> None:
        self.folder = folder
        self.environment = environment
        self.engines = engines
        self.clock = SystemClock()
        self.metrics = Metrics()
        self.ids = SystemIds()
        self.applied = Applied()
        self.mesh = Mesh(name=folder.name, folder=folder.name)
        self.faults: tuple[WeftError, ...] = ()
        """Models that cannot be computed; their tables show nothing, all others work."""
        self._contracts: dict[tuple[str, str], CompiledContract] = {}
        self.audit = AuditTrail(engines.state, self.clock)
        self.workshop = Workshop(
            mesh=lambda: self.mesh,
            contract=self.contract,
            log=engines.log,
            state=engines.state,
            tables=engines.tables,
            engine=engines.engine,
            clock=self.clock,
            ids=self.ids,
        )
        self.door = Door(
            House(
                mesh=lambda: self.mesh,
                log=engines.log,
                state=engines.state,
                tables=engines.tables,
                engine=engines.engine,
                audit=self.audit,
                clock=self.clock,
                salt=salt,
                metrics=self.metrics,
            )
        )
        self.ingest = Ingest(self.workshop)
        self.shelf = BulkShelf(self.workshop)

    @classmethod
    async def open(cls, folder: Path, environment: str = "local") -> Node:
        """Open the mesh of a folder, with the engines that its mesh.yaml names for an environment."""
        chosen = choose_environment(declared_environments(folder), environment)
        engines = Engines.open(chosen, folder, SystemClock())
        try:
            salt = (await engines.keys.key("masks")).hex()
            node = cls(folder, chosen, engines, salt)
            await node.refresh()
        except WeftError:
            await engines.close()
            raise
        return node

    async def publish(
        self, who: Principal, product: str, table: str, rows: Sequence[bytes], *, source: str, once: str = ""
    ) -> Receipt:
        """Rows from this machine's own hands (CLI, Python): the same decision, the same check, the same log."""
        self.door.allow(who, "write", product, table)
        digest = hashlib.sha256(b"\n".join(rows)).hexdigest() if once else ""
        receipt = await self.ingest.take(who, product, table, rows, source=source, once=once, digest=digest)
        await self.audit.flush()
        return receipt

    async def refresh(self) -> bool:
        """Take in what was applied since; whether anything was."""
        applied = await load_applied(self.engines.state)
        if applied.generation == self.applied.generation:
            return False
        await self.adopt(applied)
        return True

    async def adopt(self, applied: Applied) -> None:
        """Make a generation the mesh of this node."""
        mesh = sound_mesh(applied.files, self.folder.name)
        self.mesh, self.faults = await with_gold_columns(mesh, self.engines.engine)
        self.applied = applied
        self._contracts.clear()

    def identity(self) -> Identity:
        """Who knows the callers of this mesh."""
        url = self.environment.identity
        return engine_class("identities", url).open(
            url,
            state=self.engines.state,
            keys=self.engines.keys,
            identities=lambda: self.mesh.identities,
            clock=self.clock,
            ids=self.ids,
        )

    def contract(self, product: Product, table: Table) -> CompiledContract:
        """The compiled contract of a table, made once a generation."""
        key = (product.name, table.name)
        if key not in self._contracts:
            contract = product.contract(table.contract)
            if contract is None:
                raise InvalidInput(f"{product.name}/{table.name} keeps no contract")
            self._contracts[key] = compile_contract(contract, table)
        return self._contracts[key]

    async def close(self) -> None:
        """Write what is pending and let go of everything."""
        await self.audit.flush()
        await self.shelf.close()
        await self.engines.close()


def choose_environment(known: Mapping[str, Environment], name: str) -> Environment:
    """The URLs of an environment; `local` needs no declaration."""
    if name in known:
        return known[name]
    if name == "local":
        return Environment()
    raise InvalidInput(f"there is no environment {name!r}", hint=f"mesh.yaml declares {', '.join(known) or 'none'}")
