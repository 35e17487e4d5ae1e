"""Files in an inbox: each taken in once, whatever its format; one that cannot be taken in is put aside with its reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any

import msgspec
import pytest

from weft.model.ledger import STATS, Run, Stats, run_space
from weft.model.principal import OPERATOR
from weft.pipelines.inbox import Inbox
from weft.platform.mesh import Mesh

PRODUCT = """
apiVersion: weft.dev/v1
kind: DataProduct
metadata: {name: orders, domain: orders, version: "1.0.0", owner: team@shop.example}
spec:
  sources: {files: {path: inbox, table: order, format: 'FORMAT'}}
  contracts:
    - {name: order-schema, version: "1.0.0", schema: order.json}
  tables:
    - {name: order, layer: silver, contract: order-schema, key: [order_id], clean: {status: [trim, upper]}, on_invalid: ON_INVALID}
  access:
    - {role: team, permissions: [read, write]}
"""
SCHEMA = {
    "type": "object",
    "required": ["order_id", "amount"],
    "properties": {
        "order_id": {"type": "string"},
        "amount": {"type": "number", "multipleOf": 0.01, "minimum": 0},
        "status": {"type": "string", "enum": ["NEW", "PAID"]},
    },
}
GOOD = {"order_id": "a", "amount": 1.5, "status": " paid "}
BAD = {"order_id": "b", "amount": -1}


class Shop:
    """A mesh with an inbox."""

    def __init__(self, mesh: Mesh, folder: Path) -> None:
        self.mesh = mesh
        self.inbox = folder / "inbox"

    def drop(self, name: str, content: bytes | str) -> None:
        self.inbox.mkdir(exist_ok=True)
        (self.inbox / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    async def rows(self) -> list[dict]:
        await self.mesh.refine()
        return list(await self.mesh.product("orders").read(sort=["order_id"]))

    async def stats(self) -> Stats:
        value = await self.mesh.node.engines.state.get(STATS, "orders/order")
        return msgspec.json.decode(value or b"{}", type=Stats)

    async def runs(self) -> list[Run]:
        found = await self.mesh.node.engines.state.scan(run_space("orders"))
        return [msgspec.json.decode(value, type=Run) for _, value in found]

    async def quarantined(self) -> list[dict]:
        return (await self.mesh.node.door.quarantined(OPERATOR, "orders", "order")).rows


@pytest.fixture
def on_invalid() -> str:
    return "quarantine"


@pytest.fixture
def declared_format() -> str:
    return ""


@pytest.fixture
async def shop(tmp_path: Path, on_invalid: str, declared_format: str) -> AsyncIterator[Shop]:
    (tmp_path / "orders.yaml").write_text(PRODUCT.replace("ON_INVALID", on_invalid).replace("FORMAT", declared_format))
    (tmp_path / "order.json").write_text(json.dumps(SCHEMA))
    local = f"{{local: {{keys: 'file:{tmp_path / 'keys'}'}}}}"
    (tmp_path / "mesh.yaml").write_text(
        f"apiVersion: w/v1\nkind: Mesh\nmetadata: {{name: m}}\nspec: {{environments: {local}}}\n"
    )
    async with Mesh.open(tmp_path) as mesh:
        await mesh.apply(await mesh.plan())
        yield Shop(mesh, tmp_path)


def lines(*rows: dict) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.ndjson", lines(GOOD, BAD)),
        ("x.jsonl", "\n" + lines(GOOD, BAD) + "\n"),
        ("x.json", json.dumps([GOOD, BAD], indent=2)),
        ("x.csv", "order_id,amount,status\na,1.5, paid \nb,-1,\n"),
    ],
)
async def test_good_rows_are_served_and_bad_ones_wait_with_their_reason(shop: Shop, name: str, content: str) -> None:
    shop.drop(name, content)
    (row,) = await shop.rows()
    assert (row["order_id"], float(row["amount"]), row["status"]) == ("a", 1.5, "PAID")
    (bad,) = await shop.quarantined()
    assert (bad["rule"], bad["path"], bad["_source_file"]) == ("minimum", "/amount", name)
    assert json.loads(bad["_raw"])["order_id"] == "b"
    stats = await shop.stats()
    assert (stats.received, stats.good, stats.bad) == (2, 1, 1)


async def test_a_file_that_was_taken_in_is_moved_aside(shop: Shop) -> None:
    shop.drop("x.ndjson", lines(GOOD))
    await shop.rows()
    assert [path.name.endswith("x.ndjson") for path in (shop.inbox / ".done").iterdir()] == [True]
    assert list(shop.inbox.glob("*.ndjson")) == []


async def test_the_same_file_is_taken_once_however_often_it_comes(shop: Shop) -> None:
    for _ in range(3):
        shop.drop("x.ndjson", lines(GOOD, BAD))
        await shop.rows()
    assert (await shop.stats()).received == 2
    assert len(await shop.quarantined()) == 1


async def test_a_file_of_the_same_name_with_new_content_is_new(shop: Shop) -> None:
    shop.drop("x.ndjson", lines(GOOD))
    await shop.rows()
    shop.drop("x.ndjson", lines({**GOOD, "amount": 2}))
    assert [float(row["amount"]) for row in await shop.rows()] == [2.0]


async def test_of_rows_with_one_key_the_last_line_is_kept(shop: Shop) -> None:
    shop.drop("x.ndjson", lines({**GOOD, "amount": 1}, {**GOOD, "amount": 3}, {**GOOD, "amount": 2}))
    assert [float(row["amount"]) for row in await shop.rows()] == [2.0]


async def test_a_single_row_after_a_file_wins_over_it_and_one_before_does_not(shop: Shop) -> None:
    product = shop.mesh.product("orders")
    await product.publish([{"order_id": "a", "amount": 1}, {"order_id": "b", "amount": 1}])
    shop.drop("x.ndjson", lines({"order_id": "a", "amount": 2}, {"order_id": "b", "amount": 2}))
    await shop.rows()
    await product.publish([{"order_id": "b", "amount": 3}])
    assert [float(row["amount"]) for row in await shop.rows()] == [2.0, 3.0]
    assert [float((await product.get(key))["amount"]) for key in "ab"] == [2.0, 3.0]


@pytest.mark.parametrize("name", ["x.ndjson.tmp", ".x.ndjson", "x.parquet", "x.part"])
async def test_what_is_unfinished_or_of_another_kind_is_left_alone(shop: Shop, name: str) -> None:
    shop.drop(name, lines(GOOD))
    assert await shop.rows() == []
    assert (shop.inbox / name).exists()


@pytest.mark.parametrize("declared_format", ["csv"])
@pytest.mark.parametrize("name", ["x.csv", "x.dat", "x.json", "x"])
async def test_where_a_format_is_declared_every_file_is_taken_as_that(shop: Shop, name: str) -> None:
    shop.drop(name, "order_id,amount\na,1.5\n")
    assert [row["order_id"] for row in await shop.rows()] == ["a"]


@pytest.mark.parametrize("declared_format", ["csv"])
@pytest.mark.parametrize("name", ["x.tmp", "x.csv.part", "x.partial", ".x.csv"])
async def test_an_unfinished_file_is_left_alone_whatever_is_declared(shop: Shop, name: str) -> None:
    shop.drop(name, "order_id,amount\na,1.5\n")
    assert await shop.rows() == []
    assert (shop.inbox / name).exists()


def failing(monkeypatch: pytest.MonkeyPatch, shop: Shop, error: OSError) -> None:
    """Reading x.ndjson fails; where the file is said not to exist, it is gone."""
    real = hashlib.file_digest

    def read(file: IO[bytes], name: str) -> Any:
        if not str(file.name).endswith("x.ndjson"):
            return real(file, name)  # pyright: ignore[reportArgumentType] any binary file will do
        if isinstance(error, FileNotFoundError):
            (shop.inbox / "x.ndjson").unlink()
        raise error

    monkeypatch.setattr(hashlib, "file_digest", read)


async def test_a_file_that_vanishes_meanwhile_is_skipped(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, shop, FileNotFoundError(2, "No such file or directory"))
    shop.drop("x.ndjson", lines(GOOD))
    shop.drop("y.ndjson", lines({**GOOD, "order_id": "y"}))
    assert [row["order_id"] for row in await shop.rows()] == ["y"]
    assert [run for run in await shop.runs() if run.status == "failed"] == []


async def test_a_file_that_the_system_refuses_to_read_is_put_aside(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, shop, PermissionError(13, "Permission denied"))
    shop.drop("x.ndjson", lines(GOOD))
    shop.drop("y.ndjson", lines({**GOOD, "order_id": "y"}))
    assert [row["order_id"] for row in await shop.rows()] == ["y"]
    (failed,) = [run for run in await shop.runs() if run.status == "failed"]
    assert failed.note == "x.ndjson: it cannot be read: Permission denied"
    assert [path.name.endswith("x.ndjson") for path in (shop.inbox / ".refused").iterdir()] == [True]


async def test_a_file_that_cannot_be_moved_aside_is_not_tried_again_until_it_changes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = shop.mesh.product("orders").declared
    inbox = Inbox(shop.mesh.node.workshop, product, product.sources[0], shop.inbox.parent, shop.mesh.node.shelf)
    failing(monkeypatch, shop, PermissionError(13, "Permission denied"))
    shop.drop("x.ndjson", lines(GOOD))
    shop.drop(".refused", "no folder")
    assert [await inbox.look() for _ in range(3)] == [False, False, False]
    assert len(await shop.runs()) == 1
    shop.drop("x.ndjson", lines(GOOD, GOOD))
    assert not await inbox.look()
    assert len(await shop.runs()) == 2


async def test_what_is_no_file_is_left_alone(shop: Shop) -> None:
    (shop.inbox / "x.ndjson").mkdir(parents=True)
    (shop.inbox / "y.ndjson").symlink_to("y.ndjson")
    shop.drop("z.ndjson", lines(GOOD))
    assert len(await shop.rows()) == 1


async def test_a_file_that_cannot_be_read_is_put_aside_and_the_runs_say_why(shop: Shop) -> None:
    shop.drop("x.csv", b"\xff\xfe")
    shop.drop("y.ndjson", lines(GOOD))
    assert len(await shop.rows()) == 1
    assert [path.name.endswith("x.csv") for path in (shop.inbox / ".refused").iterdir()] == [True]
    failed = next(run for run in await shop.runs() if run.status == "failed")
    assert "not UTF-8" in failed.note


async def test_an_empty_file_holds_nothing_and_harms_nothing(shop: Shop) -> None:
    shop.drop("x.ndjson", "")
    shop.drop("y.json", "[]")
    assert await shop.rows() == []
    assert not list(shop.inbox.glob("*.json"))


@pytest.mark.parametrize("on_invalid", ["reject"])
async def test_where_the_table_rejects_a_file_with_a_bad_row_is_refused_whole(shop: Shop) -> None:
    shop.drop("x.ndjson", lines(GOOD, BAD))
    assert await shop.rows() == []
    assert await shop.quarantined() == []
    (run,) = await shop.runs()
    assert "1 of 2 rows break order-schema" in run.note
    assert "line 2: /amount" in run.note
