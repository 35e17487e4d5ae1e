"""A file whose process died between bronze and silver is judged anew, from the bytes that bronze kept."""

import io
import json
import random
from pathlib import Path

import pytest

from crash.rig import PRODUCT, TABLE, make_folder, payment
from weft._kit.clock import SystemClock
from weft.platform.apply import apply_plan, plan_folder
from weft.platform.node import Node
from weft.platform.worker import Worker, drain
from weft.ports.engine import Relation
from weft.tables.layers import table_name
from weft.telemetry.logs import Log


async def read(node, layer, sql):
    snapshot = await node.engines.tables.snapshot(table_name(PRODUCT, TABLE, layer))
    columns = {name: f'"{name}"' for name in snapshot.schema.names}
    found = await node.engines.engine.query(sql, {"t": Relation(snapshot=snapshot, columns=columns)})
    return found.to_pylist()


@pytest.mark.crash
async def test_rows_keep_their_lines_where_the_file_had_blank_ones(tmp_path: Path) -> None:
    folder, chance = tmp_path / "mesh", random.Random(9)
    make_folder(folder)
    rows = [payment(chance, good=number % 5 != 0) for number in range(40)]
    lines = [text for row in rows for text in (json.dumps(row), *[""] * chance.randrange(3))]
    (folder / "inbox" / "f.ndjson").write_text("\n".join(lines))
    written = {json.loads(text)["payment_id"]: number for number, text in enumerate(lines) if text}

    log = Log(io.StringIO(), SystemClock())
    node = await Node.open(folder)
    await apply_plan(node, await plan_folder(node))
    worker = Worker(node, log)
    (product,) = node.mesh.products
    (files,) = product.sources
    assert worker.acquire()
    assert await worker.inbox(product, files).look()
    worker.release()
    await node.close()

    node = await Node.open(folder)
    assert await drain(node, log)
    silver = await read(node, "silver", "SELECT payment_id, _row FROM t")
    quarantine = await read(node, "quarantine", "SELECT _raw AS raw, _row FROM t")
    await node.close()
    found = {row["payment_id"]: row["_row"] for row in silver}
    found |= {json.loads(row["raw"])["payment_id"]: row["_row"] for row in quarantine}
    assert len(silver) == 32
    assert found == written
