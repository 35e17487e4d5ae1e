"""Executes a plan: the steps that were printed are the steps that run here."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from weft.contracts.columns import arrow_schema
from weft.model.errors import Conflict, InvalidInput
from weft.model.principal import OPERATOR, Access, Decision
from weft.model.product import Table
from weft.platform.applied import save_applied
from weft.platform.catch_up import until_refined
from weft.platform.gold import with_gold_columns
from weft.platform.node import Node
from weft.platform.plan import Readers, make_plan
from weft.platform.steps import (
    ChangeContract,
    ChangeProduct,
    ChangeRules,
    ChangeTable,
    CreateProduct,
    CreateTable,
    Plan,
    RegisterContract,
    RetireProduct,
    Step,
)
from weft.platform.workspace import declaration_files, sound_mesh
from weft.tables.layers import BRONZE, QUARANTINE, silver_schema, table_name, topic_name

_READERS_SEEN = 2000


async def plan_folder(node: Node) -> Plan:
    """What an apply of the folder's declarations would do."""
    files = declaration_files(node.folder)
    declared = sound_mesh(files, node.folder.name)
    _, faults = await with_gold_columns(declared, node.engines.engine)
    if faults:
        raise faults[0]
    readers = await _readers(node)
    return make_plan(
        sound_mesh(node.applied.files, node.folder.name),
        declared,
        generation=node.applied.generation,
        files=files,
        readers=readers,
    )


async def apply_plan(
    node: Node, plan: Plan, *, allow_breaking: bool = False, done: Callable[[Step], None] = lambda _: None
) -> None:
    """Do every step of a plan, then make its declarations the ones that hold. Safe to run again after an interruption."""
    if plan.generation != node.applied.generation:
        raise Conflict("the mesh changed since this plan was made", hint="plan again")
    if plan.breaking and not allow_breaking:
        step = plan.breaking[0]
        raise InvalidInput(
            f"{step.product}: {step.contract.name} would break its readers: {'; '.join(step.reasons[:3])}",
            hint=f"raise its major version above {step.before}, or pass --allow-breaking",
        )
    for step in plan.steps:
        await _check_possible(node, step)
    for step in plan.steps:
        await _do(node, step)
        node.audit.record(
            Access(principal=OPERATOR, action="admin", product=subject(step)),
            Decision(allowed=True, reason=f"apply: {type(step).__name__}"),
        )
        done(step)
    await node.audit.flush()
    if plan.steps:
        applied = await save_applied(node.engines.state, node.applied, plan.files, node.clock.now().isoformat())
        await node.adopt(applied)


def subject(step: Step) -> str:
    """The product that a step is about, empty for the whole mesh."""
    match step:
        case CreateProduct(product=product):
            return product.name
        case ChangeRules():
            return ""
        case _:
            return step.product


async def _do(node: Node, step: Step) -> None:
    match step:
        case CreateTable(product=product, table=table) | ChangeTable(product=product, table=table):
            if table.layer == "silver":
                await _create_layers(node, product, table)
        case ChangeContract(product=product, contract=contract):
            await _settle(node, product, contract.name)
        case CreateProduct() | ChangeProduct() | RetireProduct() | RegisterContract() | ChangeRules():
            pass  # these hold as soon as the declarations do
        case _:
            assert_never(step)


async def _check_possible(node: Node, step: Step) -> None:
    """Refuse what would leave rows behind that were made under another shape; nothing was done yet."""
    if not isinstance(step, ChangeTable) or step.table.layer != "silver":
        return
    before = node.door.product(step.product).table(step.table.name)
    if before is None or before.layer != "silver":
        return
    gone = {column.name for column in before.columns} - {column.name for column in step.table.columns}
    why = "its key changes" if before.key != step.table.key else f"{', '.join(sorted(gone))} would go" if gone else ""
    if why and (await node.engines.log.end(topic_name(step.product, step.table.name))).offsets:
        raise InvalidInput(
            f"{step.product}/{step.table.name} holds rows already, and {why}",
            hint="declare a new table beside it, and publish the rows there",
        )


async def _settle(node: Node, product: str, contract: str) -> None:
    """Refine what came under the old contract before the new one holds: each row is judged by the one that it came under."""
    for table in node.door.product(product).tables:
        if table.contract == contract:
            end = await node.engines.log.end(topic_name(product, table.name))
            await until_refined(node, product, table.name, end)


async def _create_layers(node: Node, product: str, table: Table) -> None:
    tables = node.engines.tables
    silver = silver_schema(arrow_schema(table.columns))
    await tables.create(
        table_name(product, table.name, "bronze"), BRONZE, partition_by=("_ingestion_date",), append_only=True
    )
    await tables.create(table_name(product, table.name, "quarantine"), QUARANTINE)
    await tables.create(table_name(product, table.name, "silver"), silver)


async def _readers(node: Node) -> Readers:
    """Who read which product lately, from the audit trail: consumers as they are, not as they were declared."""
    entries, _ = await node.audit.tail(size=_READERS_SEEN)
    found: dict[str, dict[str, None]] = {}
    for entry in entries:
        if entry.action == "read" and entry.allowed and entry.principal != OPERATOR.id:
            found.setdefault(entry.product, {})[entry.principal] = None
    return {product: tuple(who) for product, who in found.items()}
