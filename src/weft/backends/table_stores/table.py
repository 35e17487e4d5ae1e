"""One Delta table in a folder: its state, and the writes that bring it to the next version. Blocking; one writer at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from weft.backends.durable import make_folder, sync_folder, write_once
from weft.backends.engines.scan import copy, scan, select
from weft.backends.table_stores import data_files, versions
from weft.backends.table_stores.commit_log import LOG, Change, DataFile, State, commit_file, delta_schema, spell
from weft.backends.table_stores.rewrite import Merge, Merger
from weft.backends.table_stores.tail import set_bad_tail_aside
from weft.model.errors import Conflict, InvalidInput, NotFound, Unavailable
from weft.model.event import Position
from weft.ports.clock import Clock
from weft.ports.table_store import Append, AppendFiles, Commit, Replace, Upsert, UpsertFiles

SMALL = 32 << 20
"""Files below this size are worth merging."""
MANY = 100
"""So many small files in one partition are merged into one."""
CHECKPOINT = 100
"""A checkpoint every so many versions keeps opening fast."""


class Table:
    """A table's folder. Reads need no lock; everything that writes is called with the table's lock held."""

    def __init__(self, name: str, folder: Path, clock: Clock, connect: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self.name = name
        self.folder = folder
        self._clock = clock
        self._connect = connect
        self._state: State | None = None

    @property
    def lock_file(self) -> Path:
        """The file whose lock makes a process the table's writer."""
        return self.folder / "_writer.lock"

    def exists(self) -> bool:
        """Whether the table was ever created here."""
        return (self.folder / LOG).is_dir()

    def state(self) -> State:
        """The latest state."""
        try:
            state = versions.forward(self.folder, self._state) if self._state else versions.newest(self.folder)
        except NotFound as error:
            raise NotFound(f"there is no table {self.name}", hint=error.hint) from error
        self._state = state
        return state

    def repair(self) -> None:
        """Set a torn tail aside, so that the table goes on from its last sound version."""
        set_bad_tail_aside(self.folder)

    def create(self, schema: pa.Schema, partition_by: Sequence[str], *, append_only: bool) -> None:
        """Make version 0, or add the nullable columns that are new."""
        make_folder(self.folder / LOG)
        try:
            state = self.state()
        except NotFound:
            shape = Change(
                operation="create",
                schema=delta_schema(schema),
                partition_by=tuple(partition_by),
                append_only=append_only,
            )
            self._publish(None, shape)
            return
        if state.partition_by != tuple(partition_by):
            raise Conflict(f"table {self.name} is partitioned by {state.partition_by}", hint="keep its partitions")
        wider = _extended(self.name, state.schema, schema)
        if not wider.equals(state.schema):
            self._publish(state, replace(_wider(state), schema=wider))

    def commit(self, commit: Commit) -> int:
        """Write and move the position in one version; nothing if the table is there already."""
        state = self.state()
        standing = state.positions.get(commit.source, Position())
        if standing.covers(commit.next):
            return state.version
        if standing != commit.start:
            raise Conflict(
                f"table {self.name} stands at {standing} of {commit.source}, not at {commit.start}",
                hint="read its positions, then start from there",
            )
        positions = {**state.positions, commit.source: commit.next}
        try:
            change = self._written(state, commit)
        except OSError as error:
            raise _no_room(error, self.name) from error
        version = self._publish(state, replace(change, source=commit.source, positions=positions, notes=commit.notes))
        if isinstance(commit.write, UpsertFiles):
            self._forget_merged(commit.write.files)
        return version

    def compact(self, *, many: int = MANY) -> bool:
        """Merge the small files of partitions that have many; the rows and positions stay what they are."""
        state = self.state()
        add: list[DataFile] = []
        remove: list[DataFile] = []
        for group in _small_groups(state, many):
            add.append(self._merged(state, group))
            remove.extend(group)
        if remove:
            self._publish(state, Change(operation="compact", add=add, remove=remove, positions=state.positions))
        return bool(remove)

    def checkpoint(self) -> None:
        """Let delta-rs write a checkpoint, so that nobody has to replay the whole log; synced, its pointer last."""
        DeltaTable(self.folder).create_checkpoint()
        log = self.folder / LOG
        for file in sorted(log.glob("*.checkpoint*.parquet"))[-1:]:
            data_files.sync_file(file)
        data_files.sync_file(log / "_last_checkpoint")
        sync_folder(log)

    def _written(self, state: State, commit: Commit) -> Change:
        match commit.write:
            case Append(rows=rows):
                fitting = data_files.conform(rows, state.schema)
                return Change(operation="append", rows=rows.num_rows, add=self._files_of(fitting, state))
            case Replace(rows=rows):
                return self._replaced(state, rows)
            case Upsert(rows=rows, key=key, order=order):
                return self._upserted(state, rows, key, order)
            case AppendFiles(files=files, rows=rows):
                return Change(operation="append", rows=rows, add=self._adopted(state, files))
            case UpsertFiles(files=files, rows=rows, key=key, order=order):
                return self._upserted_files(state, files, rows, key, order)

    def _replaced(self, state: State, rows: pa.Table) -> Change:
        self._refuse_if_append_only(state)
        schema = delta_schema(rows.schema)
        fresh = self._files_of(data_files.conform(rows, schema), replace(state, schema=schema))
        return Change(
            operation="replace",
            rows=rows.num_rows,
            add=fresh,
            remove=tuple(state.files.values()),
            schema=None if schema.equals(state.schema) else schema,
            partition_by=state.partition_by,
        )

    def _upserted(self, state: State, rows: pa.Table, key: tuple[str, ...], order: tuple[str, ...]) -> Change:
        fitting = data_files.conform(rows, state.schema)
        if not fitting.num_rows:
            return Change(operation="upsert")
        with self._merger(state, key, order) as merger:
            return self._merge_change(state, merger.rows(fitting), rows.num_rows)

    def _upserted_files(
        self, state: State, files: Sequence[str], rows: int, key: tuple[str, ...], order: tuple[str, ...]
    ) -> Change:
        with self._merger(state, key, order) as merger:
            merge = merger.files([str(self._staged(file)) for file in files])
        if merge is None:
            return Change(operation="upsert", rows=rows, add=self._adopted(state, files))
        return self._merge_change(state, merge, rows)

    @contextmanager
    def _merger(self, state: State, key: tuple[str, ...], order: tuple[str, ...]) -> Generator[Merger]:
        self._refuse_if_append_only(state)
        if state.partition_by:
            raise InvalidInput(
                f"table {self.name} is partitioned: keep-latest needs all of it", hint="do not partition it"
            )
        if unknown := [name for name in (*key, *order) if name not in state.schema.names]:
            raise InvalidInput(f"table {self.name} has no column {', '.join(unknown)}", hint="use columns of the table")
        with closing(self._connect()) as connection:
            yield Merger(connection, self.folder, state, key=key, order=order)

    def _merge_change(self, state: State, merge: Merge, rows: int) -> Change:
        files = [data_files.adopt(self.folder, draft, state, {}) for draft in merge.drafts]
        return Change(operation="upsert", rows=rows, add=[file for file in files if file.rows], remove=merge.remove)

    def _files_of(self, rows: pa.Table, state: State) -> list[DataFile]:
        return data_files.write_rows(self.folder, rows, state) if rows.num_rows else []

    def _adopted(self, state: State, files: Sequence[str]) -> list[DataFile]:
        wanted = pa.schema([field for field in state.schema if field.name not in state.partition_by])
        found: list[DataFile] = []
        for file in files:
            path = self._staged(file)
            if not data_files.same_shape(schema := pq.read_schema(path), wanted):
                raise InvalidInput(
                    f"{path.name} holds {schema.names}, the table {wanted.names}", hint="stage its columns"
                )
            partition = data_files.partition_of(path.relative_to(self.folder), state.partition_by)
            found.append(data_files.adopt(self.folder, path, state, partition))
        return found

    def _staged(self, file: str) -> Path:
        staging = self.folder / data_files.STAGING
        path = (staging / file).resolve()
        if not path.is_relative_to(staging.resolve()) or not path.is_file():
            raise InvalidInput(f"{file} does not lie in the table's staging folder", hint=str(staging))
        return path

    def _forget_merged(self, files: Sequence[str]) -> None:
        """Remove staged files whose rows were merged into others; those that were added have moved away."""
        for file in files:
            (self.folder / data_files.STAGING / file).unlink(missing_ok=True)

    def _merged(self, state: State, group: Sequence[DataFile]) -> DataFile:
        draft = data_files.new_draft(self.folder)
        names = [name for name in state.schema.names if name not in state.partition_by]
        source = scan([str(self.folder / file.path) for file in group], state.schema)
        with closing(self._connect()) as connection:
            connection.execute(copy(select(names, source), draft))
        return data_files.adopt(self.folder, draft, state, group[0].partition)

    def _refuse_if_append_only(self, state: State) -> None:
        if state.append_only:
            raise InvalidInput(f"table {self.name} only takes appends", hint="write to another table")

    def _publish(self, state: State | None, change: Change) -> int:
        version = state.version + 1 if state else 0
        data = spell(self.name, state, change, self._time(state))
        place = commit_file(self.folder, version)
        try:
            taken = not write_once(place, data)
        except OSError as error:
            raise _no_room(error, self.name) from error
        if taken:
            raise Conflict(
                f"another engine wrote version {version} of {self.name}", hint="let one engine write a table"
            )
        return version

    def _time(self, state: State | None) -> datetime:
        now = self._clock.now()
        return max(now, state.time + timedelta(milliseconds=1)) if state else now


