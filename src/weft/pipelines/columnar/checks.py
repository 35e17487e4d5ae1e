"""What remains after the grammar: bounds, lengths, lists and patterns, checked on whole columns, and cleaning."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from weft.model.column import PRECISION, Column
from weft.pipelines.columnar.schema import NOTES, Unprovable

Test = Callable[[pa.Array], pa.Array]
_call = pc.call_function
TEXT_RULES = NOTES | {"type", "format", "enum", "const", "pattern", "minLength", "maxLength"}
NUMBER_RULES = NOTES | {"type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
LITERALS = 200
"""Longer lists of allowed values are looked up, not spelled in the grammar."""
_LITERAL = re.compile(r"[ !#-\[\]-~]*")
_SAFE_PATTERN = re.compile(
    r"""(?: [A-Za-z0-9 _\-,:;/@\#%&=!<>~'".^$|)] | \\[.\-/\\+*?()\[\]{}|^$dws] | \((?:\?:|(?!\?))
          | \[\^?(?:[A-Za-z0-9 _.,:;/@\#%=!<>'"+*?()$-]|\\[.\-/\\+*?()\[\]{}|^$dw])+\]
          | [*+?] | \{[0-9]{1,3}(?:,[0-9]{0,3})?\} )*""",
    re.VERBOSE,
)
"""Patterns that mean the same in every engine, on printable ASCII: no flags, no look-around, no classes of Unicode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A column's path, what cleaning does to its texts, and the test that its values have to pass (empty ones do)."""

    path: tuple[str, ...]
    test: Test
    steps: Sequence[Callable[[str], str]] = ()


def is_literal(value: object) -> bool:
    """Whether a text stands in JSON exactly as it is, in printable ASCII."""
    return isinstance(value, str) and _LITERAL.fullmatch(value) is not None


def literals(schema: Mapping[str, Any]) -> list[str] | None:
    """The texts that a schema lists, where the grammar can spell them."""
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if not isinstance(values, list) or len(values) > LITERALS or ("enum" in schema and "const" in schema):
        return None
    texts = [value for value in values if value is not None]
    return texts if texts and all(is_literal(text) for text in texts) else None


def checks_of(
    schema: Mapping[str, Any], column: Column, path: tuple[str, ...], steps: Sequence[Callable[[str], str]]
) -> Check | None:
    """The check that a scalar's rules ask for beside its grammar; Unprovable for rules that no check is known for."""
    tests = [*_tests(schema, column, cleaned=bool(steps))]
    return Check(path=path, test=_all(tests), steps=steps) if tests or steps else None


def has_bytes(most: int) -> Test:
    """The test that a text takes no more than so many bytes in UTF-8."""
    limit = pa.scalar(most, pa.int32())
    return _all([lambda values: _call("less_equal", [_call("binary_length", [values]), limit])])


def _tests(schema: Mapping[str, Any], column: Column, *, cleaned: bool) -> list[Test]:
    match column.kind:
        case "string":
            return _text_tests(schema, cleaned=cleaned)
        case "integer" | "decimal" | "number":
            return _number_tests(schema, column)
        case _:
            allowed = NOTES | {"type"} | ({"format"} if column.kind in {"timestamp", "date"} else set())
            _refuse_beyond(schema, allowed)
            if column.kind in {"timestamp", "date"} and schema.get("format") != _FORMATS[column.kind]:
                raise Unprovable("a time without its format")
            return []


_FORMATS = {"timestamp": "date-time", "date": "date"}


def _text_tests(schema: Mapping[str, Any], *, cleaned: bool) -> list[Test]:
    _refuse_beyond(schema, TEXT_RULES)
    tests: list[Test] = []
    if ("enum" in schema or "const" in schema) and (cleaned or literals(schema) is None):
        tests.append(_is_in(schema))
    if (pattern := schema.get("pattern")) is not None:
        tests.append(_matches(pattern))
    if schema.get("minLength") is not None or schema.get("maxLength") is not None:
        tests.append(_has_length(schema.get("minLength", 0), schema.get("maxLength", 2**31 - 1)))
    if (form := schema.get("format")) is not None:
        if form != "uuid":
            raise Unprovable(f"the format {form}")
        tests.append(_regex(f"^{UUID}$"))
    return tests


def _is_in(schema: Mapping[str, Any]) -> Test:
    values = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]
    if "enum" in schema and "const" in schema:
        raise Unprovable("enum beside const")
    if not all(value is None or isinstance(value, str) for value in values):
        raise Unprovable("a list of mixed values")
    allowed = pa.array([value for value in values if value is not None], pa.string())
    return lambda values: _call("is_in", [values], pc.SetLookupOptions(allowed))


def _matches(pattern: object) -> Test:
    if not isinstance(pattern, str) or "--" in pattern or not _SAFE_PATTERN.fullmatch(pattern):
        raise Unprovable("a pattern that engines read differently")
    plain, matches = _regex("^[ -~]*$"), _regex(pattern)
    return lambda values: _call("and", [plain(values), matches(values)])


def _regex(pattern: str) -> Test:
    return lambda values: _call("match_substring_regex", [values], pc.MatchSubstringOptions(pattern))


def _has_length(least: object, most: object) -> Test:
    if type(least) is not int or type(most) is not int:
        raise Unprovable("a length that is no integer")
    return lambda values: _between(_call("utf8_length", [values]), least, most)


def _number_tests(schema: Mapping[str, Any], column: Column) -> list[Test]:
    _refuse_beyond(schema, NUMBER_RULES)
    _check_multiple(schema.get("multipleOf"), column)
    given = {name: schema[name] for name in _SIDES if name in schema}
    return [_bound(column, name, _number(value)) for name, value in given.items()]


_SIDES: Mapping[str, tuple[int, bool]] = {
    "minimum": (1, True), "exclusiveMinimum": (1, False), "maximum": (-1, True), "exclusiveMaximum": (-1, False)
}  # fmt: skip


def _check_multiple(multiple: object, column: Column) -> None:
    if multiple is None:
        if column.kind == "decimal":
            raise Unprovable("a decimal of unknown digits")
        return
    unit = Decimal(1).scaleb(-column.scale) if column.kind == "decimal" else Decimal(1)
    if column.kind == "number" or _number(multiple) != unit:
        raise Unprovable(f"multiples of {multiple}")


def _bound(column: Column, name: str, bound: Decimal) -> Test:
    """A bound as a comparison in the column's own type. A bound that the type cannot hold is moved inwards, never outwards."""
    side, inclusive = _SIDES[name]
    if column.kind == "number":
        # Two texts may become one float: of the values at the bound itself only those at a whole number are certain.
        limit = float(bound)
        inclusive = inclusive and limit == int(limit) and abs(limit) < 2**53 and bound == int(bound) == 0
        return _beyond(pa.scalar(limit, pa.float64()), side, inclusive=inclusive)
    unit = Decimal(1).scaleb(-column.scale)
    exact = (
        bound.quantize(unit, rounding=ROUND_CEILING if side > 0 else ROUND_FLOOR)
        if _fits(bound, column.scale)
        else None
    )
    if exact is None:
        raise Unprovable(f"the bound {bound}")
    inclusive = inclusive or exact != bound
    kind = pa.int64() if column.kind == "integer" else pa.decimal128(PRECISION, column.scale)
    return _beyond(pa.scalar(int(exact) if column.kind == "integer" else exact, kind), side, inclusive=inclusive)


def _fits(bound: Decimal, scale: int) -> bool:
    return bound == 0 or bound.adjusted() < PRECISION - scale - 1


def _beyond(limit: pa.Scalar, side: int, *, inclusive: bool) -> Test:
    compare = ("greater" if side > 0 else "less") + ("_equal" if inclusive else "")
    return lambda values: _call(compare, [values, limit])


def _between(lengths: pa.Array, least: int, most: int) -> pa.Array:
    enough = _call("greater_equal", [lengths, pa.scalar(least, pa.int32())])
    return _call("and", [enough, _call("less_equal", [lengths, pa.scalar(most, pa.int32())])])


def _number(value: object) -> Decimal:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float | Decimal)
        or (isinstance(value, float) and not math.isfinite(value))
    ):
        raise Unprovable("a bound that is no number")
    return Decimal(str(value))


def _refuse_beyond(schema: Mapping[str, Any], known: frozenset[str] | set[str]) -> None:
    if unknown := schema.keys() - known:
        raise Unprovable(f"the rule {min(unknown)}")


def _all(tests: Sequence[Test]) -> Test:
    def test(values: pa.Array) -> pa.Array:
        passed = _call("is_valid", [values])
        for one in tests:
            passed = _call("and", [passed, one(values)])
        return _call(
            "or", [_call("is_null", [values], pc.NullOptions()), _call("coalesce", [passed, pa.scalar(value=False)])]
        )

    return test
