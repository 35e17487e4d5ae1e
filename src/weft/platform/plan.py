"""What would change: the declared mesh compared with the applied one, as steps. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from weft.catalog.impact import downstream_of
from weft.contracts.compatibility import compare
from weft.model.column import Column
from weft.model.mesh import Mesh, User
from weft.model.product import Contract, Endpoint, Grant, Link, Product, Quality, Source, Table
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

_OF_PRODUCT = (
    "domain",
    "version",
    "owner",
    "description",
    "sources",
    "access",
    "endpoints",
    "upstream",
    "downstream",
    "schedule",
)
_OF_TABLE = ("layer", "columns", "key", "contract", "source", "sql", "clean", "classification", "on_invalid")

Readers = Mapping[str, tuple[str, ...]]
"""Product → principals that really read it lately."""


def make_plan(before: Mesh, after: Mesh, *, generation: int, files: dict[str, bytes], readers: Readers) -> Plan:
    """The steps from one mesh to the other, in the order in which they are done."""
    steps = (
        *_rules(before, after),
        *(step for product in after.products for step in _product(before, product, readers)),
        *(
            RetireProduct(product=old.name, hit=_hit(before, old.name, readers))
            for old in before.products
            if not after.product(old.name)
        ),
    )
    notices = tuple(
        f"{product.name}: {note.what}; {note.meanwhile}" for product in after.products for note in product.unserved
    )
    return Plan(generation=generation, steps=steps, files=files, notices=notices)


def _product(before: Mesh, product: Product, readers: Readers) -> Iterator[Step]:
    old = before.product(product.name)
    if old is None:
        yield CreateProduct(product=product)
    elif changes := _changes(old, product, _OF_PRODUCT):
        yield ChangeProduct(product=product.name, changes=changes)
    for contract in product.contracts:
        yield from _contract(before, product, old.contract(contract.name) if old else None, contract, readers)
    for table in product.tables:
        yield from _table(before, product, old.table(table.name) if old else None, table, readers)


def _contract(before: Mesh, product: Product, old: Contract | None, new: Contract, readers: Readers) -> Iterator[Step]:
    if old is None:
        yield RegisterContract(product=product.name, contract=new)
    elif (old.schema, old.version, old.quality) != (new.schema, new.version, new.quality):
        verdict = compare(old.schema, new.schema)
        quality = () if old.quality == new.quality else (f"quality: {_show(old.quality)} → {_show(new.quality)}",)
        yield ChangeContract(
            product=product.name,
            contract=new,
            before=old.version,
            verdict="breaking" if verdict.level == "breaking" else "compatible",
            reasons=(*verdict.reasons, *quality),
            example=verdict.example,
            hit=_hit(before, product.name, readers),
        )


def _table(before: Mesh, product: Product, old: Table | None, new: Table, readers: Readers) -> Iterator[Step]:
    if old is None:
        yield CreateTable(product=product.name, table=new)
    elif changes := _changes(old, new, _OF_TABLE):
        yield ChangeTable(product=product.name, table=new, changes=changes, hit=_hit(before, product.name, readers))


def _rules(before: Mesh, after: Mesh) -> Iterator[Step]:
    old = {policy.name: policy for policy in before.policies}
    new = {policy.name: policy for policy in after.policies}
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield ChangeRules(what="policy", name=name, changes=("removed",))
        elif name not in old:
            yield ChangeRules(what="policy", name=name, changes=("added",))
        elif changes := _changes(old[name], new[name], ("naming", "classes", "floor", "retention")):
            yield ChangeRules(what="policy", name=name, changes=changes)
    if changes := _changes(before.identities, after.identities, ("users", "sign_in")):
        yield ChangeRules(what="identities", name="identities", changes=changes)
    if changes := _changes(before, after, ("name", "environments")):
        yield ChangeRules(what="mesh", name=after.name, changes=changes)


def _hit(mesh: Mesh, product: str, readers: Readers) -> tuple[str, ...]:
    """Whom a change of a product touches: declared and derived neighbours, and who really reads it."""
    return tuple(dict.fromkeys((*downstream_of(mesh, product), *(f"reader {who}" for who in readers.get(product, ())))))


def _changes(old: Any, new: Any, names: tuple[str, ...]) -> tuple[str, ...]:
    """What differs, a sentence for each field; of lists only the items that came and went."""
    known = {field.name for field in fields(new)}
    return tuple(
        f"{name}: {_difference(getattr(old, name), getattr(new, name))}"
        for name in names
        if name in known and getattr(old, name) != getattr(new, name)
    )


def _difference(old: Any, new: Any) -> str:
    if isinstance(old, tuple) and isinstance(new, tuple):
        came = [f"+ {_show(item)}" for item in new if item not in old]
        went = [f"- {_show(item)}" for item in old if item not in new]
        return ", ".join(went + came) or "another order"
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        return ", ".join(f"{key}: {_show(old.get(key))} → {_show(new.get(key))}" for key in keys)
    return f"{_show(old)} → {_show(new)}"


_LONGEST = 80


def _show(value: Any) -> str:
    match value:
        case Column(name=name, kind=kind, required=required):
            text = f"{name} {kind}{'' if required else '?'}"
        case Grant(role=role, permissions=permissions, rows=rows):
            text = f"{role} [{', '.join(sorted(permissions))}]{f' where {rows}' if rows else ''}"
        case User(id=name, roles=roles):
            text = f"{name} [{', '.join(sorted(roles))}]"
        case Quality(freshness=freshness, completeness=completeness, accuracy=accuracy):
            text = f"freshness {freshness}, completeness {completeness}, accuracy {accuracy}"
        case Endpoint(path=text) | Link(name=text) | Source(name=text):
            pass
        case None | "":
            text = "none"
        case _:
            text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
