"""The oracle of the kill campaigns sees what is lost, doubled or in the wrong place: it is shown each."""

import asyncio
import shutil
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crash.oracle import Counted, Sent, count
from crash.rig import PRODUCT, TABLE, Rig
from weft.model.event import Position
from weft.platform.node import Node
from weft.ports.table_store import Append, Commit
from weft.tables.layers import table_name


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    """A mesh that took in a file and some single rows, and was never killed."""
    rig = Rig(tmp_path_factory.mktemp("oracle") / "mesh", 5)
    rig.drop_file(0, 2000)
    rig.run(0)
    return rig


def ask(rig, filed, folder=None):
    return asyncio.run(count(folder or rig.folder, PRODUCT, TABLE, Sent(filed, rig._tried, rig._acknowledged)))


def test_all_is_well(rig):
    filed = rig._filed
    assert len(filed) == 2000
    assert {True, False} == set(filed.values())
    assert ask(rig, filed) == Counted(lost=[], doubled=[], leaked=[], findings=[])


def test_a_row_that_is_nowhere_is_lost(rig):
    gone = str(uuid.uuid4())
    assert ask(rig, {**rig._filed, gone: True}).lost == [gone]


@pytest.mark.parametrize("good", [True, False])
def test_a_row_on_the_wrong_side_is_lost_and_leaked(rig, good):
    name = next(name for name, is_good in rig._filed.items() if is_good is good)
    found = ask(rig, {**rig._filed, name: not good})
    assert (found.lost, found.leaked) == ([name], [name])


def test_a_row_that_nobody_sent_is_told(rig):
    name, *others = rig._filed
    found = ask(rig, {other: rig._filed[other] for other in others})
    assert set(found.leaked) == {name}


def test_a_row_that_is_there_twice_is_doubled(rig, tmp_path):
    folder = shutil.copytree(rig.folder, tmp_path / "mesh")

    async def again():
        node = await Node.open(folder)
        tables, bronze = node.engines.tables, table_name(PRODUCT, TABLE, "bronze")
        snapshot = await tables.snapshot(bronze)
        held = pq.ParquetFile(snapshot.files[0]).read().slice(0, 1)
        day = pa.nulls(1, snapshot.schema.field("_ingestion_date").type)
        row = held.append_column("_ingestion_date", day).select(snapshot.schema.names).cast(snapshot.schema)
        await tables.commit(
            bronze, Commit(write=Append(rows=row), source="twice", start=Position(), next=Position.at(1))
        )
        await node.close()
        return row.column("_raw")[0].as_py()

    raw = asyncio.run(again()).decode()
    (doubled,) = ask(rig, rig._filed, folder).doubled
    assert doubled in raw
