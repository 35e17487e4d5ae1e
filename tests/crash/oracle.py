"""Counts what became of every row that was sent: in a database on disk, since a campaign sends more than memory holds."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import duckdb
import pyarrow as pa

from weft.backends.engines.scan import scan
from weft.platform.node import Node
from weft.tables.layers import table_name

_RECEIVED = "json_extract_string(decode(_raw), '$.payment_id')"
_LAYERS = {"silver": "payment_id", "quarantine": _RECEIVED, "bronze": _RECEIVED}
_COUNTED = """SELECT sent.*, coalesce(bronze.n, 0) AS bronze, coalesce(silver.n, 0) AS silver, coalesce(quarantine.n, 0) AS quarantine
    FROM sent LEFT JOIN bronze USING (id) LEFT JOIN silver USING (id) LEFT JOIN quarantine USING (id)"""
_QUESTIONS = {
    "lost": f"SELECT id FROM ({_COUNTED}) WHERE must AND (bronze = 0 OR if(good, silver, quarantine) = 0)",
    "doubled": " UNION ALL ".join(f"SELECT id FROM {layer} WHERE n > 1" for layer in _LAYERS),
    "leaked": f"""SELECT id FROM ({_COUNTED}) WHERE if(good, quarantine, silver) > 0
        UNION ALL SELECT id FROM (FROM silver UNION ALL FROM quarantine UNION ALL FROM bronze) ANTI JOIN sent USING (id)""",
}
_SENT = pa.schema([("id", pa.string()), ("good", pa.bool_()), ("must", pa.bool_())])
_BATCH = 500_000


@dataclass(frozen=True)
class Sent:
    """Rows by their id, and whether each is good. One that was tried and not acknowledged may be there, or not."""

    filed: Mapping[str, bool]
    tried: Mapping[str, bool]
    acknowledged: Mapping[str, bool]

    def __len__(self) -> int:
        return len(self.filed) + len(self.tried)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Id, whether it is good, whether it has to be there."""
        rows = chain(
            ((name, good, True) for name, good in self.filed.items()),
            ((name, good, name in self.acknowledged) for name, good in self.tried.items()),
        )
        while batch := list(islice(rows, _BATCH)):
            yield pa.RecordBatch.from_arrays([pa.array(column) for column in zip(*batch, strict=True)], schema=_SENT)


@dataclass(frozen=True)
class Counted:
    """What an honest store leaves empty, each up to a few."""

    lost: list[str]
    doubled: list[str]
    leaked: list[str]
    """Bad rows that are in silver, good ones in quarantine, and rows that nobody sent."""
    findings: list[str]
    """What the table store's own check says."""


async def count(folder: Path, product: str, table: str, sent: Sent) -> Counted:
    """Compare what is in the layers with what was sent."""
    node = await Node.open(folder)
    tables = node.engines.tables
    findings: list[str] = []
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch, duckdb.connect(f"{scratch}/count.db") as database:
        database.execute("SET memory_limit = '4GB'; SET preserve_insertion_order = false")
        database.register("batches", pa.RecordBatchReader.from_batches(_SENT, sent.batches()))
        database.execute("CREATE TABLE sent AS FROM batches")
        for layer, payment in _LAYERS.items():
            name = table_name(product, table, layer)
            snapshot = await tables.snapshot(name)
            rows = scan(snapshot.files, snapshot.schema)
            database.execute(f"CREATE TABLE {layer} AS SELECT {payment} AS id, count(*) AS n FROM {rows} GROUP BY 1")
            findings += await tables.verify(name)
        found = {word: [one for (one,) in database.sql(text).fetchall()] for word, text in _QUESTIONS.items()}
    await node.close()
    return Counted(**found, findings=findings)
