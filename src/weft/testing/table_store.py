"""The promises of TableStore as tests: subclass, say how your engine is opened, and they run against it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weft.model.errors import Conflict, InvalidInput, NotFound, Unavailable
from weft.model.event import Position
from weft.ports.table_store import (
    Append,
    AppendFiles,
    Commit,
    Replace,
    Snapshot,
    TableStore,
    Upsert,
    UpsertFiles,
    Write,
)
from weft.testing.clock import HandClock

OpenTables = Callable[[Path], TableStore]
"""Opens the same store again and again at the same folder; its clock is the fixture `clock`."""

NAME = "payments/payment/silver"
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("amount", pa.decimal128(18, 2)),
        pa.field("at", pa.timestamp("us", tz="UTC")),
        pa.field("who", pa.struct([pa.field("name", pa.string()), pa.field("age", pa.int64())])),
        pa.field("_position", pa.int64()),
        pa.field("_row", pa.int64()),
    ]
)
KEYED = pa.schema([("id", pa.string()), ("value", pa.int64()), ("_position", pa.int64()), ("_row", pa.int64())])
KEY, ORDER = ("id",), ("_position", "_row")


def rows(*found: dict[str, Any], schema: pa.Schema = SCHEMA) -> pa.Table:
    """Rows as a table; fields that are left out are empty."""
    return pa.Table.from_pylist(list(found), schema=schema)


def keyed(*found: tuple[str | None, int, int]) -> pa.Table:
    """Rows of `KEYED`: id, value, position."""
    return rows(*({"id": key, "value": v, "_position": p, "_row": 0} for key, v, p in found), schema=KEYED)


def step(write: Write, at: int, *, source: str = "topic", size: int = 1, notes: dict[str, str] | None = None) -> Commit:
    """A commit that moves a source from `at` on."""
    return Commit(write=write, source=source, start=Position.at(at), next=Position.at(at + size), notes=notes or {})


def read(snapshot: Snapshot) -> list[dict[str, Any]]:
    """All rows of a snapshot, as any reader of Parquet sees them; columns that a file lacks are empty."""
    found = [row for file in snapshot.files for row in pq.ParquetFile(file).read().to_pylist()]
    return [{name: row.get(name) for name in snapshot.schema.names} for row in found]


class TableStoreContract:
    """Subclass and define the fixture `open_tables`."""

    @pytest.fixture
    def clock(self) -> HandClock:
        return HandClock()

    @pytest.fixture
    def open_tables(self, clock: HandClock) -> OpenTables:
        raise NotImplementedError

    @pytest.fixture
    async def tables(self, open_tables: OpenTables, tmp_path: Path) -> AsyncGenerator[TableStore]:
        store = open_tables(tmp_path)
        yield store
        await store.close()

    async def test_a_new_table_is_empty_and_has_its_schema(self, tables: TableStore) -> None:
        await tables.create(NAME, SCHEMA)
        snapshot = await tables.snapshot(NAME)
        assert (snapshot.rows, snapshot.files, snapshot.positions) == (0, (), {})
        assert snapshot.schema.equals(SCHEMA)

    async def test_creating_a_table_again_changes_nothing(self, tables: TableStore) -> None:
        await tables.create(NAME, SCHEMA)
        before = await tables.snapshot(NAME)
        await tables.create(NAME, SCHEMA)
        assert await tables.snapshot(NAME) == before

    async def test_a_table_takes_new_nullable_columns_and_old_rows_have_them_empty(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED)
        await tables.commit(NAME, step(Append(rows=keyed(("a", 1, 0))), 0))
        wider = KEYED.append(pa.field("note", pa.string()))
        await tables.create(NAME, wider)
        await tables.commit(NAME, step(Append(rows=rows({"id": "b", "note": "n"}, schema=wider)), 1))
        found = {row["id"]: row["note"] for row in read(await tables.snapshot(NAME))}
        assert found == {"a": None, "b": "n"}
        assert (await tables.snapshot(NAME)).positions == {"topic": Position.at(2)}

    @pytest.mark.parametrize(
        "schema",
        [
            pa.schema([("id", pa.int64())]),
            KEYED.append(pa.field("needed", pa.string(), nullable=False)),
        ],
        ids=["another type", "a required column"],
    )
    async def test_a_schema_that_cannot_be_reached_is_a_conflict(self, tables: TableStore, schema: pa.Schema) -> None:
        await tables.create(NAME, KEYED)
        with pytest.raises(Conflict):
            await tables.create(NAME, schema)

    async def test_appended_rows_are_read_back_as_they_were(self, tables: TableStore) -> None:
        from decimal import Decimal

        await tables.create(NAME, SCHEMA)
        moment = datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=UTC)
        row = {
            "id": "ü\n\"'", "amount": Decimal("-12345678901234.56"), "at": moment,
            "who": {"name": None, "age": 2**62}, "_position": 1, "_row": None,
        }  # fmt: skip
        await tables.commit(NAME, step(Append(rows=rows(row)), 0))
        assert read(await tables.snapshot(NAME)) == [row]

    async def test_a_commit_moves_its_source_and_no_other(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED)
        await tables.commit(NAME, step(Append(rows=keyed(("a", 1, 0))), 0, source="one"))
        await tables.commit(NAME, step(Append(rows=keyed(("b", 1, 0))), 0, source="two", size=5))
        assert (await tables.snapshot(NAME)).positions == {"one": Position.at(1), "two": Position.at(5)}

    async def test_positions_of_many_partitions_are_kept_exactly(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED)
        there = Position.of({0: 4, 3: 9})
        await tables.commit(NAME, Commit(write=Append(rows=keyed()), source="t", start=Position(), next=there))
        assert (await tables.snapshot(NAME)).positions == {"t": there}

    async def test_the_same_commit_twice_has_one_effect(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED)
        commit = step(Append(rows=keyed(("a", 1, 0))), 0)
        first = await tables.commit(NAME, commit)
        assert await tables.commit(NAME, commit) == first
        assert (await tables.snapshot(NAME)).rows == 1

    @pytest.mark.parametrize("at", [0, 7])
    async def test_a_start_that_is_not_where_the_table_stands_is_a_conflict(self, tables: TableStore, at: int) -> None:
        await tables.create(NAME, KEYED)
        await tables.commit(NAME, step(Append(rows=keyed(("a", 1, 0))), 0, size=3))
        with pytest.raises(Conflict):
            await tables.commit(NAME, step(Append(rows=keyed(("b", 1, 0))), at, size=9))
        assert (await tables.snapshot(NAME)).rows == 1

    async def test_a_commit_without_rows_moves_the_position(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED)
        for at, write in enumerate((Append(rows=keyed()), Upsert(rows=keyed(), key=KEY, order=ORDER))):
            await tables.commit(NAME, step(write, at))
        snapshot = await tables.snapshot(NAME)
        assert (snapshot.rows, snapshot.positions) == (0, {"topic": Position.at(2)})

    @pytest.mark.parametrize(
        "wrong",
        [
            pa.table({"id": ["a"], "strange": [1]}),
            pa.table({"id": [1]}),
            pa.table({"id": ["a"], "value": [1.5]}),
            pa.table({"id": ["a"], "value": ["7"]}),
        ],
        ids=["unknown column", "number for text", "fraction for integer", "text for number"],
    )
    async def test_rows_that_do_not_fit_are_refused_whole(self, tables: TableStore, wrong: pa.Table) -> None:
        await tables.create(NAME, KEYED)
        with pytest.raises(InvalidInput):
            await tables.commit(NAME, step(Append(rows=wrong), 0))
        snapshot = await tables.snapshot(NAME)
        assert (snapshot.rows, snapshot.positions) == (0, {})

    async def test_a_required_column_is_never_empty(self, tables: TableStore) -> None:
        await tables.create(NAME, SCHEMA)
        for wrong in (pa.table({"_row": [1]}), pa.table({"id": pa.array([None], pa.string())})):
            with pytest.raises(InvalidInput):
                await tables.commit(NAME, step(Append(rows=wrong), 0))

    async def test_an_upsert_keeps_the_latest_row_of_each_key(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED)
        await tables.commit(NAME, step(Upsert(rows=keyed(("a", 1, 1), ("b", 1, 1)), key=KEY, order=ORDER), 0))
        await tables.commit(
            NAME, step(Upsert(rows=keyed(("a", 2, 2), ("b", 0, 0), ("c", 3, 2)), key=KEY, order=ORDER), 1)
        )
        assert {row["id"]: row["value"] for row in read(await tables.snapshot(NAME))} == {"a": 2, "b": 1, "c": 3}

    async def test_of_equal_rows_the_first_one_stays(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED)
        await tables.commit(NAME, step(Upsert(rows=keyed(("a", 1, 1), ("a", 2, 1)), key=KEY, order=ORDER), 0))
        await tables.commit(NAME, step(Upsert(rows=keyed(("a", 3, 1)), key=KEY, order=ORDER), 1))
        assert [row["value"] for row in read(await tables.snapshot(NAME))] == [1]

    async def test_an_empty_key_is_a_key_like_any_other(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED)
        await tables.commit(NAME, step(Upsert(rows=keyed((None, 1, 1), ("z", 1, 1)), key=KEY, order=ORDER), 0))
        await tables.commit(NAME, step(Upsert(rows=keyed((None, 2, 2)), key=KEY, order=ORDER), 1))
        assert {row["id"]: row["value"] for row in read(await tables.snapshot(NAME))} == {None: 2, "z": 1}

    @settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
    @given(
        found=st.lists(
            st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(0, 9), st.integers(0, 3)), max_size=12
        ),
        cuts=st.lists(st.integers(0, 12), max_size=4),
        staged=st.booleans(),
    )
    def test_keep_latest_does_not_depend_on_how_rows_are_cut_into_commits(
        self,
        open_tables: OpenTables,
        tmp_path_factory: pytest.TempPathFactory,
        found: list[tuple[str | None, int, int]],
        cuts: list[int],
        staged: bool,  # noqa: FBT001 hypothesis draws it
    ) -> None:
        folder = tmp_path_factory.mktemp("tables")
        edges = [0, *sorted(cut for cut in cuts if cut < len(found)), len(found)]
        batches = [found[begin:end] for begin, end in pairwise(edges)]
        assert asyncio.run(_merged(open_tables(folder), batches, staged=staged)) == _latest(found)

    async def test_replace_makes_its_rows_the_only_ones_and_may_change_the_schema(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED)
        await tables.commit(NAME, step(Append(rows=keyed(("a", 1, 0))), 0))
        await tables.commit(NAME, step(Replace(rows=pa.table({"day": ["mon"], "total": [5]})), 1))
        snapshot = await tables.snapshot(NAME)
        assert read(snapshot) == [{"day": "mon", "total": 5}]
        assert snapshot.positions == {"topic": Position.at(2)}

    async def test_a_table_that_only_takes_appends_refuses_all_else(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED, append_only=True)
        writes = (Replace(rows=keyed()), Upsert(rows=keyed(("a", 1, 1)), key=KEY, order=ORDER))
        for write in writes:
            with pytest.raises(InvalidInput):
                await tables.commit(NAME, step(write, 0))
        await tables.commit(NAME, step(Append(rows=keyed(("a", 1, 1))), 0))

    async def test_staged_files_become_rows(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED)
        file = _staged(tables, "one.parquet", keyed(("a", 1, 1), ("b", 2, 1)))
        await tables.commit(NAME, step(AppendFiles(files=(file,), rows=2), 0))
        snapshot = await tables.snapshot(NAME)
        assert sorted(row["id"] for row in read(snapshot)) == ["a", "b"]

    async def test_a_staged_file_of_another_shape_or_place_is_refused(self, tables: TableStore, tmp_path: Path) -> None:
        await tables.create(NAME, KEYED)
        pq.write_table(keyed(("a", 1, 1)), tmp_path / "outside.parquet")
        wrong = _staged(tables, "wrong.parquet", pa.table({"id": [1]}))
        for file in (str(tmp_path / "outside.parquet"), "../outside.parquet", wrong):
            with pytest.raises(InvalidInput):
                await tables.commit(NAME, step(AppendFiles(files=(file,), rows=1), 0))

    async def test_staged_rows_with_a_known_key_replace_it(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED)
        await tables.commit(NAME, step(Upsert(rows=keyed(("a", 1, 1), ("b", 9, 9)), key=KEY, order=ORDER), 0))
        file = _staged(tables, "more.parquet", keyed(("a", 2, 2), ("b", 2, 2), ("c", 2, 2), ("c", 3, 3)))
        await tables.commit(NAME, step(UpsertFiles(files=(file,), rows=4, key=KEY, order=ORDER), 1))
        found = sorted((row["id"], row["value"]) for row in read(await tables.snapshot(NAME)))
        assert found == [("a", 2), ("b", 9), ("c", 3)]
        assert _left_in_staging(tables) == []

    async def test_partitions_are_folders_and_their_columns_come_back(self, tables: TableStore) -> None:
        schema = pa.schema([("n", pa.int64()), ("day", pa.date32())])
        await tables.create(NAME, schema, partition_by=("day",))
        days = [datetime(2026, 1, day, tzinfo=UTC).date() for day in (1, 2, 1)]
        await tables.commit(NAME, step(Append(rows=pa.table({"n": [1, 2, 3], "day": days}, schema=schema)), 0))
        snapshot = await tables.snapshot(NAME)
        assert snapshot.rows == 3
        assert sorted({Path(file).parent.name for file in snapshot.files}) == ["day=2026-01-01", "day=2026-01-02"]

    async def test_every_version_can_be_read_again_by_number_and_by_time(
        self, tables: TableStore, clock: HandClock
    ) -> None:
        await tables.create(NAME, KEYED)
        times: list[datetime] = []
        for at in range(4):
            clock.move(60)
            times.append(clock.now())
            await tables.commit(NAME, step(Append(rows=keyed((str(at), at, at))), at))
        third = await tables.snapshot(NAME, version=3)
        assert (third.rows, third.positions) == (3, {"topic": Position.at(3)})
        for count, time in enumerate(times, 1):
            seen = await tables.snapshot(NAME, at=time + timedelta(seconds=30))
            assert (seen.rows, seen.committed_at) == (count, time)

    async def test_what_was_never_there_is_not_found(self, tables: TableStore, clock: HandClock) -> None:
        with pytest.raises(NotFound):
            await tables.snapshot(NAME)
        with pytest.raises(NotFound):
            await tables.commit(NAME, step(Append(rows=keyed()), 0))
        await tables.create(NAME, KEYED)
        with pytest.raises(NotFound):
            await tables.snapshot(NAME, version=9)
        with pytest.raises(NotFound):
            await tables.snapshot(NAME, at=clock.now() - timedelta(days=1))

    async def test_history_tells_the_latest_versions_first(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED)
        await tables.commit(NAME, step(Append(rows=keyed(("a", 1, 1))), 0, notes={"why": "because"}))
        await tables.commit(NAME, step(Upsert(rows=keyed(("a", 1, 2)), key=KEY, order=ORDER), 1))
        found = [(line.version, line.operation, line.rows) for line in await tables.history(NAME)]
        assert found == [(2, "upsert", 1), (1, "append", 1), (0, "create", 0)]
        assert (await tables.history(NAME, limit=2))[1].notes == {"why": "because"}

    async def test_a_sound_table_has_no_findings(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED)
        await tables.commit(NAME, step(Append(rows=keyed(("a", 1, 1))), 0))
        assert await tables.verify(NAME) == []

    async def test_names_are_sorted(self, tables: TableStore) -> None:
        for name in ("b/x/silver", "a/y/gold", "a/y/bronze"):
            await tables.create(name, KEYED)
        assert await tables.names() == ["a/y/bronze", "a/y/gold", "b/x/silver"]

    @pytest.mark.parametrize("name", ["", "../up", "a//b", "/a", "a/_delta_log", "a/.hidden", "a\\b", "a\nb"])
    async def test_a_name_cannot_leave_the_store(self, tables: TableStore, name: str) -> None:
        with pytest.raises(InvalidInput):
            await tables.create(name, KEYED)

    async def test_what_one_store_commits_the_other_sees(
        self, tables: TableStore, open_tables: OpenTables, tmp_path: Path
    ) -> None:
        await tables.create(NAME, KEYED)
        other = open_tables(tmp_path)
        await other.snapshot(NAME)
        await tables.commit(NAME, step(Append(rows=keyed(("a", 1, 1))), 0))
        assert (await other.snapshot(NAME)).rows == 1
        await other.commit(NAME, step(Append(rows=keyed(("b", 1, 1))), 1))
        assert (await tables.snapshot(NAME)).rows == 2
        await other.close()

    async def test_of_many_writers_at_one_position_one_wins(
        self, tables: TableStore, open_tables: OpenTables, tmp_path: Path
    ) -> None:
        await tables.create(NAME, KEYED)
        stores = [tables, open_tables(tmp_path)]
        work = [stores[n % 2].commit(NAME, step(Append(rows=keyed((str(n), n, n))), 0)) for n in range(8)]
        assert set(await asyncio.gather(*work)) == {1}
        assert (await tables.snapshot(NAME)).rows == 1
        await stores[1].close()

    async def test_a_cancelled_caller_leaves_a_whole_commit_or_none(self, tables: TableStore) -> None:
        await tables.create(NAME, KEYED)
        task = asyncio.ensure_future(tables.commit(NAME, step(Append(rows=keyed(("a", 1, 1))), 0)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await tables.commit(NAME, step(Append(rows=keyed(("a", 1, 1))), 0))
        assert (await tables.snapshot(NAME)).rows == 1

    async def test_a_store_that_is_opened_again_has_everything(
        self, tables: TableStore, open_tables: OpenTables, tmp_path: Path
    ) -> None:
        await tables.create(NAME, KEYED)
        await tables.commit(NAME, step(Append(rows=keyed(("a", 1, 1))), 0))
        before = await tables.snapshot(NAME)
        other = open_tables(tmp_path)
        assert await other.snapshot(NAME) == before
        await other.close()

    async def test_a_closed_store_refuses(self, tables: TableStore) -> None:
        await tables.close()
        with pytest.raises(Unavailable):
            await tables.names()


def _staged(tables: TableStore, name: str, table: pa.Table) -> str:
    path = Path(tables.staging(NAME)) / name
    pq.write_table(table, path)
    return str(path)


def _left_in_staging(tables: TableStore) -> list[str]:
    return [path.name for path in Path(tables.staging(NAME)).glob("*.parquet")]


async def _merged(
    tables: TableStore, batches: Sequence[list[tuple[str | None, int, int]]], *, staged: bool
) -> dict[str | None, int]:
    await tables.create(NAME, KEYED)
    for at, batch in enumerate(batches):
        arriving = keyed(*batch)
        write: Write = Upsert(rows=arriving, key=KEY, order=ORDER)
        if staged:
            file = _staged(tables, f"{at}.parquet", arriving)
            write = UpsertFiles(files=(file,), rows=len(batch), key=KEY, order=ORDER)
        await tables.commit(NAME, step(write, at))
    found = read(await tables.snapshot(NAME))
    await tables.close()
    assert len({row["id"] for row in found}) == len(found)
    return {row["id"]: row["value"] for row in found}


def _latest(found: Sequence[tuple[str | None, int, int]]) -> dict[str | None, int]:
    best: dict[str | None, tuple[int, int]] = {}
    for key, value, position in found:
        if key not in best or position > best[key][0]:
            best[key] = (position, value)
    return {key: value for key, (_, value) in best.items()}
