"""Which tables a SELECT names: read with SQLGlot, resolved against the mesh, before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from weft.model.errors import InvalidInput
from weft.model.mesh import Mesh

_LONGEST = 100_000
_UNDERLINE = re.compile(r"\x1b\[\d*m")
"""SQLGlot underlines the spot for a terminal."""
_SOURCES = (exp.Table, exp.Subquery, exp.Values, exp.Unnest)
"""Where rows may come from. A call is none of these: no table would be named, so nobody would be asked."""


def find_tables(sql: str, mesh: Mesh, dialect: str = "duckdb", *, owner: str = "") -> list[tuple[str, str, str]]:
    """Each table as it is spelled in the text, with its product and its name. CTEs are not tables.

    A name without a product means the `owner`'s own table first: a model speaks of its own product.
    """
    if len(sql) > _LONGEST:
        raise InvalidInput("the SQL is too long", hint=f"at most {_LONGEST} characters")
    try:
        statements = sqlglot.parse(sql, read=dialect)
    except SqlglotError as error:
        raise InvalidInput(
            f"the SQL cannot be read: {_UNDERLINE.sub('', str(error))}", hint="one SELECT in the dialect of DuckDB"
        ) from error
    except RecursionError as error:
        raise InvalidInput("the SQL is nested too deep", hint="one SELECT in the dialect of DuckDB") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise InvalidInput("one SELECT is asked for", hint='for example: SELECT * FROM "payments-data-product".payment')
    _refuse_odd_sources(statements[0])
    found = sorted(set(_resolved(statements[0], mesh, owner)))
    if not found and statements[0].find(exp.From):
        raise InvalidInput("no table of this mesh is read", hint="tables are named product.table")
    return found


def _refuse_odd_sources(statement: exp.Query) -> None:
    """Each FROM, JOIN and LATERAL brings rows of something whose tables can be seen here."""
    for node in statement.find_all(exp.From, exp.Join, exp.Lateral):
        source = node.this
        if isinstance(source, exp.Lateral) and not isinstance(node, exp.Lateral):
            continue  # it comes by itself
        known = (exp.Subquery, exp.Unnest) if isinstance(node, exp.Lateral) else _SOURCES
        if not isinstance(source, known):
            raise InvalidInput(f"{source.sql()} is no table of this mesh", hint="tables are named product.table")


def _resolved(statement: exp.Query, mesh: Mesh, owner: str) -> Iterator[tuple[str, str, str]]:
    ctes = {cte.alias_or_name for cte in statement.find_all(exp.CTE)}
    for table in statement.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or table.catalog:
            raise InvalidInput(f"{table.sql()} is no table of this mesh", hint="tables are named product.table")
        if not table.db and table.name in ctes:
            continue
        product, name = _find(table.db, table.name, mesh, owner)
        yield (f"{table.db}.{table.name}" if table.db else table.name), product, name


def _find(product: str, table: str, mesh: Mesh, owner: str) -> tuple[str, str]:
    if product:
        return product, table
    owners = [other.name for other in mesh.products if other.table(table)]
    if owner in owners:
        return owner, table
    if len(owners) == 1:
        return owners[0], table
    if owners:
        raise InvalidInput(f"{len(owners)} products have a table {table!r}", hint=f'write "{owners[0]}".{table}')
    raise InvalidInput(f"there is no table {table!r}", hint='write "product".table; `weft product list` shows them')
