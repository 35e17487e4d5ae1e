"""Executes a plan: the steps that were printed are the steps that run here."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from weft.contracts.columns import arrow_schema
from weft.model.errors import Conflict, InvalidInput
from weft.model.principal import OPERATOR, Access, Decision
from weft.model.product import Table
from weft.platform.applied import save_applied
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
from weft.tables.layers import BRONZE, QUARANTINE, silver_schema, table_name

_READERS_SEEN = 2000


async def plan_folder(node: Node) -> Plan:
    """What an apply of the folder's declarations would do."""
    files = declaration_files(node.folder)
    declared = sound_mesh(files, node.folder.name)
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
        case (
            CreateProduct() | ChangeProduct() | RetireProduct() | RegisterContract() | ChangeContract() | ChangeRules()
        ):
            pass  # these hold as soon as the declarations do
        case _:
            assert_never(step)


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
