"""The table store: tables as a sequence of committed versions, each carrying the source positions that it contains."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import pyarrow as pa

from weft.model.event import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCapabilities:
    """What an engine can do, as data."""

    durable: bool
    time_travel: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One version of a table, immutable: everything an engine needs to read it without asking again."""

    name: str
    version: int
    schema: pa.Schema
    files: tuple[str, ...]
    rows: int
    positions: Mapping[str, Position]
    """Per source (a topic, an input table) how far this version contains it."""
    committed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """Add these rows."""

    rows: pa.Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsert:
    """Keep, for each key, the row with the greatest `order` column; rows that lose are dropped. Keys in `rows` may repeat."""

    rows: pa.Table
    key: tuple[str, ...]
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Make these the only rows; the schema may change with them."""

    rows: pa.Table


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendFiles:
    """Add Parquet files that already lie in the table's `staging` folder, with the table's schema."""

    files: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertFiles:
    """As `Upsert`, for rows in staged Parquet files: added as they are when no key repeats or is there already."""

    files: tuple[str, ...]
    rows: int
    key: tuple[str, ...]
    order: tuple[str, ...]


Write = Append | Upsert | Replace | AppendFiles | UpsertFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A write with the source position that it brings the table to.

    `source` names the stream; `start` is the position that the writer read from. A commit whose source already stands at
    or beyond `next` changes nothing and returns the present version: each effect happens exactly once.
    """

    write: Write
    source: str
    start: Position
    next: Position
    notes: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One line of a table's history."""

    version: int
    time: datetime
    operation: str
    rows: int
    notes: Mapping[str, str]


class TableStore(ABC):
    """Named tables, each a sequence of versions. Names look like `payments-data-product/payment/silver`."""

    capabilities: TableCapabilities

    @abstractmethod
    async def create(
        self,
        name: str,
        schema: pa.Schema,
        *,
        partition_by: Sequence[str] = (),
        append_only: bool = False,
    ) -> None:
        """Make an empty table; if it exists with a schema that these columns can extend, add the new nullable columns;
        raise Conflict for any other difference.
        """

    @abstractmethod
    async def commit(self, name: str, commit: Commit) -> int:
        """Write all rows or none, with the position in the same commit; durable on return. One writer a table at a time:
        a second writer, in any process, waits. Raises Conflict when `start` is not where the table stands.
        """

    @abstractmethod
    async def snapshot(self, name: str, *, version: int | None = None, at: datetime | None = None) -> Snapshot:
        """The latest version, or the one asked for; NotFound for a table or version that is not there."""

    @abstractmethod
    async def history(self, name: str, *, limit: int = 100) -> Sequence[Version]:
        """The latest versions, newest first."""

    @abstractmethod
    async def verify(self, name: str) -> Sequence[str]:
        """Compare the last versions on disk with what was written; one sentence per finding, none when sound."""

    @abstractmethod
    async def names(self) -> Sequence[str]:
        """All tables, sorted."""

    @abstractmethod
    def staging(self, name: str) -> str:
        """A folder on the table's own file system for files of a later `AppendFiles`."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of everything."""


Layer = Literal["bronze", "silver", "gold", "quarantine"]
