"""Every table store keeps its promises; and Delta's own readers understand what ours writes."""

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, QueryBuilder, write_deltalake

from weft.backends.table_stores.delta import DeltaTables
from weft.model.event import Position
from weft.ports.table_store import Append, Upsert
from weft.testing.clock import HandClock
from weft.testing.table_store import KEY, KEYED, NAME, ORDER, TableStoreContract, keyed, read, step


class TestDeltaTables(TableStoreContract):
    @pytest.fixture
    def open_tables(self, clock):
        return lambda folder: DeltaTables.open("file:", folder, clock=clock)


@pytest.fixture
async def tables(tmp_path, clock):
    store = DeltaTables.open("file:", tmp_path, clock=clock)
    await store.create(NAME, KEYED)
    yield store
    await store.close()


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "tables" / NAME


async def fill(tables, count, start=0):
    for at in range(start, start + count):
        await tables.commit(NAME, step(Append(rows=keyed((str(at), at, at))), at))


def count_with_delta_rs(folder):
    table = DeltaTable(folder)
    found = QueryBuilder().register("t", table).execute("select count(*) as n from t")
    return pa.table(found.read_all()).to_pylist()[0]["n"]


async def test_delta_rs_reads_our_tables_and_their_positions(tables, folder):
    await fill(tables, 3)
    await tables.commit(NAME, step(Upsert(rows=keyed(("1", 9, 9)), key=KEY, order=ORDER), 3))
    table = DeltaTable(folder)
    assert (table.version(), table.transaction_version("topic"), count_with_delta_rs(folder)) == (4, 4, 3)
    assert table.history(1)[0]["operation"] == "MERGE"


async def test_what_delta_rs_appends_is_read_and_positions_stay(tables, folder):
    await fill(tables, 2)
    write_deltalake(folder, keyed(("x", 1, 1)), mode="append")
    snapshot = await tables.snapshot(NAME)
    assert (snapshot.rows, snapshot.positions) == (3, {"topic": Position.at(2)})
    await fill(tables, 1, start=2)
    assert (await tables.verify(NAME), (await tables.snapshot(NAME)).rows) == ([], 4)


async def test_a_table_with_a_checkpoint_opens_with_the_same_state(tables, folder, tmp_path, clock):
    await fill(tables, 104)
    before = await tables.snapshot(NAME)
    await tables.close()
    assert (folder / "_delta_log" / "_last_checkpoint").exists()
    other = DeltaTables.open("file:", tmp_path, clock=clock)
    after = await other.snapshot(NAME)
    assert (after.rows, after.positions, sorted(after.files)) == (before.rows, before.positions, sorted(before.files))
    assert (await other.snapshot(NAME, version=50)).rows == 50
    assert (count_with_delta_rs(folder), await other.verify(NAME)) == (104, [])
    await other.close()


async def test_many_small_files_become_one_and_nothing_else_changes(tables, folder):
    await fill(tables, 12)
    before = await tables.snapshot(NAME)
    assert await tables.compact(NAME)
    after = await tables.snapshot(NAME)
    assert (len(after.files), after.rows, after.positions) == (1, 12, before.positions)
    assert sorted(row["id"] for row in read(after)) == sorted(row["id"] for row in read(before))
    assert [line.operation for line in await tables.history(NAME, limit=1)] == ["compact"]
    assert count_with_delta_rs(folder) == 12


async def test_partitioned_bronze_is_compacted_within_its_partitions(tables, tmp_path):
    schema = pa.schema([("n", pa.int64()), ("day", pa.string())])
    await tables.create("b", schema, partition_by=("day",), append_only=True)
    for at in range(4):
        await tables.commit("b", step(Append(rows=pa.table({"n": [at], "day": [f"d {at % 2}"]})), at))
    assert await tables.compact("b")
    snapshot = await tables.snapshot("b")
    assert (snapshot.rows, len(snapshot.files)) == (4, 2)
    assert count_with_delta_rs(tmp_path / "tables" / "b") == 4


BAD_TAILS = {
    "an empty commit": lambda folder: commit(folder, 3).write_bytes(b""),
    "half a commit": lambda folder: commit(folder, 3).write_bytes(commit(folder, 3).read_bytes()[:-40]),
    "a commit of zeros": lambda folder: commit(folder, 3).write_bytes(bytes(100)),
    "a commit without its last lines": lambda folder: drop_last_line(commit(folder, 3)),
    "a missing data file": lambda folder: newest_data(folder, 3).unlink(),
    "a short data file": lambda folder: os.truncate(newest_data(folder, 3), 10),
    "a missing commit": lambda folder: commit(folder, 3).unlink(),
}


