"""Policies as values, and the rules of theirs that can be judged from declarations alone: names and quality floors."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import get_args

import jsonschema_rs as rs

from weft._kit import durations
from weft._kit.place import Path
from weft.contracts.declared.draft import Draft
from weft.contracts.declared.findings import DeclaredFile, SchemaFile
from weft.contracts.declared.promises import quality_of
from weft.model import declaration
from weft.model.column import Classification, walk
from weft.model.mesh import ClassRule, Policy
from weft.model.product import Contract, Product, Quality

_NAMES = ("product", "table", "column", "domain")


def policy_of(file: DeclaredFile, declared: declaration.Policy) -> Policy:
    """A policy file as a value; what cannot be read is noted."""
    spec = declared.spec
    return Policy(
        name=declared.metadata.name,
        file=file.name,
        naming=dict(_naming(file, spec.naming)),
        classes=dict(_classes(spec.classification)),
        floor=quality_of(file, spec.quality, ("spec", "quality")),
        retention={name: _retention(file, name, text) for name, text in spec.retention.items()},
    )


def _naming(file: DeclaredFile, naming: declaration.Naming) -> Iterator[tuple[str, str]]:
    for name in _NAMES:
        pattern: str = getattr(naming, name)
        if not pattern:
            continue
        try:
            _rule(pattern)
        except ValueError:
            what = f"`{pattern}` is no regular expression that runs in linear time"
            file.problem(
                "WEFT-1403", ("spec", "naming", name), what, fix="write it without look-around and back references"
            )
        else:
            yield name, pattern


@functools.lru_cache(maxsize=256)
def _rule(pattern: str) -> rs.Validator:
    """A naming rule on the linear engine: user patterns never reach `re`."""
    schema = {"type": "string", "pattern": f"^(?:{pattern})$"}
    return rs.validator_for(schema, pattern_options=rs.RegexOptions(), offline=True)


def _classes(classes: declaration.Classes) -> Iterator[tuple[Classification, ClassRule]]:
    for name in get_args(Classification):
        written = getattr(classes, name)
        if isinstance(written, declaration.ClassSpec):
            yield name, ClassRule(mask=written.mask, cleared=frozenset(written.cleared))


def _retention(file: DeclaredFile, name: str, text: str) -> float | None:
    if text.strip().lower() in {"forever", "for ever"}:
        return None
    path: Path = ("spec", "retention", name)
    try:
        kept = durations.seconds(text)
    except ValueError as error:
        file.problem("WEFT-1404", path, str(error), fix="7 years, or forever")
        return None
    what = "deleting data when its retention ends: not served yet"
    file.problem("WEFT-1901", path, what, why="everything is kept", at_key=True)
    return kept


def check_names(draft: Draft, product: Product, policies: Sequence[Policy]) -> None:
    """Note every name of a product that breaks a naming policy."""
    for policy in policies:
        for noun, name, path in _names(draft, product):
            pattern = policy.naming.get(noun)
            if pattern and not _rule(pattern).is_valid(name):
                draft.file.problem(
                    "WEFT-1401", path, f"the {noun} name `{name}` does not match {pattern}", why=_because(policy)
                )
        if pattern := policy.naming.get("column"):
            _check_column_names(draft, product, policy, pattern)


def _names(draft: Draft, product: Product) -> Iterator[tuple[str, str, Path]]:
    yield "product", product.name, ("metadata", "name")
    yield "domain", product.domain, ("metadata", "domain")
    written = {spec.name: ("spec", "tables", index, "name") for index, spec in enumerate(draft.spec.tables)}
    for table in product.tables:
        yield "table", table.name, written.get(table.name, ("spec", "contracts"))


def _check_column_names(draft: Draft, product: Product, policy: Policy, pattern: str) -> None:
    rule = _rule(pattern)
    for contract in product.contracts:
        schema = draft.folder.schema(contract.path)
        if schema is None:
            continue
        for path, column in walk(schema.columns):
            if not rule.is_valid(column.name):
                file = SchemaFile(contract.path, schema.json, draft.folder.findings)
                where = tuple(step for part in path.split(".") for step in ("properties", part))
                what = f"the column name `{column.name}` does not match {pattern}"
                file.problem("WEFT-1401", where, what, why=_because(policy), at_key=True)


def _because(policy: Policy) -> str:
    return f"policy {policy.name} ({policy.file}) says how such names look"


def with_floors(draft: Draft, contracts: Iterable[Contract], policies: Sequence[Policy]) -> tuple[Contract, ...]:
    """The contracts with what policies promise for them; a promise below a floor is noted."""
    indices = {spec.name: index for index, spec in enumerate(draft.spec.contracts)}
    return tuple(
        replace(
            contract,
            quality=_floored(draft, contract, ("spec", "contracts", indices[contract.name], "quality"), policies),
        )
        for contract in contracts
    )


def _floored(draft: Draft, contract: Contract, path: Path, policies: Sequence[Policy]) -> Quality:
    quality = contract.quality
    for policy in policies:
        for name in ("freshness", "completeness", "accuracy"):
            floor: float | None = getattr(policy.floor, name)
            promised: float | None = getattr(quality, name)
            if floor is None:
                continue
            if promised is None:
                line = f"quality: {{{name}: {_spoken(name, floor)}}}"
                draft.infer((*path, name), _spoken(name, floor), f"the floor of policy {policy.name}", line)
                quality = _with(quality, name, floor)
            elif (promised > floor) if name == "freshness" else (promised < floor):
                what = f"{name} {_spoken(name, promised)} is worse than {_spoken(name, floor)}"
                fix = f"{name}: {_spoken(name, floor)}"
                draft.file.problem(
                    "WEFT-1402",
                    (*path, name),
                    what,
                    why=f"policy {policy.name} ({policy.file}) sets the floor",
                    fix=fix,
                )
    return quality


def _with(quality: Quality, name: str, value: float) -> Quality:
    values = {"freshness": quality.freshness, "completeness": quality.completeness, "accuracy": quality.accuracy}
    return Quality(**{**values, name: value})


def _spoken(name: str, value: float) -> str:
    return durations.short(value) if name == "freshness" else durations.percent(value).replace(" ", "")
