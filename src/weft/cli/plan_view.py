"""A plan for reading: each step as a change, the changes of a product under its name, and one line that sums them up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, assert_never

from weft.cli.terminal import Colour, Terminal, harmless
from weft.cli.words import counted
from weft.model.product import Table
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

Action = Literal["create", "change", "retire"]
_SIGNS: dict[str, tuple[str, Colour]] = {"create": ("+", "green"), "change": ("~", "yellow"), "retire": ("-", "red")}
_SHOWN_REASONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step of a plan, in words."""

    action: Action
    kind: Literal["product", "contract", "table", "policy", "identities", "mesh"]
    product: str = ""
    name: str
    note: str = ""
    verdict: Literal["", "compatible", "breaking"] = ""
    agreed: bool = True
    """A breaking change is agreed to by a new major version."""
    reasons: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    example: str = ""
    hit: tuple[str, ...] = ()


def change_of(step: Step) -> Change:
    """A step in words."""
    match step:
        case CreateProduct(product=product):
            note = f"domain {product.domain}, owner {product.owner}"
            found = Change(action="create", kind="product", product=product.name, name=product.name, note=note)
        case ChangeProduct(product=owner, changes=changes):
            found = Change(action="change", kind="product", product=owner, name=owner, changes=changes)
        case RetireProduct(product=owner, hit=hit):
            note = "its tables stay on disk"
            found = Change(action="retire", kind="product", product=owner, name=owner, note=note, hit=hit)
        case CreateTable(product=owner, table=table):
            found = Change(action="create", kind="table", product=owner, name=table.name, note=_shape(table))
        case ChangeTable(product=owner, table=table, changes=changes, hit=hit):
            found = Change(action="change", kind="table", product=owner, name=table.name, changes=changes, hit=hit)
        case RegisterContract(product=owner, contract=contract):
            found = Change(action="create", kind="contract", product=owner, name=contract.name, note=contract.version)
        case ChangeContract():
            found = _contract(step)
        case ChangeRules():
            found = _rules(step)
        case _:
            assert_never(step)
    return found


def line(step: Step) -> str:
    """A step in one line: `create table payment of payments-data-product`."""
    change = change_of(step)
    owner = f" of {change.product}" if change.product and change.kind != "product" else ""
    name = "" if change.name == change.kind else f" {change.name}"
    return harmless(f"{change.action} {change.kind}{name}{owner}")


def document(plan: Plan) -> dict[str, Any]:
    """The plan as a document, for programs and for `view`."""
    changes = [change_of(step) for step in plan.steps]
    counts = {action: sum(change.action == action for change in changes) for action in _SIGNS}
    return {
        "generation": plan.generation,
        "items": changes,
        "notices": plan.notices,
        "summary": {**counts, "breaking": len(plan.breaking)},
    }


def view(terminal: Terminal, plain: dict[str, Any]) -> str:
    """The document as a tree."""
    groups = groupby(plain["items"], key=lambda item: item["product"])
    blocks = ["\n".join(_product(terminal, product, list(items))) for product, items in groups]
    if plain["notices"]:
        blocks.append(
            "\n".join(f"{terminal.paint('blue', 'not served yet')}: {harmless(text)}" for text in plain["notices"])
        )
    return "\n\n".join([*blocks, _sum(plain["summary"])])


def _product(terminal: Terminal, product: str, items: list[dict[str, Any]]) -> Iterator[str]:
    if product and items[0]["kind"] != "product":
        yield f"  product {harmless(product)}"
    for item in items:
        yield from _change(terminal, item, "" if item["kind"] == "product" or not product else "  ")


def _change(terminal: Terminal, item: dict[str, Any], indent: str) -> Iterator[str]:
    sign, colour = _SIGNS[item["action"]]
    name = "" if item["name"] == item["kind"] else f" {harmless(item['name'])}"
    verdict = {"breaking": terminal.paint("red", "  BREAKING"), "compatible": "  compatible"}.get(item["verdict"], "")
    note = f"  {harmless(item['note'])}" if item["note"] else ""
    yield f"{indent}{terminal.paint(colour, sign)} {item['kind']}{name}{note}{verdict}"
    deeper = f"{indent}    "
    for text in (*item["changes"], *item["reasons"][:_SHOWN_REASONS]):
        yield f"{deeper}{harmless(text)}"
    if more := item["reasons"][_SHOWN_REASONS:]:
        yield f"{deeper}and {len(more)} more; -o json shows all"
    if item["example"]:
        yield f"{deeper}would break: {harmless(item['example'])}"
    if item["hit"]:
        yield f"{deeper}hits: {harmless(', '.join(item['hit']))}"


def _sum(summary: dict[str, int]) -> str:
    told = [f"{summary[action]} to {action}" for action in _SIGNS if summary[action]]
    if not told:
        return "no changes"
    breaks = summary["breaking"]
    return ", ".join(told) + (f"; {counted(breaks, 'contract change')} would break readers" if breaks else "")


def _shape(table: Table) -> str:
    parts: list[str] = [table.layer]
    if table.columns:
        parts.append(counted(len(table.columns), "column"))
    if table.key:
        parts.append(f"key {', '.join(table.key)}")
    return ", ".join(parts)


def _rules(step: ChangeRules) -> Change:
    whole: dict[str, Action] = {"added": "create", "removed": "retire"}
    action = whole.get(step.changes[0] if len(step.changes) == 1 else "", "change")
    return Change(action=action, kind=step.what, name=step.name, changes=step.changes if action == "change" else ())


def _contract(step: ChangeContract) -> Change:
    version = step.contract.version
    return Change(
        action="change",
        kind="contract",
        product=step.product,
        name=step.contract.name,
        note=version if version == step.before else f"{step.before} → {version}",
        verdict=step.verdict,
        agreed=step.agreed,
        reasons=step.reasons,
        example=step.example,
        hit=step.hit,
    )