def commit(folder, version):
    return folder / "_delta_log" / f"{version:020}.json"


def newest_data(folder, version):
    return next(folder.glob(f"part-{version:08}-*.parquet"))


def drop_last_line(path):
    path.write_bytes(b"\n".join(path.read_bytes().splitlines()[:-1]) + b"\n")


@pytest.mark.parametrize("harm", BAD_TAILS.values(), ids=BAD_TAILS)
async def test_a_torn_tail_is_set_aside_and_the_table_goes_on(tables, folder, tmp_path, clock, harm):
    await fill(tables, 4)
    await tables.close()
    harm(folder)
    other = DeltaTables.open("file:", tmp_path, clock=clock)
    snapshot = await other.snapshot(NAME)
    assert (snapshot.version, snapshot.rows, snapshot.positions) == (2, 2, {"topic": Position.at(2)})
    await fill(other, 2, start=2)
    assert sorted(row["id"] for row in read(await other.snapshot(NAME))) == ["0", "1", "2", "3"]
    assert any("set aside" in finding for finding in await other.verify(NAME))
    await other.close()


async def test_a_table_whose_first_commit_is_torn_can_be_created_again(tables, folder, tmp_path, clock):
    await tables.close()
    commit(folder, 0).write_bytes(b"")
    other = DeltaTables.open("file:", tmp_path, clock=clock)
    await other.create(NAME, KEYED)
    assert (await other.snapshot(NAME)).rows == 0
    await other.close()


async def test_a_torn_checkpoint_is_forgotten(tables, folder, tmp_path, clock):
    await fill(tables, 101)
    await tables.close()
    next(folder.glob("_delta_log/*.checkpoint.parquet")).write_bytes(b"")
    other = DeltaTables.open("file:", tmp_path, clock=clock)
    assert (await other.snapshot(NAME)).rows == 101
    assert count_with_delta_rs(folder) == 101
    await other.close()


async def test_every_flipped_bit_in_a_data_file_is_found(tables, folder):
    await fill(tables, 2)
    path = newest_data(folder, 2)
    good = path.read_bytes()
    for place in range(0, len(good), max(1, len(good) // 60)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert any("not what was written" in finding for finding in await tables.verify(NAME))
    path.write_bytes(good)
    assert await tables.verify(NAME) == []


async def test_a_commit_that_was_changed_later_is_found(tables, folder):
    await fill(tables, 3)
    path = commit(folder, 2)
    path.write_bytes(path.read_bytes().replace(b'"rows":1', b'"rows":2'))
    assert any("written upon" in finding for finding in await tables.verify(NAME))


async def test_an_acknowledged_commit_survives_a_power_cut(tables, tmp_path, clock, monkeypatch):
    disk = Disk(os.fsync)
    monkeypatch.setattr(os, "fsync", disk.sync)
    await tables.create("p/q/silver", KEYED)
    for at in range(3):
        rows = keyed(("a", at, at), (str(at), 0, 0))
        await tables.commit("p/q/silver", step(Upsert(rows=rows, key=KEY, order=ORDER), at))
    before = await tables.snapshot("p/q/silver")
    disk.copy_of_what_is_left(tmp_path / "tables", tmp_path / "after" / "tables")
    other = DeltaTables.open("file:", tmp_path / "after", clock=clock)
    after = await other.snapshot("p/q/silver")
    assert (after.version, after.positions) == (before.version, before.positions)
    assert sorted(row["id"] for row in read(after)) == ["0", "1", "2", "a"]
    assert await other.verify("p/q/silver") == []
    await other.close()


class Disk:
    """What a power cut leaves: names that a synced folder had then, bytes of synced files."""

    def __init__(self, fsync):
        self._fsync = fsync
        self._names = {}
        self._files = set()

    def sync(self, handle):
        self._fsync(handle)
        path = Path(f"/proc/self/fd/{handle}").resolve()
        if path.is_dir():
            self._names[path] = {entry.name for entry in path.iterdir()}
        else:
            self._files.add(os.fstat(handle).st_ino)

    def copy_of_what_is_left(self, source, target):
        target.mkdir(parents=True)
        for name in self._names.get(source.resolve(), ()):
            entry = source / name
            if entry.is_dir():
                self.copy_of_what_is_left(entry, target / name)
            elif entry.exists() and entry.stat().st_ino in self._files:
                shutil.copy(entry, target / name)
            elif entry.exists():
                (target / name).write_bytes(b"")
