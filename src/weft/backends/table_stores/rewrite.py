"""Keep-latest by key: rewrite only the files that hold a row which loses, and none when every key is new."""

# ruff: noqa: S608 names and paths are quoted by `scan`, values never enter a text

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from weft.backends.engines.scan import copy, literal, quoted, scan
from weft.backends.table_stores.commit_log import DataFile, State
from weft.backends.table_stores.data_files import new_draft

GROUP = 128 << 20
"""Files are rewritten together up to this many bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """What a merge did: the files that fall and the drafts that take their place."""

    remove: tuple[DataFile, ...] = ()
    drafts: tuple[Path, ...] = ()


class Merger:
    """One keep-latest merge, worked out in a DuckDB connection of its own."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
        state: State,
        *,
        key: Sequence[str],
        order: Sequence[str],
    ) -> None:
        self._run = connection.execute
        self._register = connection.register
        self._folder = folder
        self._state = state
        self._key = tuple(key)
        self._order = tuple(order)

    def rows(self, rows: pa.Table) -> Merge:
        """Merge rows that conform to the table's schema."""
        numbered = rows.append_column("weft_place", pa.array(range(rows.num_rows), pa.int64()))
        self._register("arriving", numbered)
        return self._merge("SELECT * FROM arriving", least_first="weft_place")

    def files(self, files: Sequence[str]) -> Merge | None:
        """Merge staged files; None when each key occurs once in them and never in the table: they can be added as they are."""
        if self._all_new(files):
            return None
        source = scan(files, self._state.schema, extra="filename=true, file_row_number=true")
        names = ", ".join(literal(file) for file in files)
        place = f"list_position([{names}], filename) AS weft_file, file_row_number AS weft_place"
        columns = ", ".join(quoted(name) for name in self._state.schema.names)
        return self._merge(f"SELECT {columns}, {place} FROM {source}", least_first="weft_file, weft_place")

    def _all_new(self, files: Sequence[str]) -> bool:
        source = scan(files, self._state.schema)
        hashed = f"hash({', '.join(quoted(name) for name in self._key)})"
        if not self._truth(f"SELECT count(*) = count(DISTINCT {hashed}) FROM {source}"):
            return False
        if not (candidates := list(self._state.files.values())):
            return True
        standing = scan(self._paths(candidates), self._state.schema)
        return not self._truth(f"SELECT EXISTS (FROM {standing} e SEMI JOIN {source} i ON {self._same('e', 'i')})")

    def _merge(self, arriving: str, *, least_first: str) -> Merge:
        self._run(f"CREATE TEMP TABLE incoming AS {self._latest(arriving, least_first)}")
        candidates = self._candidates()
        self._run(f"CREATE TEMP TABLE standing AS {self._standing(candidates)}")
        beaten = f"NOT EXISTS (FROM standing s WHERE {self._same('s', 'i')} AND {self._at_least('s', 'i')})"
        self._run(f"CREATE TEMP TABLE winners AS FROM incoming i WHERE {beaten}")
        if not self._truth("SELECT count(*) > 0 FROM winners"):
            return Merge()
        hit = self._run(f"SELECT DISTINCT filename FROM standing s SEMI JOIN winners w ON {self._same('s', 'w')}")
        names = {name for (name,) in hit.fetchall()}
        remove = tuple(file for file in candidates if str(self._folder / file.path) in names)
        return Merge(remove=remove, drafts=self._write(remove))

    def _latest(self, arriving: str, least_first: str) -> str:
        """One row a key: the greatest in order, of equals the one that came first."""
        keys = ", ".join(quoted(name) for name in self._key)
        order = ", ".join(f"{quoted(name)} DESC NULLS LAST" for name in self._order)
        columns = ", ".join(quoted(name) for name in self._state.schema.names)
        return (
            f"SELECT {columns} FROM ({arriving}) "
            f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {order}{', ' if order else ''}{least_first}) = 1"
        )

    def _standing(self, candidates: Sequence[DataFile]) -> str:
        """Keys and order of the rows in the table that share a key with an arriving one."""
        columns = ", ".join(f"e.{quoted(name)}" for name in dict.fromkeys([*self._key, *self._order]))
        if not candidates:
            return f"SELECT {columns}, ''::VARCHAR AS filename FROM incoming e WHERE false"
        source = scan(self._paths(candidates), self._state.schema, extra="filename=true")
        return f"SELECT {columns}, e.filename FROM {source} e SEMI JOIN incoming i ON {self._same('e', 'i')}"

    def _candidates(self) -> list[DataFile]:
        """Files that may hold an arriving key, judged by their bounds."""
        name = self._key[0]
        bounds = f"min({quoted(name)}), max({quoted(name)}), count(*) > count({quoted(name)})"
        low, high, empty = self._run(f"SELECT {bounds} FROM incoming").fetchall()[0]
        return [file for file in self._state.files.values() if empty or _may_hold(file, name, low, high)]

    def _write(self, hit: Sequence[DataFile]) -> tuple[Path, ...]:
        columns = ", ".join(quoted(name) for name in self._state.schema.names)
        winners = f"SELECT {columns} FROM winners"
        drafts: list[Path] = []
        for index, group in enumerate(_grouped(hit) or [[]]):
            source = scan(self._paths(group), self._state.schema)
            kept = f"SELECT {columns} FROM {source} e ANTI JOIN winners w ON {self._same('e', 'w')}"
            drafts.append(new_draft(self._folder))
            query = f"{kept} UNION ALL {winners}" if index == 0 else kept
            self._run(copy(query, drafts[-1]))
        return tuple(drafts)

    def _paths(self, files: Sequence[DataFile]) -> list[str]:
        return [str(self._folder / file.path) for file in files]

    def _truth(self, sql: str) -> bool:
        return bool(self._run(sql).fetchall()[0][0])

    def _same(self, one: str, other: str) -> str:
        return " AND ".join(f"{one}.{quoted(k)} IS NOT DISTINCT FROM {other}.{quoted(k)}" for k in self._key)

    def _at_least(self, one: str, other: str) -> str:
        """Whether the order of one row is at least the other's; an empty value is the least of all."""
        text = "true"
        for name in reversed(self._order):
            a, b = f"{one}.{quoted(name)}", f"{other}.{quoted(name)}"
            above = f"coalesce({a} > {b}, {a} IS NOT NULL AND {b} IS NULL)"
            text = f"({above} OR ({a} IS NOT DISTINCT FROM {b} AND {text}))"
        return text


def _may_hold(file: DataFile, name: str, low: object, high: object) -> bool:
    least, most = file.least.get(name), file.most.get(name)
    for kind in (int, str):
        if all(isinstance(value, kind) for value in (low, high, least, most)):
            return bool(least <= high and low <= most)  # pyright: ignore[reportOperatorIssue, reportOptionalOperand] one kind
    return True


def _grouped(files: Sequence[DataFile]) -> list[list[DataFile]]:
    groups: list[list[DataFile]] = []
    size = GROUP
    for file in files:
        if size + file.size > GROUP:
            groups.append([])
            size = 0
        groups[-1].append(file)
        size += file.size
    return groups
