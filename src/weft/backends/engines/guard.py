"""What a question may say: one SELECT over the relations that it was handed, with no way to anything else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from weft.model.errors import InvalidInput
from weft.model.select import folded, read_select, sources, unreadable

LONGEST_PAD = 1000
REFUSED = frozenset(
    [
        "current_setting",
        "set_config",
        "getenv",
        "getvariable",
        "nextval",
        "currval",
        "query",
        "query_table",
        "glob",
        "sniff_csv",
        "write_log",
        "json_execute_serialized_sql",
        "in_search_path",
        "repeat",
        "lpad",
        "rpad",
        "format",
        "printf",
        "list_resize",
        "array_resize",
        "bitstring",
        "range",
        "generate_series",
        "sequence",
        "current_database",
        "current_schema",
        "current_schemas",
        "current_catalog",
        "version",
    ]
)
"""Functions that look outside the question, or that make much out of little (DuckDB's memory limit does not see that)."""
RESERVED = ("read_", "pg_", "duckdb_", "pragma_", "has_", "parquet_", "sqlite_", "information_", "test_", "weft_")
FORBIDDEN: Mapping[type, str] = {
    exp.Into: "INTO",
    exp.Lock: "FOR UPDATE",
    exp.Command: "a command",
    exp.Create: "a definition",
    exp.Insert: "a change",
    exp.Update: "a change",
    exp.Delete: "a change",
    exp.Merge: "a change",
    exp.Pivot: "PIVOT",
    exp.TableSample: "a sample",
    exp.SessionParameter: "a setting",
    exp.Repeat: "repeat()",
    exp.GenerateSeries: "a series",
    exp.Format: "format()",
}
PATH_MARKS = frozenset("./\\")
"""DuckDB takes a name with one of these for a file, wherever no table has it."""


@lru_cache(maxsize=512)
def parsed(sql: str) -> exp.Query:
    """The one SELECT that the text holds, its `?` marks numbered; InvalidInput for anything else. Not to be changed."""
    query = read_select(numbered(sql), "duckdb")
    _refuse_forbidden(query)
    return query


def numbered(sql: str, after: int = 0) -> str:
    """The text with each `?` as `$n`, counted on from `after`, so that marks keep their values wherever they move to."""
    try:
        marks = [
            token for token in DuckDB().tokenize(sql) if token.token_type is TokenType.PLACEHOLDER and token.text == "?"
        ]
    except SqlglotError as error:
        raise unreadable(error) from error
    for number, token in reversed(list(enumerate(marks, start=after + 1))):
        sql = f"{sql[: token.start]}${number}{sql[token.end + 1 :]}"
    return sql


def restricted(query: exp.Query, names: Mapping[str, str]) -> exp.Query:
    """A copy of the query in which each known table stands under its new name; InvalidInput for every other table."""
    copy = query.copy()
    known = {folded(name): alias for name, alias in names.items()}
    for source in list(sources(copy)):
        if not source.parts:
            raise InvalidInput("rows can come only from tables, subqueries, VALUES and unnest()", hint="name a table")
        alias = known.get(folded(source.spelled))
        if alias is None:
            raise InvalidInput(f"there is no table {source.spelled}", hint=_offer(names))
        source.point_to(alias)
    return copy


def limited(query: exp.Query, limit: int) -> exp.Query:
    """The query with at most so many rows; its own lower limit is kept, one that cannot be read is left to it."""
    present = query.args.get("limit")
    if isinstance(present, exp.Limit) and isinstance(number := present.expression, exp.Literal) and number.is_int:
        limit = min(limit, int(number.name))
    elif present is not None:
        return query
    query.set("limit", exp.Limit(expression=exp.Literal.number(limit)))
    return query


def _refuse_forbidden(query: exp.Query) -> None:
    for node in query.walk():
        for kind, what in FORBIDDEN.items():
            if isinstance(node, kind):
                raise InvalidInput(f"{what} cannot be asked for", hint="write a plain SELECT")
        if isinstance(node, exp.Pad) and not _is_short(node.expression):
            raise InvalidInput("lpad() and rpad() need a length that is a number", hint=f"at most {LONGEST_PAD}")
        if isinstance(node, exp.With) and node.args.get("recursive"):
            raise InvalidInput("WITH RECURSIVE cannot be asked for", hint="join the levels that you need")
        if isinstance(node, exp.Func) and (name := _refused_name(node)):
            raise InvalidInput(f"{name}() cannot be asked for", hint="use functions of values only")
        if isinstance(node, exp.CTE) and (node.alias.lower().startswith(RESERVED) or PATH_MARKS & set(node.alias)):
            raise InvalidInput(f"{node.alias} is a name of the engine's own", hint="use another name")
        if isinstance(node, exp.Table) and (node.args.get("when") or node.args.get("version")):
            raise InvalidInput("a version cannot be asked for in SQL", hint="use `as_of`")


def _is_short(length: object) -> bool:
    return isinstance(length, exp.Literal) and length.is_int and int(length.name) <= LONGEST_PAD


def _refused_name(call: exp.Func) -> str:
    """The name by which a call is refused, or nothing. SQLGlot knows some by a class of their own, such as ReadParquet."""
    unknown = isinstance(call, exp.Anonymous | exp.AnonymousAggFunc)
    names = [call.name] if unknown else type(call).sql_names()
    return next((name for name in names if is_refused(folded(name))), "")


def is_refused(name: str) -> bool:
    """Whether a function, in small letters, is one of those that nobody may call."""
    return name in REFUSED or name.startswith(RESERVED)


def _offer(names: Mapping[str, str]) -> str:
    return f"there are: {', '.join(sorted(names))}" if names else "no table can be read here"
