"""Judges a contract file: a schema that can be enforced, whose fields can be served as columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from weft._kit.nearest import did_you_mean
from weft._kit.place import Path
from weft.contracts.columns import columns_of
from weft.contracts.declared.findings import SchemaFile
from weft.contracts.schemas import children, faults_of
from weft.model.column import CLASSIFICATIONS, Column

_CODES = {
    "dialect": "WEFT-1301",
    "schema": "WEFT-1301",
    "format": "WEFT-1302",
    "pattern": "WEFT-1303",
    "reference": "WEFT-1304",
    "weight": "WEFT-1305",
}
_FIXES = {
    "dialect": 'write "http://json-schema.org/draft-07/schema#" or "https://json-schema.org/draft/2020-12/schema"',
    "format": "write a `pattern` instead, or take the format out",
    "pattern": "write it without look-around and back references",
    "reference": "point into this file: #/definitions/name",
}
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,127}")


def columns_within(file: SchemaFile) -> tuple[Column, ...] | None:
    """The columns of a contract; None after its problems were noted."""
    before = len(file.findings.problems)
    schema = file.json.value
    for fault in faults_of(schema):
        file.problem(_CODES[fault.rule], fault.path, fault.message, fix=_FIXES.get(fault.rule, ""))
    if len(file.findings.problems) > before:
        return None
    _check_classes(file, schema, ())
    columns = columns_of(schema)
    if not columns or schema.get("type", "object") != "object":
        fix = 'describe one row: {"type": "object", "properties": {…}}'
        file.problem("WEFT-1310", (), "the contract describes no fields", fix=fix)
        return None
    _check_names(file, columns, ())
    return columns if len(file.findings.problems) == before else None


def _check_classes(file: SchemaFile, schema: Any, path: Path) -> None:
    for where, part in _parts(schema, path):
        named = part.get("classification")
        if named is not None and named not in CLASSIFICATIONS:
            fix = did_you_mean(str(named), CLASSIFICATIONS)
            file.problem("WEFT-1311", (*where, "classification"), f"`{named}` is no classification", fix=fix)


def _parts(schema: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    if isinstance(schema, dict):
        yield path, schema
        for step, child in children(schema):
            yield from _parts(child, (*path, *step))


def _check_names(file: SchemaFile, columns: tuple[Column, ...], path: Path) -> None:
    seen: dict[str, str] = {}
    for column in columns:
        where = (*path, "properties", column.name)
        if _COLUMN.fullmatch(column.name) is None:
            fix = "use letters, digits, _ and -, beginning with a letter"
            file.problem("WEFT-1306", where, f"`{column.name}` cannot be a column", fix=fix, at_key=True)
        first = seen.setdefault(column.name.casefold(), column.name)
        if first != column.name:
            what = f"`{column.name}` and `{first}` are the same column to SQL"
            file.problem("WEFT-1306", where, what, fix="rename one of them", at_key=True)
        _check_names(file, column.fields, where)
