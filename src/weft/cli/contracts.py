"""Contracts as documents: as applied with their measures, compared, and tried on a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import typer

from weft._kit.nearest import did_you_mean
from weft.cli.session import ask, mesh_folder
from weft.contracts.compatibility import compare
from weft.contracts.formats import split_file
from weft.contracts.validator import compile_contract
from weft.model.errors import InvalidInput, NotFound
from weft.model.mesh import Mesh
from weft.model.principal import Principal
from weft.model.product import Contract, Product, Table
from weft.pipelines.inbox import FORMATS
from weft.platform.node import Node
from weft.platform.workspace import read_folder, sound
from weft.serving.shelf import Shelf
from weft.serving.vitals import Vitals

_SHOWN = 1000


async def contracts(node: Node, _: Principal) -> dict[str, Any]:
    """Every contract with the state of its promise."""
    items: list[dict[str, Any]] = []
    for product in node.mesh.products:
        qualities = {one.contract: one for one in (await Vitals(node.door.house).quality(product)).items}
        for found in product.contracts:
            quality = qualities.get(found.name)
            measured = {measure.name: measure.measured for measure in quality.measures} if quality else {}
            state = quality.state if quality else "unknown"
            items.append(
                {"name": found.name, "version": found.version, "product": product.name, "state": state, **measured}
            )
    return {"items": items, "total": len(items)}


async def contract(node: Node, who: Principal, name: str) -> dict[str, Any]:
    """One contract: its page, and what was measured."""
    product, found = find_contract(node.mesh, name)
    page = await Shelf(node.door.house).page(product.name, who)
    qualities = (await Vitals(node.door.house).quality(product)).items
    told = next(one for one in page.contracts if one.name == found.name)
    measures = next((one.measures for one in qualities if one.contract == found.name), [])
    return {"product": product.name, **msgspec.structs.asdict(told), "measures": measures}


def find_contract(mesh: Mesh, name: str) -> tuple[Product, Contract]:
    """A contract by its name, or by `product/name` where several products have one of this name."""
    owner, _, bare = name.rpartition("/")
    found = [(p, c) for p in mesh.products for c in p.contracts if c.name == bare and owner in {"", p.name}]
    if len(found) > 1:
        raise InvalidInput(f"{len(found)} products have a contract {name!r}", hint=f"write {found[0][0].name}/{name}")
    if not found:
        known = [contract.name for product in mesh.products for contract in product.contracts]
        raise NotFound(
            f"there is no contract {name!r}", hint=did_you_mean(bare, known) or "`weft contract list` shows them"
        )
    return found[0]


def compared(ctx: typer.Context, old: str, new: str) -> dict[str, Any]:
    """The verdict on a new version, which is a file or what the folder declares of a contract."""
    before = _schema_file(old) if _is_file(old) else ask(ctx, lambda node, _: _applied(node, old))
    if not new and _is_file(old):
        raise InvalidInput(f"{old} is compared with what?", hint="weft contract diff OLD.json NEW.json")
    after = _schema_file(new) if new else find_contract(_declared(ctx), old)[1].schema
    verdict = compare(before, after)
    return {
        "old": old,
        "new": new or "the folder",
        "level": verdict.level,
        "reasons": verdict.reasons,
        "example": verdict.example,
    }


async def _applied(node: Node, name: str) -> str:
    return find_contract(node.mesh, name)[1].schema


def tested(ctx: typer.Context, file: Path, name: str) -> dict[str, Any]:
    """Every row of a file against a contract of the folder; nothing is kept."""
    product, table = _tried(_declared(ctx), name)
    found = product.contract(table.contract)
    if found is None or file.suffix not in FORMATS:
        raise InvalidInput(
            f"cannot tell the format of {file.name}", hint=f"its name should end in {', '.join(sorted(FORMATS))}"
        )
    if not file.is_file():
        raise InvalidInput(f"there is no file {file}", hint="name a file with rows")
    checked = compile_contract(found, table).check_many(split_file(file, FORMATS[file.suffix], table.columns))
    items = [
        {"row": number, "rule": defect.rule, "path": defect.path, "message": defect.message}
        for number, row in enumerate(checked, 1)
        for defect in row.defects
    ]
    bad = sum(not row.good for row in checked)
    return {
        "file": file.name,
        "contract": f"{found.name}@{found.version}",
        "rows": len(checked),
        "good": len(checked) - bad,
        "bad": bad,
        "items": items[:_SHOWN],
    }


def _tried(mesh: Mesh, name: str) -> tuple[Product, Table]:
    """The table whose contract is meant: cleaning comes before the check, so the table counts."""
    tables = [(p, t) for p in mesh.products for t in p.tables if t.contract]
    if name:
        product, found = find_contract(mesh, name)
        tables = [(p, t) for p, t in tables if p is product and t.contract == found.name]
    if len(tables) != 1:
        known = ", ".join(sorted({table.contract for _, table in tables})) or "none"
        raise InvalidInput(f"{len(tables)} contracts could be meant", hint=f"pass --contract NAME; there are {known}")
    return tables[0]


def _declared(ctx: typer.Context) -> Mesh:
    return sound(read_folder(mesh_folder(ctx.obj)))


def _is_file(text: str) -> bool:
    return text.endswith(".json") or Path(text).is_file()


def _schema_file(text: str) -> str:
    try:
        return Path(text).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"cannot read {text}: {error}", hint="name a JSON Schema file") from error
