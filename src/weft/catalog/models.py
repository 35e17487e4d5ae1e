"""What a model's SELECT reads, column by column, found with SQLGlot on a copy that is never run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node as Step
from sqlglot.lineage import lineage

from weft.model.column import CLASSIFICATIONS, Classification, Column, walk
from weft.model.errors import InvalidInput
from weft.model.mesh import Mesh
from weft.model.product import Product, Table
from weft.model.select import read_select, sources

_OF_NOTHING = CLASSIFICATIONS.index("internal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Where one output column comes from: columns of tables as they are spelled. Not `known`: from anywhere in the query."""

    name: str
    columns: frozenset[tuple[str, str]] = frozenset()
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """A table that a model reads, and which of its columns become which of the model's."""

    product: str
    table: str
    columns: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def inherited_classification(
    sql: str, tables: Mapping[str, Sequence[Column]], names: Sequence[str], *, dialect: str = "duckdb"
) -> dict[str, Classification]:
    """The class of each output column of a SELECT: the strictest of the columns that flow into it, through whatever
    expression. `tables` are its inputs as they are spelled in it; `names` are the output's columns as the engine names
    them, in order. What cannot be traced counts as strict as the strictest input: a class is never lost on the way.
    """
    classes: dict[tuple[str, str], Classification] = {
        (spelled.casefold(), column.name.casefold()): _strictest(_classes(column))
        for spelled, columns in tables.items()
        for column in columns
    }
    highest = _strictest(list(classes.values()))
    found = origins(sql, tables, dialect=dialect)
    if found is None or len(names) != len(found):
        return dict.fromkeys(names, highest)
    return {
        name: _strictest([classes.get(place, highest) for place in origin.columns]) if origin.known else highest
        for name, origin in zip(names, found, strict=True)
    }


def _classes(column: Column) -> list[Classification]:
    return [one.classification for _, one in walk((column,))]


def _strictest(found: Sequence[Classification]) -> Classification:
    return CLASSIFICATIONS[max(map(CLASSIFICATIONS.index, found), default=_OF_NOTHING)]


def origins(sql: str, tables: Mapping[str, Sequence[Column]], *, dialect: str) -> list[Origins] | None:
    """The origins of each output column, in order; None where SQLGlot cannot follow the query."""
    try:
        query = read_select(sql, dialect).copy()
        spelled = _with_plain_names(query, tables)
        schema = {plain: _shape(tables[name]) for plain, name in spelled.items()}
        steps = lineage(None, query, schema=schema, dialect=dialect, trim_selects=False, copy=False)
    except (InvalidInput, SqlglotError, ValueError, KeyError, RecursionError):
        return None
    return [_origin(name, step, spelled) for name, step in steps.items()]


def _with_plain_names(query: exp.Query, tables: Mapping[str, Sequence[Column]]) -> dict[str, str]:
    """Call each table t0_, t1_ … so that names with and without a product look alike; back to how they were spelled."""
    known = {name.casefold(): name for name in tables}
    plain: dict[str, str] = {}
    for source in list(sources(query)):
        name = known.get(source.spelled.casefold())
        if name is not None:
            new = next((short for short, other in plain.items() if other == name), f"t{len(plain)}_")
            plain[new] = name
            source.point_to(new)
    return plain


def _shape(columns: Sequence[Column]) -> dict[str, str]:
    return {column.name: _type(column) for column in columns}


def _type(column: Column) -> str:
    if column.kind != "object":
        return "VARCHAR"  # only names matter here
    return "STRUCT(" + ", ".join(f'"{inner.name}" {_type(inner)}' for inner in column.fields) + ")"


def _origin(name: str, step: Step, spelled: Mapping[str, str]) -> Origins:
    columns: set[tuple[str, str]] = set()
    known = True
    for part in step.walk():
        table = part.expression
        if isinstance(table, exp.Table) and table.name in spelled:
            columns.add((spelled[table.name].casefold(), part.name.rpartition(".")[2].strip('"').casefold()))
        elif table.find(*_WHOLE_ROWS) or (not part.downstream and not _is_constant(table)):
            known = False
    return Origins(name=name, columns=frozenset(columns), known=known)


_WHOLE_ROWS = (exp.TableColumn, exp.Columns)
"""A row as one value, or columns by pattern: they hold columns that nobody names."""


def _is_constant(expression: exp.Expr) -> bool:
    """Whether an expression holds no column in any guise; the star of `count(*)` counts rows and shows none."""
    return isinstance(expression, exp.Alias | exp.Literal) and not any(
        isinstance(part, exp.Column | exp.Placeholder | exp.Subquery)
        or (isinstance(part, exp.Star) and not isinstance(part.parent, exp.Count))
        for part in expression.walk()
    )


def reads_of(mesh: Mesh, owner: Product, table: Table) -> list[Reads]:
    """The tables that a model reads, with its columns traced to theirs."""
    inputs = dict(_inputs(mesh, owner, table.sql))
    shapes = {spelled: source.columns for spelled, (_, source) in inputs.items()}
    traced = origins(table.sql, shapes, dialect="spark") or []
    found: list[Reads] = []
    for spelled, (product, source) in inputs.items():
        names = {column.name.casefold(): column.name for column in source.columns}
        pairs = [
            (names.get(column, column), origin.name)
            for origin in traced
            for place, column in sorted(origin.columns)
            if place == spelled.casefold()
        ]
        found.append(Reads(product=product.name, table=source.name, columns=pairs))
    return found


def _inputs(mesh: Mesh, owner: Product, sql: str) -> Iterator[tuple[str, tuple[Product, Table]]]:
    """Each table of a model as it is spelled; names without a product are of the model's own."""
    try:
        query = read_select(sql, "spark")
    except InvalidInput:
        return
    for source in sources(query):
        match source.parts:
            case (name,):
                product = owner
            case (above, name):
                product = mesh.product(above)
            case _:
                continue
        if product is not None and (table := product.table(name)) is not None:
            yield source.spelled, (product, table)
