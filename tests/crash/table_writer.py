"""A child that commits to a table for ever and tells each acknowledgement; `test_table_commits` kills it."""

import asyncio
import sys
from pathlib import Path

import pyarrow.parquet as pq

from weft._kit.clock import SystemClock
from weft.backends.table_stores.delta import DeltaTables
from weft.ports.table_store import Append, Upsert, UpsertFiles
from weft.testing.table_store import KEY, KEYED, NAME, ORDER, keyed, step

KEYS = 7
COMPACT_EVERY = 9


def rows_at(position):
    """What the commit at a position brings: a row of its own, and one that all positions fight over."""
    return keyed((f"own-{position}", position, position), (f"shared-{position % KEYS}", position, position))


def expected(position):
    """The table after all commits before a position."""
    return {row["id"]: row["value"] for at in range(position) for row in rows_at(at).to_pylist()}


async def write(folder):
    tables = DeltaTables.open("file:", folder, clock=SystemClock())
    await tables.create(NAME, KEYED)
    at = (await tables.snapshot(NAME)).positions.get("topic")
    position = at.next() if at else 0
    while True:
        await tables.commit(NAME, step(await _write_of(tables, position), position))
        position += 1
        print(position, flush=True)
        if position % COMPACT_EVERY == 0:
            await tables.compact(NAME)


async def _write_of(tables, position):
    rows = rows_at(position)
    if position % 3 == 0:
        path = Path(tables.staging(NAME)) / f"{position}.parquet"
        await asyncio.to_thread(pq.write_table, rows, path)
        return UpsertFiles(files=(str(path),), rows=2, key=KEY, order=ORDER)
    return Append(rows=rows) if position < KEYS and position % 2 else Upsert(rows=rows, key=KEY, order=ORDER)


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1])))