def _no_room(error: OSError, name: str) -> Unavailable:
    return Unavailable(f"table {name} could not be written: {error.strerror}", hint="free some space, then try again")


def _wider(state: State) -> Change:
    return Change(
        operation="columns", partition_by=state.partition_by, append_only=state.append_only, positions=state.positions
    )


def _extended(name: str, present: pa.Schema, wanted: pa.Schema) -> pa.Schema:
    fields = {field.name: field for field in present}
    for field in delta_schema(wanted):
        standing = fields.setdefault(field.name, field)
        if standing.type != field.type:
            raise Conflict(
                f"column {field.name} of {name} is {standing.type}, not {field.type}", hint="use a new column"
            )
        if standing is field and not field.nullable:
            raise Conflict(f"column {field.name} cannot be added to {name} as required", hint="let it be empty")
    return pa.schema(list(fields.values()))


def _small_groups(state: State, many: int) -> list[list[DataFile]]:
    groups: dict[tuple[tuple[str, str | None], ...], list[DataFile]] = {}
    for file in state.files.values():
        if file.size < SMALL:
            groups.setdefault(tuple(sorted(file.partition.items())), []).append(file)
    return [group for group in groups.values() if len(group) >= many]


def is_crowded(state: State) -> bool:
    """Whether compaction would pay."""
    return bool(_small_groups(state, MANY))
