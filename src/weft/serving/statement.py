"""Which tables a SELECT names: found in its text, resolved against the mesh, before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from weft.model.errors import InvalidInput
from weft.model.mesh import Mesh
from weft.model.select import read_select, sources

_NAMED = "tables are named product.table"


def find_tables(sql: str, mesh: Mesh, *, owner: str = "") -> list[tuple[str, str, str]]:
    """Each table as it is spelled in the text, with its product and its name. CTEs are not tables.

    A name without a product means the `owner`'s own table first: a model speaks of its own product.
    """
    query = read_select(sql, "duckdb")
    found = sorted(set(_resolved(query, mesh, owner)))
    if not found and query.find(exp.From):
        raise InvalidInput("no table of this mesh is read", hint=_NAMED)
    return found


def _resolved(query: exp.Query, mesh: Mesh, owner: str) -> Iterator[tuple[str, str, str]]:
    for source in sources(query):
        match source.parts:
            case (table,):
                yield source.spelled, _owner_of(table, mesh, owner), table
            case (product, table):
                yield source.spelled, product, table
            case _:
                raise InvalidInput(f"{source.node.sql('duckdb')} is no table of this mesh", hint=_NAMED)


def _owner_of(table: str, mesh: Mesh, owner: str) -> str:
    owners = [other.name for other in mesh.products if other.table(table)]
    if owner in owners:
        return owner
    if len(owners) == 1:
        return owners[0]
    if owners:
        raise InvalidInput(f"{len(owners)} products have a table {table!r}", hint=f'write "{owners[0]}".{table}')
    raise InvalidInput(f"there is no table {table!r}", hint='write "product".table; `weft product list` shows them')
