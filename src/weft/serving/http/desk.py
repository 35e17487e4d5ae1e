"""The desk: everything that the HTTP port is handed, and nothing that it makes itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from weft.model.principal import Principal
from weft.model.receipt import Receipt
from weft.ports.clock import Clock, Ids
from weft.ports.event_log import Durability
from weft.ports.identity import Identity
from weft.serving.door import Door
from weft.telemetry.logs import Log
from weft.telemetry.metrics import Metrics


class Ingest(Protocol):
    """Takes rows in: checks them, keeps them, answers when they are durable. Access has been decided before."""

    def __call__(
        self,
        who: Principal,
        product: str,
        table: str,
        rows: Sequence[bytes],
        *,
        source: str,
        once: str,
        digest: str,
        trace: str,
    ) -> Awaitable[Receipt]:
        """Rows are JSON texts as they were received. An empty `once` means that nothing is remembered."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the port says of itself, and whom it lets knock."""

    name: str
    environment: str = "local"
    version: str = "0"
    durability: Durability = "fsync"
    hosts: tuple[str, ...] = ()
    """Host names, without port, that requests may name beside this machine's own."""
    portal_folder: Path | None = None
    secure: bool = False
    """Whether callers come over TLS: cookies then never leave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The parts that answer HTTP requests."""

    door: Door
    identity: Identity
    ingest: Ingest
    metrics: Metrics
    log: Log
    settings: Settings
    clock: Clock
    ids: Ids


Ready = Callable[[str], None]
