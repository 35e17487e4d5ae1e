"""A plan says what would change and whom it hits; an apply does exactly that, once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from weft.model.errors import Conflict, DeclarationError, Denied, InvalidInput, NotFound
from weft.model.principal import Principal
from weft.platform.mesh import Mesh
from weft.platform.steps import (
    ChangeContract,
    ChangeProduct,
    ChangeRules,
    ChangeTable,
    CreateProduct,
    CreateTable,
    RegisterContract,
    RetireProduct,
)

PRODUCT = """
apiVersion: weft.dev/v1
kind: DataProduct
metadata: {name: orders, domain: orders, version: "1.0.0", owner: team@shop.example}
spec:
  contracts:
    - {name: order-schema, version: "1.0.0", schema: order.json}
  access:
    - {role: team, permissions: [read, write]}
  lineage:
    downstream:
      - {consumer: billing, type: api}
"""
GOLD = """
apiVersion: weft.dev/v1
kind: DataProduct
metadata: {name: reports, domain: reports, version: "1.0.0", owner: team@shop.example}
spec:
  tables:
    - {name: totals, layer: gold, sql: totals.sql}
"""
SCHEMA = {
    "type": "object",
    "required": ["order_id", "amount"],
    "properties": {"order_id": {"type": "string"}, "amount": {"type": "number", "multipleOf": 0.01}},
}


class Folder:
    """A mesh's declarations, to be changed by a test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write(
            "mesh.yaml",
            f"apiVersion: weft.dev/v1\nkind: Mesh\nmetadata: {{name: m}}\nspec: {{environments: {{local: {{keys: 'file:{path / 'keys'}'}}}}}}\n",
        )
        self.write("orders.yaml", PRODUCT)
        self.schema(SCHEMA)

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text)

    def schema(self, schema: dict, version: str = "1.0.0") -> None:
        self.write("order.json", json.dumps(schema))
        self.write(
            "orders.yaml", PRODUCT.replace('order-schema, version: "1.0.0"', f'order-schema, version: "{version}"')
        )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
async def mesh(folder: Folder) -> AsyncIterator[Mesh]:
    async with Mesh.open(folder.path) as opened:
        await opened.apply(await opened.plan())
        yield opened


def kinds(plan) -> list[type]:
    return [type(step) for step in plan.steps]


async def test_a_first_plan_creates_everything(folder: Folder) -> None:
    async with Mesh.open(folder.path) as mesh:
        assert kinds(await mesh.plan()) == [ChangeRules, CreateProduct, RegisterContract, CreateTable]


async def test_applied_twice_there_is_nothing_to_do(mesh: Mesh) -> None:
    assert (await mesh.plan()).steps == ()


async def test_another_process_sees_what_was_applied(mesh: Mesh, folder: Folder) -> None:
    async with Mesh.open(folder.path) as other:
        assert (await other.plan()).steps == ()
        assert other.product("orders").declared == mesh.product("orders").declared


async def test_a_mesh_that_stays_open_keeps_to_what_another_process_applied(mesh: Mesh, folder: Folder) -> None:
    await mesh.product("orders").publish([{"order_id": "a", "amount": 1}])
    await mesh.refine()
    orders, reader = mesh.product("orders"), Principal(id="tim", roles=frozenset({"team"}))
    assert len(await orders.read(as_=reader)) == 1
    folder.write("orders.yaml", PRODUCT.replace("role: team", "role: others"))
    plan = await mesh.plan()
    async with Mesh.open(folder.path) as other:
        await other.apply(await other.plan())
    questions = (
        lambda: orders.read(as_=reader),
        lambda: orders.get("a", as_=reader),
        lambda: mesh.query("SELECT * FROM orders.order", as_=reader),
        lambda: orders.publish([{"order_id": "b", "amount": 2}], as_=reader),
    )
    for ask in questions:
        with pytest.raises(Denied):
            await ask()
    with pytest.raises(Conflict, match="changed since this plan was made"):
        await mesh.apply(plan)


async def test_a_declaration_that_changes_is_not_in_force_until_it_is_applied(mesh: Mesh, folder: Folder) -> None:
    folder.write("orders.yaml", PRODUCT.replace("permissions: [read, write]", "permissions: [read]"))
    assert "write" in mesh.product("orders").declared.access[0].permissions
    plan = await mesh.plan()
    assert kinds(plan) == [ChangeProduct]
    await mesh.apply(plan)
    assert "write" not in mesh.product("orders").declared.access[0].permissions


