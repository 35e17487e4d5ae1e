"""Delta tables on local disk: durable commits that carry their source positions, one writer a table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from weft._kit.lock import FileLock
from weft.backends.address import Address
from weft.backends.durable import make_folder
from weft.backends.table_stores import versions
from weft.backends.table_stores.commit_log import LOG, State, actions, commit_file, commit_time, weft_note
from weft.backends.table_stores.data_files import STAGING
from weft.backends.table_stores.table import CHECKPOINT, Table, is_crowded
from weft.backends.table_stores.tail import findings
from weft.model.errors import InvalidInput, NotFound, Unavailable
from weft.ports.clock import Clock
from weft.ports.table_store import Commit, Snapshot, TableCapabilities, TableStore, Version

T = TypeVar("T")
PATIENCE = 0.02
"""Seconds between two looks at a lock that another process holds."""


class DeltaTables(TableStore):
    """A folder of Delta tables, one folder a table; readable by any Delta reader."""

    capabilities = TableCapabilities(durable=True, time_travel=True)

    def __init__(self, root: Path, *, clock: Clock) -> None:
        self._root = root
        self._clock = clock
        self._tables: dict[str, Table] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._sound: set[str] = set()
        self._running: set[asyncio.Task[Any]] = set()
        self._database: duckdb.DuckDBPyConnection | None = None
        self._closed = False

    @classmethod
    def open(cls, url: str, folder: Path, *, clock: Clock) -> DeltaTables:
        """The tables at a URL: `file:` means `tables` in the mesh's folder, `file:/path` a folder of its own."""
        return cls(Address.parse(url).path or folder / "tables", clock=clock)

    async def create(
        self, name: str, schema: pa.Schema, *, partition_by: Sequence[str] = (), append_only: bool = False
    ) -> None:
        """Make an empty table, or add the nullable columns that are new."""
        table = await self._table(name, create=True)
        await self._writing(table, lambda: table.create(schema, partition_by, append_only=append_only))

    async def commit(self, name: str, commit: Commit) -> int:
        """Write all rows or none, with the position in the same commit; durable on return."""
        table = await self._table(name)
        version = await self._writing(table, lambda: table.commit(commit))
        self._tend(table, version)
        return version

    async def snapshot(self, name: str, *, version: int | None = None, at: datetime | None = None) -> Snapshot:
        """The latest version, or the one asked for."""
        table = await self._table(name)
        if version is not None:
            state = await asyncio.to_thread(versions.numbered, table.folder, version)
        elif at is not None:
            state = await asyncio.to_thread(versions.as_of, table.folder, at)
        else:
            state = await asyncio.to_thread(table.state)
        return _snapshot(table, state)

    async def history(self, name: str, *, limit: int = 100) -> Sequence[Version]:
        """The latest versions, newest first."""
        table = await self._table(name)
        return await asyncio.to_thread(_history, table.folder, limit)

    async def verify(self, name: str) -> Sequence[str]:
        """Compare the last versions on disk with what was written."""
        table = await self._table(name)
        return await asyncio.to_thread(findings, table.folder)

    async def names(self) -> Sequence[str]:
        """All tables, sorted."""
        self._refuse_if_closed()
        return await asyncio.to_thread(lambda: sorted(_names(self._root, self._root)))

    def staging(self, name: str) -> str:
        """A folder on the table's own file system for files of a later `AppendFiles`."""
        folder = self._folder(name) / STAGING
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)

    async def compact(self, name: str, *, many: int = 2) -> bool:
        """Merge small files now rather than after the next hundred commits."""
        table = await self._table(name)
        return await self._writing(table, lambda: table.compact(many=many))

    async def close(self) -> None:
        """Let go of everything, after the writes that are under way."""
        self._closed = True
        while self._running:
            await asyncio.wait(self._running)
        if self._database is not None:
            self._database.close()
            self._database = None

    async def _table(self, name: str, *, create: bool = False) -> Table:
        self._refuse_if_closed()
        table = self._tables.get(name)
        if table is None:
            table = self._tables.setdefault(name, Table(name, self._folder(name), self._clock, self._connect))
        if not create and not table.exists():
            raise NotFound(f"there is no table {name}", hint="apply the plan that creates it")
        if name not in self._sound and table.exists():
            await self._repair(table)
        return table

    async def _repair(self, table: Table) -> None:
        """Look at a table's tail on first touch; a process that holds its lock has done so before us."""
        async with self._locks.setdefault(table.name, asyncio.Lock()):
            if table.name not in self._sound:
                await asyncio.to_thread(_repair_if_free, table)
                self._sound.add(table.name)

    async def _writing(self, table: Table, work: Callable[[], T]) -> T:
        """Run blocking work as the table's only writer. It ends even if its caller is cancelled: the lock outlives both."""
        return await asyncio.shield(self._spawn(self._alone(table, work)))

    async def _alone(self, table: Table, work: Callable[[], T]) -> T:
        async with self._locks.setdefault(table.name, asyncio.Lock()), _writer(table):
            return await asyncio.to_thread(work)

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _tend(self, table: Table, version: int) -> None:
        """Now and then, behind the callers' backs: merge small files, write a checkpoint."""
        if version and version % CHECKPOINT == 0:
            self._spawn(self._alone(table, lambda: _tended(table)))

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if self._database is None:
            self._database = duckdb.connect(":memory:")
            self._database.execute("SET enable_progress_bar=false; SET TimeZone='UTC'")
            self._database.execute(f"SET temp_directory='{self._root / '.spill'}'")
        return self._database.cursor()

    def _folder(self, name: str) -> Path:
        parts = name.split("/")
        if not all(part and part[0] not in "._" and part.isprintable() and "\\" not in part for part in parts):
            raise InvalidInput(
                f"{name!r} is no name of a table", hint="use names joined by /, none beginning with . or _"
            )
        return self._root.joinpath(*parts)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise Unavailable("the tables are closed", hint="open the mesh again")


