"""A bulk file between being judged and being committed: its bronze files are ready, the rest waits for its position."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import msgspec
import pyarrow as pa

from weft.model.row import Checked
from weft.pipelines.columnar import sheets
from weft.pipelines.columnar.measure import Figures
from weft.pipelines.columnar.proof import Verdicts
from weft.ports.table_store import AppendFiles, UpsertFiles

HELD = 512 << 20
"""Bytes of typed rows that wait in memory for their place in the log, of all files together; more wait in files."""
_stagings = itertools.count()
SHEET = 400_000
"""Rows of a staged file at the least, while there are more to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One file on its way in: what each of its rows is stamped with, and where its layers are staged and how shaped."""

    event: str
    received: datetime
    source: str
    file: str
    contract: str
    bronze: pa.Schema
    silver: pa.Schema
    quarantine: pa.Schema
    bronze_staging: Path
    silver_staging: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Typed good rows that wait for their position, in memory or in a file."""

    rows: pa.Table | Path
    lines: pa.Array

    def read(self) -> pa.Table:
        """The rows."""
        return pa.ipc.open_file(pa.memory_map(str(self.rows))).read_all() if isinstance(self.rows, Path) else self.rows


class Room:
    """The memory that the rows of all staged files share."""

    def __init__(self, size: int = HELD) -> None:
        self._free = size
        self._guard = threading.Lock()

    def take(self, size: int) -> bool:
        """Take so much, if there is as much."""
        with self._guard:
            if size > self._free:
                return False
            self._free -= size
            return True

    def give(self, size: int) -> None:
        """Give back what was taken."""
        with self._guard:
            self._free += size