async def test_an_optional_field_is_compatible_and_adds_a_column(mesh: Mesh, folder: Folder) -> None:
    await mesh.product("orders").publish([{"order_id": "a", "amount": 1}])
    await mesh.refine()
    folder.schema({**SCHEMA, "properties": {**SCHEMA["properties"], "note": {"type": "string"}}}, version="1.1.0")
    plan = await mesh.plan()
    assert kinds(plan) == [ChangeContract, ChangeTable]
    assert plan.breaking == ()
    await mesh.apply(plan)
    receipt = await mesh.product("orders").publish([{"order_id": "b", "amount": 2, "note": "hi"}])
    rows = await mesh.product("orders").read(sort=["order_id"], at_least=receipt.position)
    assert [row.get("note") for row in rows] == [None, "hi"]


async def test_a_breaking_change_is_refused_until_a_major_version_announces_it(mesh: Mesh, folder: Folder) -> None:
    narrower = {
        **SCHEMA,
        "properties": {**SCHEMA["properties"], "amount": {"type": "number", "multipleOf": 0.01, "minimum": 10}},
    }
    folder.schema(narrower, version="1.1.0")
    plan = await mesh.plan()
    (step,) = plan.breaking
    assert step.verdict == "breaking"
    assert step.hit == ("consumer billing",)
    assert step.reasons
    with pytest.raises(InvalidInput, match="would break its readers"):
        await mesh.apply(plan)
    assert mesh.node.applied.generation == 1
    folder.schema(narrower, version="2.0.0")
    plan = await mesh.plan()
    assert plan.breaking == ()
    await mesh.apply(plan)
    assert mesh.product("orders").declared.contracts[0].version == "2.0.0"


async def test_a_breaking_change_can_be_insisted_on(mesh: Mesh, folder: Folder) -> None:
    folder.schema(
        {
            **SCHEMA,
            "required": ["order_id", "amount", "note"],
            "properties": {**SCHEMA["properties"], "note": {"type": "string"}},
        }
    )
    plan = await mesh.plan()
    assert plan.breaking
    await mesh.apply(plan, allow_breaking=True)
    assert (await mesh.plan()).steps == ()


async def test_whoever_really_reads_a_product_is_hit_too(mesh: Mesh, folder: Folder) -> None:
    reader = Principal(id="tom", roles=frozenset({"team"}))
    await mesh.refine()
    await mesh.product("orders").read(as_=reader)
    await mesh.node.audit.flush()
    folder.schema({**SCHEMA, "required": ["order_id"]}, version="2.0.0")
    (step, *_) = (await mesh.plan()).steps
    assert step.hit == ("consumer billing", "reader tom")


async def test_a_model_over_the_product_is_hit(mesh: Mesh, folder: Folder) -> None:
    folder.write("reports.yaml", GOLD)
    folder.write("totals.sql", "SELECT SUM(amount) AS total FROM orders.order")
    plan = await mesh.plan()
    assert kinds(plan) == [CreateProduct, CreateTable]
    await mesh.apply(plan)
    folder.schema({**SCHEMA, "required": ["order_id"]}, version="2.0.0")
    (step, *_) = (await mesh.plan()).steps
    assert "table reports/totals" in step.hit


async def test_a_product_that_is_gone_is_retired_and_its_tables_stay(mesh: Mesh, folder: Folder) -> None:
    (folder.path / "orders.yaml").unlink()
    plan = await mesh.plan()
    assert kinds(plan) == [RetireProduct]
    await mesh.apply(plan)
    assert mesh.products == ()
    assert "orders/order/silver" in await mesh.node.engines.tables.names()


async def test_a_plan_made_before_someone_else_applied_is_refused(mesh: Mesh, folder: Folder) -> None:
    folder.schema({**SCHEMA, "required": ["order_id"]}, version="2.0.0")
    plan = await mesh.plan()
    await mesh.apply(plan)
    with pytest.raises(Conflict, match="changed since"):
        await mesh.apply(plan)


async def test_two_processes_cannot_both_apply(mesh: Mesh, folder: Folder) -> None:
    async with Mesh.open(folder.path) as other:
        folder.schema({**SCHEMA, "required": ["order_id"]}, version="2.0.0")
        mine, theirs = await mesh.plan(), await other.plan()
        await other.apply(theirs)
        with pytest.raises(Conflict):
            await mesh.apply(mine)


