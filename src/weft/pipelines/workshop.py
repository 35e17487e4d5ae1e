"""What the pipelines work with: the seams, the mesh as it stands, and each table's compiled contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from weft.contracts.validator import CompiledContract
from weft.model.mesh import Mesh
from weft.model.product import Product, Table
from weft.ports.clock import Clock, Ids
from weft.ports.engine import Engine
from weft.ports.event_log import EventLog
from weft.ports.state_store import StateStore
from weft.ports.table_store import TableStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Handed to every pipeline. `mesh` and `contract` are calls, since an apply may change both while work goes on."""

    mesh: Callable[[], Mesh]
    contract: Callable[[Product, Table], CompiledContract]
    log: EventLog
    state: StateStore
    tables: TableStore
    engine: Engine
    clock: Clock
    ids: Ids
