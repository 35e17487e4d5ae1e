"""The shape of gold tables: columns and kinds from the engine, classes from where each column comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa

from weft.catalog.models import inherited_classification
from weft.contracts.columns import arrow_schema
from weft.model.column import Classification, Column, Kind
from weft.model.errors import InvalidInput, WeftError
from weft.model.mesh import Mesh
from weft.model.product import Product, Table
from weft.ports.engine import Engine, Relation
from weft.ports.table_store import Snapshot
from weft.serving.statement import find_tables


async def with_gold_columns(mesh: Mesh, engine: Engine) -> tuple[Mesh, tuple[WeftError, ...]]:
    """The mesh with the columns of its gold tables filled in, and what is wrong with the models that have none.

    A model over another gold table comes after it; models that stand on each other in a circle have no columns.
    """
    waiting = [(product, table) for product in mesh.products for table in product.tables if table.layer == "gold"]
    faults: dict[str, WeftError] = {}
    while waiting:
        left: list[tuple[Product, Table]] = []
        faults = {}
        for product, table in waiting:
            try:
                shaped = replace(table, columns=await _columns(mesh, product.name, table, engine))
            except WeftError as error:
                left.append((product, table))
                faults[f"{product.name}/{table.name}"] = error
            else:
                mesh = _with_table(mesh, product.name, shaped)
        if len(left) == len(waiting):
            break
        waiting = left
    return mesh, tuple(InvalidInput(f"{name}: {error.message}", hint=error.hint) for name, error in faults.items())


def _with_table(mesh: Mesh, product: str, table: Table) -> Mesh:
    def swap(owner: Product) -> Product:
        if owner.name != product:
            return owner
        return replace(owner, tables=tuple(table if other.name == table.name else other for other in owner.tables))

    return replace(mesh, products=tuple(swap(owner) for owner in mesh.products))


async def _columns(mesh: Mesh, owner: str, table: Table, engine: Engine) -> tuple[Column, ...]:
    sql = engine.translate(table.sql)
    inputs = {spelled: _table(mesh, product, name) for spelled, product, name in find_tables(sql, mesh, owner=owner)}
    answer = await engine.query(sql, {spelled: _empty(source) for spelled, source in inputs.items()})
    classes: dict[str, Classification] = {
        **inherited_classification(sql, {s: t.columns for s, t in inputs.items()}, answer.schema.names),
        **table.classification,
    }
    return tuple(_column(field, classes) for field in answer.schema)


def _table(mesh: Mesh, product: str, name: str) -> Table:
    owner = mesh.product(product)
    found = owner.table(name) if owner else None
    if found is None or not found.columns:
        raise InvalidInput(f"{product}.{name} has no known columns", hint="name a table of this mesh")
    return found


def _empty(table: Table) -> Relation:
    schema: pa.Schema = arrow_schema(table.columns)
    snapshot = Snapshot(name=table.name, version=0, schema=schema, files=(), rows=0, positions={})
    return Relation(snapshot=snapshot, columns={name: f'"{name}"' for name in schema.names})


def _column(field: pa.Field, classes: Mapping[str, Classification]) -> Column:
    return Column(
        name=field.name,
        kind=_kind(field.type),
        scale=field.type.scale if pa.types.is_decimal(field.type) else 0,
        classification=classes.get(field.name, "internal"),
    )


def _kind(of: pa.DataType) -> Kind:
    kinds: list[tuple[Kind, bool]] = [
        ("boolean", pa.types.is_boolean(of)),
        ("integer", pa.types.is_integer(of)),
        ("decimal", pa.types.is_decimal(of)),
        ("number", pa.types.is_floating(of)),
        ("timestamp", pa.types.is_timestamp(of)),
        ("date", pa.types.is_date(of)),
        ("string", pa.types.is_string(of) or pa.types.is_large_string(of) or pa.types.is_string_view(of)),
    ]
    found: list[Kind] = [kind for kind, fits in kinds if fits]
    return found[0] if found else "json"
