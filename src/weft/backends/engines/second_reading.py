"""A question read once more, by DuckDB's own parser: it runs only if that finds the same few sources in it.

SQLGlot reads a question first and writes it anew; what it wrote is judged here. A text that the two read differently, or a
function under another name than the asker wrote, gets past one of them but not past both.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import duckdb
import msgspec

from weft.backends.engines.guard import is_refused
from weft.model.errors import InvalidInput
from weft.model.select import folded

KINDS = frozenset(
    [
        "SELECT_NODE",
        "SET_OPERATION_NODE",
        "BASE_TABLE",
        "SUBQUERY",
        "JOIN",
        "EXPRESSION_LIST",
        "EMPTY",
        "TABLE_FUNCTION",
        "DISTINCT_MODIFIER",
        "ORDER_MODIFIER",
        "LIMIT_MODIFIER",
        "LIMIT_PERCENT_MODIFIER",
        "ASCENDING",
        "DESCENDING",
        "ORDER_DEFAULT",
    ]
)
"""What a plain SELECT is made of, beside expressions. SHOW, DESCRIBE, SUMMARIZE, PIVOT, recursion and samples are not here."""
BOUNDED = frozenset({"lpad", "rpad"})
"""Refused names that SQLGlot's reading lets through where the length is a small number."""


REMEMBERED = 1000
"""So many texts; ports ask the same few again and again."""


class SecondReader:
    """Confirms questions, each text once for as long as it is remembered."""

    def __init__(self) -> None:
        self._confirmed: set[tuple[str, frozenset[str]]] = set()

    def confirm(self, text: str, names: frozenset[str], cursor: duckdb.DuckDBPyConnection) -> None:
        """Pass if DuckDB reads one SELECT that takes rows from these names alone; InvalidInput if not."""
        if (text, names) in self._confirmed:
            return
        _confirm(text, names, cursor)
        if len(self._confirmed) >= REMEMBERED:
            self._confirmed.clear()
        self._confirmed.add((text, names))


def _confirm(text: str, names: frozenset[str], cursor: duckdb.DuckDBPyConnection) -> None:
    ((told,),) = cursor.execute("SELECT json_serialize_sql($1)", [text]).fetchall()
    try:
        tree: dict[str, Any] = msgspec.json.decode(told)
    except RecursionError as error:
        raise InvalidInput("the query is nested too deep", hint="split it into WITH clauses") from error
    if tree.get("error"):
        raise InvalidInput(f"the query cannot be read: {tree.get('error_message')}", hint="write one SELECT")
    if len(tree["statements"]) != 1:
        raise InvalidInput("only one SELECT can be asked", hint="leave out everything else")
    _check_tree(tree["statements"][0], names)


def _check_tree(tree: object, names: frozenset[str]) -> None:
    """Judge every node with the names that reach it: a definition in a WITH sees those before it, the query all of them."""
    left: list[tuple[object, frozenset[str]]] = [(tree, names)]
    while left:
        node, known = left.pop()
        if isinstance(node, list):
            left.extend((child, known) for child in node)
        elif isinstance(node, dict):
            for definition in node.pop("cte_map", {"map": ()})["map"]:
                left.append((definition["value"], known))
                known |= {folded(definition["key"])}
            _check(node, known)
            left.extend((child, known) for child in node.values())


def _check(node: Mapping[str, Any], names: Collection[str]) -> None:
    name = node.get("function_name")
    if name is not None and is_refused(folded(name)) and folded(name) not in BOUNDED:
        raise InvalidInput(f"{name}() cannot be asked for", hint="use functions of values only")
    kind = node.get("type")
    if kind is None or "class" in node:  # an expression: what it holds is judged by itself
        return
    if str(kind) not in KINDS:
        raise InvalidInput("rows can come only from tables, subqueries, VALUES and unnest()", hint="name a table")
    if kind == "BASE_TABLE" and not _is_known(node["qualified_name"]["path"], names):
        raise InvalidInput(f"there is no table {node['table_name']}", hint="use the tables that you were given")
    if kind == "BASE_TABLE" and node["at_clause"] is not None:
        raise InvalidInput("a version cannot be asked for in SQL", hint="use `as_of`")
    if kind == "TABLE_FUNCTION" and node["function"]["qualified_name"]["path"] != ["unnest"]:
        raise InvalidInput("rows can come only from tables, subqueries, VALUES and unnest()", hint="name a table")


def _is_known(path: list[str], names: Collection[str]) -> bool:
    return len(path) == 1 and folded(path[0]) in names