@asynccontextmanager
async def _writer(table: Table) -> AsyncGenerator[None]:
    """Hold the table's lock across processes, without holding a thread while waiting for it."""
    make_folder(table.folder)
    lock = FileLock(table.lock_file)
    while not lock.acquire():
        await asyncio.sleep(PATIENCE)
    try:
        yield
    finally:
        lock.release()


def _repair_if_free(table: Table) -> None:
    lock = FileLock(table.lock_file)
    if lock.acquire():
        try:
            table.repair()
        finally:
            lock.release()


def _tended(table: Table) -> None:
    if is_crowded(table.state()):
        table.compact()
    table.checkpoint()


def _snapshot(table: Table, state: State) -> Snapshot:
    return Snapshot(
        name=table.name,
        version=state.version,
        schema=state.schema,
        files=tuple(str(table.folder / path) for path in state.files),
        rows=sum(file.rows for file in state.files.values()),
        positions=state.positions,
        committed_at=state.time,
    )


def _history(folder: Path, limit: int) -> list[Version]:
    return [_version(folder, number) for number in reversed(versions.versions(folder)[-limit:])]


def _version(folder: Path, number: int) -> Version:
    place = commit_file(folder, number)
    pairs = actions(place.read_bytes(), place)
    note = weft_note(pairs)
    told = next((body.get("operation", "") for kind, body in pairs if kind == "commitInfo"), "")
    return Version(
        version=number,
        time=commit_time(pairs, place),
        operation=note.get("operation", told.lower()),
        rows=note.get("rows", 0),
        notes=note.get("notes", {}),
    )


def _names(root: Path, folder: Path) -> list[str]:
    """Tables beneath a folder; a table holds no other."""
    if (folder / LOG).is_dir():
        return [folder.relative_to(root).as_posix()]
    if not folder.is_dir():
        return []
    below = (entry for entry in folder.iterdir() if entry.is_dir() and entry.name[0] not in "._")
    return [name for entry in below for name in _names(root, entry)]
