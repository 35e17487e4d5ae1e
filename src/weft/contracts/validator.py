"""A contract compiled once: strict decoding, cleaning, the exact check, and typed rows."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import jsonschema_rs as rs
import msgspec

from weft._kit.json_marks import pointer, without_comments
from weft.contracts import clean
from weft.contracts.columns import columns_of
from weft.contracts.keys import key_check
from weft.contracts.messages import defect_of, shown
from weft.contracts.quality import event_times, newest_of, presence
from weft.contracts.schemas import UUID_PATTERN, validator
from weft.contracts.values import Convert, Unstorable, row_converter
from weft.model.column import Column
from weft.model.errors import InvalidInput
from weft.model.product import Contract, Table
from weft.model.row import Checked, Defect

MAX_DEFECTS = 20
MAX_DEPTH = 64
_DECODE = msgspec.json.Decoder(float_hook=Decimal).decode


class CompiledContract:
    """Judges the rows of one table. Rows that it calls good are typed, exact and storable; it keeps no state."""

    __slots__ = ("_clean", "_convert", "_exact", "_key_defect", "_quick", "_times", "columns", "contract")

    def __init__(self, contract: Contract, table: Table, schema: Mapping[str, Any]) -> None:
        self.contract = contract
        self.columns = table.columns or columns_of(schema)
        self._times = event_times(self.columns)
        self._clean = clean.plan_of(table.clean)
        self._exact = validator(schema)
        self._quick = validator(_quick_schema(schema, self.columns))
        self._convert: Convert = row_converter(self.columns)
        self._key_defect = key_check(table.key, self.columns) if table.key else None

    def check(self, raw: bytes) -> Checked:
        """The verdict on one row as it was received."""
        try:
            value = _DECODE(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Checked(raw, None, (_no_json(error),))
        if type(value) is not dict:
            message = f"{shown(value)} is no object: a row is a JSON object"
            return Checked(raw, None, (Defect(rule="type", path="", message=message),))
        if raw.count(b"{") + (b"[" in raw and raw.count(b"[")) > MAX_DEPTH and _is_deep(value):
            return Checked(raw, None, (_too_deep(),))
        if self._clean:
            clean.apply(self._clean, value)
        if self._quick.is_valid(value):
            try:
                return self._typed(raw, value)
            except Unstorable as error:
                return self._refuse(raw, value, error)
        return self._refuse(raw, value)

    def check_many(self, raws: Sequence[bytes]) -> list[Checked]:
        """The verdicts on many rows, in their order."""
        return list(map(self.check, raws))

    def count(self, rows: Sequence[Checked], *, until: datetime | None = None) -> tuple[int, int, datetime | None]:
        """Required fields that were there and that should have been, over all rows; and the newest event time of good
        ones, times after `until` left out.
        """
        good = [checked.row for checked in rows if checked.row is not None]
        present = wanted = 0
        for checked in rows:
            found, expected = presence(checked.row if checked.good else _as_sent(checked.raw), self.columns)
            present, wanted = present + found, wanted + expected
        return present, wanted, newest_of(good, self._times, until=until)

    def _refuse(self, raw: bytes, value: dict[str, Any], unstorable: Unstorable | None = None) -> Checked:
        """All defects of a row that the quick check could not prove good; it is good if the exact check finds none."""
        if defects := _defects(self._exact.iter_errors(value)):
            return Checked(raw, None, defects)
        try:
            return self._typed(raw, value)
        except Unstorable as error:
            return Checked(raw, None, (_storage_defect(value, unstorable or error),))

    def _typed(self, raw: bytes, value: dict[str, Any]) -> Checked:
        """A row that keeps its contract, in its columns' types, unless it cannot be kept under its key."""
        row = self._convert(value)
        defect = self._key_defect(row) if self._key_defect is not None else None
        return Checked(raw, row) if defect is None else Checked(raw, None, (defect,))


def compile_contract(contract: Contract, table: Table) -> CompiledContract:
    """Compile a contract for a table. The contract was checked when it was declared; InvalidInput if it was not."""
    try:
        return CompiledContract(contract, table, parsed(contract.schema))
    except (rs.ValidationError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InvalidInput(f"contract {contract.name} cannot be compiled: {reason}", hint="run `weft check`") from error


def parsed(schema: str) -> dict[str, Any]:
    """A contract's schema text as data; comment lines on top are skipped."""
    return msgspec.json.decode(without_comments(schema), type=dict[str, Any])


def _quick_schema(schema: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    """The same rules in a form that is quicker to prove: `uuid` as a pattern instead of a call, and no `multipleOf` where
    the conversion to a decimal is at least as strict. A row that it lets through still has to be converted exactly.
    """
    quick: dict[str, Any] = copy.deepcopy(dict(schema))
    _quicken(quick, columns)
    return quick


def _quicken(schema: Any, columns: Sequence[Column]) -> None:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return
    for column in columns:
        child = properties.get(column.name)
        if not isinstance(child, dict) or "$ref" in child:
            continue
        if column.kind == "object":
            _quicken(child, column.fields)
        if column.kind == "decimal" and _is_power_of_ten(child.get("multipleOf"), column.scale):
            del child["multipleOf"]
        if child.get("format") == "uuid" and "pattern" not in child:
            del child["format"]
            child["pattern"] = UUID_PATTERN


def _is_power_of_ten(multiple: Any, scale: int) -> bool:
    return multiple is not None and Decimal(str(multiple)) == Decimal(1).scaleb(-scale)


def _defects(errors: Iterable[rs.ValidationError]) -> tuple[Defect, ...]:
    return tuple(defect_of(error) for error in islice(errors, MAX_DEFECTS))


def _as_sent(raw: bytes) -> Any:
    """A bad row as far as it can be read, to see what it had."""
    try:
        return _DECODE(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _no_json(error: Exception) -> Defect:
    if isinstance(error, RecursionError):
        return _too_deep()
    return Defect(
        rule="json", path="", message=f"cannot be read as JSON: {str(error).removeprefix('JSON is malformed: ')}"
    )


def _too_deep() -> Defect:
    return Defect(rule="json", path="", message=f"is nested more than {MAX_DEPTH} deep")


def _is_deep(value: Any) -> bool:
    """Whether a value is nested deeper than the limit; counted level by level, so that depth costs no stack."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _storage_defect(row: Mapping[str, Any], error: Unstorable) -> Defect:
    value: Any = row
    for part in error.path:
        value = value[part] if isinstance(value, dict) else None
    return Defect(rule="storage", path=pointer(error.path), message=f"{shown(value)} {error.message}")