class Staged:
    """A file that was judged: its bronze files are ready to be committed, the rest waits for its place in the log."""

    def __init__(self, load: Load, threads: ThreadPoolExecutor, room: Room) -> None:
        self._load = load
        self._threads = threads
        self._room = room
        self._taken: SimpleQueue[int] = SimpleQueue()
        """What of the room each held piece takes."""
        self._held: list[Held] = []
        self._sheets: SimpleQueue[sheets.Sheet] = SimpleQueue()
        self.figures = Figures()
        self.bad: list[tuple[int, Checked]] = []
        self._bronze_files: list[str] = []
        # The same file may be staged by two processes at once: each cleans up its own folder only.
        name = f"bulk-{load.event}-{os.getpid()}-{next(_stagings)}"
        self.bronze_folder = load.bronze_staging / name
        self.silver_folder = load.silver_staging / name

    @property
    def bronze(self) -> AppendFiles:
        """All rows as received, for the bronze table."""
        return AppendFiles(files=tuple(sorted(self._bronze_files)), rows=self.figures.rows)

    def quarantine(self, position: int, at: datetime) -> pa.Table:
        """The bad rows with their reasons, now that their place in the log is known."""
        rows = [_quarantined(line, checked) for line, checked in sorted(self.bad, key=lambda pair: pair[0])]
        stamps = {**_stamps(self._load), "_position": position, "_quarantined_at": at}
        schema = self._load.quarantine
        return pa.Table.from_pylist([{**stamps, **row} for row in rows], schema=schema)

    async def silver(self, position: int, key: tuple[str, ...], order: tuple[str, ...]) -> UpsertFiles | AppendFiles:
        """The good rows as files for the silver table, keep-latest when it has a key."""
        loop = asyncio.get_running_loop()
        groups = enumerate(_grouped(self._held))
        work = [loop.run_in_executor(self._threads, self._write_silver, n, group, position) for n, group in groups]
        files = tuple(await asyncio.gather(*work))
        rows = sum(len(held.lines) for held in self._held)
        return UpsertFiles(files=files, rows=rows, key=key, order=order) if key else AppendFiles(files=files, rows=rows)

    def finish(self) -> None:
        """Finish the bronze files."""
        while not self._sheets.empty():
            self._finish_bronze(self._sheets.get())

    def release(self) -> None:
        """Let go of the held rows: they were written, or nobody wants them."""
        self._held.clear()
        while not self._taken.empty():
            self._room.give(self._taken.get())

    def discard(self) -> None:
        """Remove what is still staged."""
        self.release()
        for folder in (self.bronze_folder, self.silver_folder):
            shutil.rmtree(folder, ignore_errors=True)

    def take(self, number: int, found: Verdicts) -> Held:
        """Stage a piece's bronze rows and hold its good ones. Runs in a worker thread."""
        if len(found.lines):
            self._write_bronze(number, found)
        return self._hold(number, found)

    def keep(self, figures: Figures, bad: Sequence[tuple[int, Checked]], held: Held) -> None:
        """Add a judged piece; pieces are added in their order."""
        self.figures = self.figures.plus(figures)
        self.bad.extend(bad)
        self._held.append(held)

    def _write_bronze(self, number: int, found: Verdicts) -> None:
        load = self._load
        columns = {
            "_source_offset": found.lines,
            "_row": sheets.minus_one(found.lines),
            "_good": found.good,
            "_raw": found.raw,
        }
        constants: dict[str, sheets.Value] = {**_stamps(load), "_ingestion_timestamp": load.received, "_position": -1}
        shape = pa.schema([column for column in load.bronze if column.name != "_ingestion_date"])
        rows = sheets.shaped(shape, columns, constants, len(found.lines))
        try:
            sheet = self._sheets.get_nowait()
        except Empty:
            day = f"_ingestion_date={load.received.date().isoformat()}"
            sheet = sheets.Sheet(self.bronze_folder / day / f"piece-{number:06}.parquet", rows)
        sheet.write(rows)
        if sheet.rows < SHEET:
            self._sheets.put(sheet)
        else:
            self._finish_bronze(sheet)

    def _finish_bronze(self, sheet: sheets.Sheet) -> None:
        sheet.close()
        self._bronze_files.append(str(sheet.path))

    def _hold(self, number: int, found: Verdicts) -> Held:
        size = found.rows.nbytes
        if self._room.take(size):
            self._taken.put(size)
            return Held(rows=found.rows, lines=found.row_lines)
        path = self.silver_folder / f"held-{number:06}.arrow"
        path.parent.mkdir(parents=True, exist_ok=True)
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, found.rows.schema) as writer:
            writer.write_table(found.rows)
        return Held(rows=path, lines=found.row_lines)

    def _write_silver(self, number: int, group: Sequence[Held], position: int) -> str:
        rows = pa.concat_tables([held.read() for held in group])
        columns = {name: rows.column(name) for name in rows.column_names}
        columns["_row"] = sheets.minus_one(pa.chunked_array([held.lines for held in group]))
        constants: dict[str, sheets.Value] = {
            "_event_id": self._load.event, "_position": position, "_received_at": self._load.received
        }  # fmt: skip
        shaped = sheets.shaped(self._load.silver, columns, constants, rows.num_rows)
        sheet = sheets.Sheet(self.silver_folder / f"piece-{number:06}.parquet", shaped)
        sheet.write(shaped)
        sheet.close()
        return str(sheet.path)


def _grouped(held: Sequence[Held]) -> list[list[Held]]:
    """Held rows as one list a file."""
    groups: list[list[Held]] = []
    rows = SHEET
    for one in held:
        if not len(one.lines):
            continue
        if rows >= SHEET:
            groups.append([])
            rows = 0
        groups[-1].append(one)
        rows += len(one.lines)
    return groups


def _stamps(load: Load) -> dict[str, sheets.Value]:
    return {
        "_event_id": load.event,
        "_source_system": load.source,
        "_source_file": load.file,
        "contract": load.contract,
    }


def _quarantined(line: int, checked: Checked) -> dict[str, Any]:
    first = checked.defects[0]
    return {
        "_row": line - 1,
        "_source_offset": line,
        "rule": first.rule,
        "path": first.path,
        "message": first.message,
        "defects": msgspec.json.encode(checked.defects).decode(),
        "_raw": checked.raw,
    }
