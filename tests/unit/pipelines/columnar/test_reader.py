"""A bulk file ends up in the layers exactly as if each of its rows had come alone."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weft.backends.engines.duckdb import DuckdbEngine
from weft.backends.table_stores.delta import DeltaTables
from weft.contracts.columns import arrow_schema, columns_of
from weft.contracts.quality import event_times
from weft.contracts.validator import compile_contract
from weft.model.event import Position
from weft.model.product import Contract, Table
from weft.pipelines.columnar import staged as staged_module
from weft.pipelines.columnar.reader import BulkReader, Rules
from weft.pipelines.columnar.rows import pieces
from weft.pipelines.columnar.staged import Load, Room
from weft.ports.table_store import Append, Commit
from weft.tables.layers import BRONZE, ORDER, QUARANTINE, silver_schema
from weft.testing.clock import HandClock

SCHEMA = {
    "type": "object",
    "required": ["id", "n"],
    "properties": {"id": {"type": "string"}, "n": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}},
}
ENGINE = DuckdbEngine()
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
COLUMNS = columns_of(SCHEMA)
TYPES = arrow_schema(COLUMNS)
CONTRACT = compile_contract(
    Contract(name="c", version="1", schema=json.dumps(SCHEMA), path=""),
    Table(name="t", layer="silver", columns=COLUMNS),
)


def read(lines):
    return ENGINE.read_json(lines, TYPES)


def rules(judge=CONTRACT.check_many):
    return Rules(
        schema=SCHEMA, columns=COLUMNS, types=TYPES, judge=judge, read=read, count=CONTRACT.count,
        times=event_times(COLUMNS),
    )  # fmt: skip


def row(number):
    text = json.dumps({"id": f"k{number % 70}", "n": number, "at": f"2026-01-01T00:00:{number % 60:02}Z"})
    if number % 10 == 3:
        return text.replace(f'"n": {number}', '"n": "x"')
    return text.replace('"id"', '"\\u0069d"') if number % 10 == 4 else "" if number % 10 == 5 else text


@pytest.fixture
async def tables(tmp_path):
    store = DeltaTables.open("file:", tmp_path, clock=HandClock())
    await store.create("bronze", BRONZE, partition_by=("_ingestion_date",), append_only=True)
    await store.create("silver", silver_schema(TYPES))
    await store.create("quarantine", QUARANTINE)
    yield store
    await store.close()


@pytest.fixture
async def open_reader():
    readers = []

    def open_one(room=None):
        readers.append(BulkReader(room=room))
        return readers[-1]

    yield open_one
    for reader in readers:
        await reader.close()


@pytest.fixture
def reader(open_reader):
    return open_reader()


@pytest.fixture
def load(tables, tmp_path):
    return Load(
        event="e", received=NOON, source="files", file="f.ndjson", contract="c@1", bronze=BRONZE,
        silver=silver_schema(TYPES), quarantine=QUARANTINE,
        bronze_staging=Path(tables.staging("bronze")), silver_staging=Path(tables.staging("silver")),
    )  # fmt: skip


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "f.ndjson"
    path.write_text("\n".join(row(number) for number in range(300)))
    return path


async def content(tables, name):
    snapshot = await tables.snapshot(name)
    return [line for path in snapshot.files for line in pq.ParquetFile(path).read().to_pylist()]


async def commit(tables, name, write):
    await tables.commit(name, Commit(write=write, source="t", start=Position(), next=Position.at(1)))


@pytest.mark.parametrize("held", [1 << 30, 0], ids=["held in memory", "held in files"])
async def test_every_row_reaches_the_layers_that_it_belongs_to(tables, open_reader, load, file, monkeypatch, held):
    reader = open_reader(Room(held))
    monkeypatch.setattr(staged_module, "SHEET", 50)
    staged = await reader.stage(pieces(file, size=1000), rules(), load)
    await commit(tables, "bronze", staged.bronze)
    await commit(tables, "quarantine", Append(rows=staged.quarantine(7, NOON)))
    await commit(tables, "silver", await staged.silver(7, ("id",), ORDER))
    staged.discard()

    lines = {number + 1: row(number).encode() for number in range(300) if row(number)}
    checked = {line: CONTRACT.check(raw) for line, raw in lines.items()}
    bronze = await content(tables, "bronze")
    assert {one["_source_offset"]: (one["_raw"], one["_good"]) for one in bronze} == {
        line: (raw, checked[line].good) for line, raw in lines.items()
    }
    assert len(bronze) == len(lines)
    quarantine = await content(tables, "quarantine")
    assert [(one["_source_offset"], one["_raw"], one["rule"], one["_position"]) for one in quarantine] == [
        (line, one.raw, one.defects[0].rule, 7) for line, one in checked.items() if not one.good
    ]
    latest = {one.row["id"]: (line, one.row) for line, one in checked.items() if one.good}
    silver = {one["id"]: one for one in await content(tables, "silver")}
    assert {key: (one["_row"], one["n"], one["at"], one["_position"]) for key, one in silver.items()} == {
        key: (line - 1, found["n"], found["at"], 7) for key, (line, found) in latest.items()
    }
    assert len(await content(tables, "silver")) == len(latest)


async def test_the_figures_are_those_of_all_rows(reader, load, file):
    staged = await reader.stage(pieces(file, size=1000), rules(), load)
    exact = [CONTRACT.check(row(number).encode()) for number in range(300) if row(number)]
    present, wanted, newest = CONTRACT.count(exact)
    found = staged.figures
    assert (found.rows, found.good) == (len(exact), sum(one.good for one in exact))
    assert (found.present, found.wanted, found.newest) == (present, wanted, newest)
    assert found.proven > found.rows // 2


async def test_all_files_share_the_memory_for_rows_that_wait(open_reader, load, file):
    room = Room(4_000)
    reader = open_reader(room)

    def held(staged):
        return len(list(staged.silver_folder.glob("held-*.arrow")))

    first = await reader.stage(pieces(file, size=1000), rules(), load)
    second = await reader.stage(pieces(file, size=1000), rules(), load)
    assert 0 < held(first) < held(second)
    assert not room.take(4_000)
    await second.silver(8, ("id",), ORDER)
    for staged in (first, second):
        staged.release()
        staged.discard()
    assert room.take(4_000)


async def test_a_failure_leaves_nothing_staged(open_reader, load, file):
    calls = []

    def fail_later(raws):
        calls.append(len(raws))
        if len(calls) > 5:
            raise OSError("no judge today")
        return CONTRACT.check_many(raws)

    room = Room(1 << 20)
    with pytest.raises(OSError, match="no judge"):
        await open_reader(room).stage(pieces(file, size=1000), rules(fail_later), load)
    assert room.take(1 << 20)
    assert list(load.bronze_staging.iterdir()) == []


async def test_an_empty_file_stages_nothing(reader, load, tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    staged = await reader.stage(pieces(tmp_path / "empty"), rules(), load)
    assert (staged.figures.rows, staged.bronze.files, staged.quarantine(0, NOON).num_rows) == (0, (), 0)


async def test_a_contract_that_columns_cannot_show_is_judged_row_by_row(reader, load, file):
    hard = Rules(
        schema={**SCHEMA, "minProperties": 2}, columns=COLUMNS, types=TYPES, judge=CONTRACT.check_many,
        read=read, count=CONTRACT.count,
    )  # fmt: skip
    staged = await reader.stage(pieces(file), hard, load)
    assert (staged.figures.proven, staged.figures.rows) == (0, 270)
    assert isinstance(staged.quarantine(0, NOON), pa.Table)
