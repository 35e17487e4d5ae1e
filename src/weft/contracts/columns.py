"""From a JSON Schema to the columns of its table, and from columns to an Arrow schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from weft.contracts.schemas import ignores_beside_references, resolve
from weft.model.column import CLASSIFICATIONS, PRECISION, Classification, Column, Kind

if TYPE_CHECKING:
    import pyarrow as pa

_PLAIN: Mapping[str, Kind] = {"string": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
_FORMATS: Mapping[str, Kind] = {"date-time": "timestamp", "date": "date"}


def columns_of(schema: Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns of a contract, in the schema's order. What a column cannot hold as a type of its own is kept as JSON."""
    reader = _Reader(schema)
    return reader.columns(reader.facets(schema, frozenset()), "internal")


@dataclass(slots=True)
class _Facets:
    """What all parts of one schema say together about a value. `types` is None while anything goes."""

    types: set[str] | None = None
    format: str = ""
    multiple: Decimal | None = None
    properties: dict[str, Any] = field(default_factory=dict[str, Any])
    required: set[str] = field(default_factory=set[str])
    classification: str = ""
    description: str = ""
    above: frozenset[str] = frozenset()
    """References that led here. One that leads here again is not followed: a circle ends as JSON."""

    def narrow(self, types: set[str]) -> None:
        self.types = types if self.types is None else self.types & types


class _Reader:
    """Reads the columns of one schema."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.reference_only = ignores_beside_references(root)

    def columns(self, facets: _Facets, inherited: Classification) -> tuple[Column, ...]:
        """The columns for the properties of an object."""
        return tuple(
            self._column(name, self.facets(child, facets.above), inherited, required=name in facets.required)
            for name, child in facets.properties.items()
            if child is not False
        )

    def _column(self, name: str, facets: _Facets, inherited: Classification, *, required: bool) -> Column:
        own = facets.classification if facets.classification in CLASSIFICATIONS else inherited
        kind, scale = _kind(facets)
        fields = self.columns(facets, own) if kind == "object" else ()
        return Column(
            name=name,
            kind="json" if kind == "object" and not fields else kind,
            required=required and facets.types is not None and "null" not in facets.types,
            scale=scale,
            fields=fields,
            classification=own,
            description=facets.description,
        )

    def facets(self, schema: Any, above: frozenset[str]) -> _Facets:
        """What a schema says, with all that it refers to."""
        facets = _Facets(above=above)
        for part in self._parts(schema, facets, above):
            _add(facets, part)
        return facets

    def _parts(self, schema: Any, facets: _Facets, above: frozenset[str]) -> Iterator[Mapping[str, Any]]:
        """The schemas that a value must keep all at once: the schema, what it refers to, its `allOf`; and the one branch
        of a union with null.
        """
        if not isinstance(schema, dict):
            return
        reference = schema.get("$ref")
        if isinstance(reference, str):
            facets.above |= {reference}
            if reference not in above:
                yield from self._parts(resolve(self.root, reference), facets, above | {reference})
            if self.reference_only:
                return
        yield schema
        for part in _listed(schema, "allOf"):
            yield from self._parts(part, facets, above)
        if (branch := _nullable(schema)) is not None:
            for part in self._parts(branch, facets, above):
                yield _or_null(part)


def _listed(schema: Mapping[str, Any], name: str) -> list[Any]:
    found = schema.get(name)
    return found if isinstance(found, list) else []


def _nullable(schema: Mapping[str, Any]) -> Any:
    """The other branch of `anyOf` or `oneOf` with exactly two branches of which one is null."""
    if "type" in schema:
        return None
    for name in ("anyOf", "oneOf"):
        branches = _listed(schema, name)
        others = [branch for branch in branches if branch != {"type": "null"}]
        if len(others) == 1 and len(branches) == len(others) + 1:
            return others[0]
    return None


def _or_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    types = _types(schema)
    return {**schema, "type": sorted(types | {"null"})} if types is not None else schema


def _types(schema: Mapping[str, Any]) -> set[str] | None:
    """The JSON types that a schema lets through, or None for any."""
    named = schema.get("type")
    if isinstance(named, str):
        return {named}
    if isinstance(named, list):
        return set(named)
    if "const" in schema:
        return {_type_of(schema["const"])}
    return {_type_of(value) for value in schema["enum"]} if isinstance(schema.get("enum"), list) else None


_JSON_TYPES = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}


def _type_of(value: Any) -> str:
    return _JSON_TYPES.get(type(value), "object")


def _add(facets: _Facets, schema: Mapping[str, Any]) -> None:
    if (types := _types(schema)) is not None:
        facets.narrow(types)
    facets.format = facets.format or str(schema.get("format", ""))
    facets.multiple = _finer(facets.multiple, schema.get("multipleOf"))
    properties = schema.get("properties")
    if isinstance(properties, dict):
        facets.properties = {**properties, **facets.properties}
    facets.required |= {name for name in _listed(schema, "required") if isinstance(name, str)}
    facets.classification = facets.classification or str(schema.get("classification", ""))
    facets.description = facets.description or str(schema.get("description", ""))


def _finer(known: Decimal | None, multiple: Any) -> Decimal | None:
    if isinstance(multiple, bool) or not isinstance(multiple, int | float | Decimal):
        return known
    exact = Decimal(str(multiple))
    return exact if known is None or _places(exact) < _places(known) else known


def _places(value: Decimal) -> int:
    """The digits after the point that multiples of a value have at most."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _kind(facets: _Facets) -> tuple[Kind, int]:
    types: set[str] = set() if facets.types is None else facets.types - {"null"}
    if types == {"integer", "number"}:
        types = {"number"}
    if len(types) != 1:
        return "json", 0
    (name,) = types
    if name == "object":
        return ("object" if facets.properties else "json"), 0
    if name == "number" and facets.multiple is not None and _places(facets.multiple) < PRECISION:
        return "decimal", _places(facets.multiple)
    if name == "string":
        return _FORMATS.get(facets.format, "string"), 0
    return _PLAIN.get(name, "json"), 0


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema of a table with these columns."""
    import pyarrow as pa

    return pa.schema([pa.field(column.name, _arrow_type(column)) for column in columns])


def _arrow_type(column: Column) -> pa.DataType:
    import pyarrow as pa

    plain = {
        "string": pa.string,
        "json": pa.string,
        "integer": pa.int64,
        "number": pa.float64,
        "boolean": pa.bool_,
        "date": pa.date32,
    }
    match column.kind:
        case "decimal":
            return pa.decimal128(PRECISION, column.scale)
        case "timestamp":
            return pa.timestamp("us", tz="UTC")
        case "object":
            return pa.struct([pa.field(inner.name, _arrow_type(inner)) for inner in column.fields])
        case _:
            return plain[column.kind]()