async def test_broken_declarations_make_no_plan(mesh: Mesh, folder: Folder) -> None:
    folder.write("orders.yaml", PRODUCT.replace("owner:", "ownr:"))
    with pytest.raises(DeclarationError) as caught:
        await mesh.plan()
    assert any("ownr" in problem.what for problem in caught.value.problems)


async def test_every_step_of_an_apply_is_in_the_audit_trail(mesh: Mesh) -> None:
    entries, _ = await mesh.node.audit.tail()
    reasons = {entry.reason for entry in entries}
    assert {"apply: CreateProduct", "apply: CreateTable", "apply: RegisterContract"} <= reasons
    assert await mesh.node.audit.verify() is None


async def test_a_model_that_cannot_be_computed_makes_no_plan(mesh: Mesh, folder: Folder) -> None:
    folder.write("reports.yaml", GOLD)
    folder.write("totals.sql", "SELECT SUM(amuont) AS total FROM orders.order")
    with pytest.raises(InvalidInput, match="reports/totals"):
        await mesh.plan()
    folder.write("totals.sql", "SELECT SUM(amount) AS total FROM orders.order")
    await mesh.apply(await mesh.plan())
    assert [column.name for column in mesh.product("reports").declared.tables[0].columns] == ["total"]


async def test_a_model_over_a_model_comes_after_it_wherever_it_is_declared(mesh: Mesh, folder: Folder) -> None:
    folder.write("a.yaml", GOLD.replace("name: reports,", "name: above,").replace("totals.sql", "above.sql"))
    folder.write("reports.yaml", GOLD)
    folder.write("above.sql", "SELECT total + 1 AS more FROM reports.totals")
    folder.write("totals.sql", "SELECT SUM(amount) AS total FROM orders.order")
    await mesh.apply(await mesh.plan())
    assert [column.name for column in mesh.product("above").declared.tables[0].columns] == ["more"]


async def test_a_model_that_changed_serves_nothing_of_the_old_one(mesh: Mesh, folder: Folder) -> None:
    access = "  access:\n    - {role: team, permissions: [read]}\n"
    folder.write("reports.yaml", GOLD + access)
    folder.write("totals.sql", "SELECT order_id AS shown FROM orders.order")
    await mesh.apply(await mesh.plan())
    await mesh.product("orders").publish([{"order_id": "secret", "amount": 1}])
    await mesh.refine()
    assert [row["shown"] for row in await mesh.product("reports").read()] == ["secret"]
    folder.write("totals.sql", "SELECT 'fine' AS shown FROM orders.order")
    await mesh.apply(await mesh.plan())
    with pytest.raises(NotFound, match="since its model changed"):
        await mesh.product("reports").read()
    await mesh.refine()
    assert [row["shown"] for row in await mesh.product("reports").read()] == ["fine"]


@pytest.mark.parametrize("change", ["key", "column"])
async def test_a_change_that_rows_cannot_follow_is_refused_before_anything_is_done(
    mesh: Mesh, folder: Folder, change: str
) -> None:
    await mesh.product("orders").publish([{"order_id": "a", "amount": 1}])
    if change == "column":
        folder.schema(
            {**SCHEMA, "required": ["order_id"], "properties": {"order_id": {"type": "string"}}}, version="2.0.0"
        )
    else:
        table = "  tables:\n    - {name: order, layer: silver, contract: order-schema, key: [amount]}\n"
        folder.write("orders.yaml", PRODUCT + table)
    plan = await mesh.plan()
    with pytest.raises(InvalidInput, match="holds rows already"):
        await mesh.apply(plan, allow_breaking=True)
    assert mesh.node.applied.generation == 1


async def test_rows_that_came_under_the_old_contract_are_judged_by_it(mesh: Mesh, folder: Folder) -> None:
    await mesh.product("orders").publish([{"order_id": "a", "amount": 1}])
    properties = {**SCHEMA["properties"], "amount": {"type": "number", "multipleOf": 0.01, "minimum": 10}}
    folder.schema({**SCHEMA, "properties": properties}, version="2.0.0")
    await mesh.apply(await mesh.plan())
    assert [row["order_id"] for row in await mesh.product("orders").read()] == ["a"]
    receipt = await mesh.product("orders").publish([{"order_id": "b", "amount": 1}])
    assert receipt.quarantined == 1
