"""The SQL engine: questions over snapshots of tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from weft.ports.table_store import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table as one question may see it: a snapshot, and the columns to offer as SQL expressions over it.

    `columns` maps each offered name to an expression over the snapshot's columns; `where` keeps rows, with `params` bound
    to its `?` marks. Nothing of the snapshot beside them can be reached.
    """

    snapshot: Snapshot
    columns: Mapping[str, str]
    where: str = ""
    params: Sequence[Any] = ()


class Engine(ABC):
    """Runs one SELECT at a time over the relations that it is handed, and nothing else: no files, no network, no settings.

    SQL is in the engine's own dialect (`dialect`, a SQLGlot name); callers translate before they ask.
    """

    dialect: str

    @abstractmethod
    async def query(
        self,
        sql: str,
        relations: Mapping[str, Relation],
        *,
        params: Sequence[Any] = (),
        limit: int | None = None,
        seconds: float = 30.0,
    ) -> pa.Table:
        """The answer to one SELECT; `relations` are its tables by name (`schema.table` or `table`). InvalidInput for SQL
        that cannot run, Unavailable past the time limit.
        """

    @abstractmethod
    def read_json(self, lines: pa.Array, schema: pa.Schema) -> pa.Table:
        """A row for each line, which holds one object whose values are known to fit the schema's columns. An absent member is
        null, one without a column is left out. InvalidInput when the engine cannot take the schema. Blocks; any thread may call.
        """

    @abstractmethod
    def translate(self, sql: str) -> str:
        """A model as it is written (Spark SQL) in the engine's own dialect; InvalidInput for what cannot be said in it."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of everything."""
