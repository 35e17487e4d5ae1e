"""A SELECT as a value: read once, and the sources it takes rows from. It stands here, below every room, because contracts,
catalog, backends and serving all ask it and none of them may ask another; it does no I/O and knows no mesh.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from weft.model.errors import InvalidInput, TooLarge

LONGEST = 100_000
_ROWS = (exp.Table, exp.Subquery, exp.Values, exp.Unnest, exp.Lateral)
_ROWS_OF_A_ROW = (exp.Subquery, exp.Unnest, exp.Explode, exp.Inline, exp.Stack)
_INSIDE = (exp.Query, exp.Table, exp.Values)
_ASCII = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class NoSelect(InvalidInput):
    """A text that is not one SELECT. `line` and `column` are 0 if it was understood and is something else."""

    def __init__(self, message: str, *, line: int = 0, column: int = 0) -> None:
        super().__init__(message, hint="write one SELECT, and nothing beside it")
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Source:
    """What rows are taken from, at its place in the tree: a table, or what is none and may reach anything."""

    node: exp.Expr

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the table's name, as in `catalog.product.table`; none for a call and the like."""
        if not isinstance(self.node, exp.Table) or not isinstance(self.node.this, exp.Identifier):
            return ()
        return tuple(part.name for part in self.node.parts)

    @property
    def spelled(self) -> str:
        """The name as it is written, without quotes."""
        return ".".join(self.parts)

    def point_to(self, name: str) -> None:
        """Let a table point to another name and still be called as before."""
        called = self.node.alias or self.node.name
        self.node.set("this", exp.to_identifier(name, quoted=True))
        self.node.set("db", None)
        self.node.set("catalog", None)
        if not self.node.alias:
            self.node.set("alias", exp.TableAlias(this=exp.to_identifier(called, quoted=True)))


@lru_cache(maxsize=512)
def read_select(sql: str, dialect: str) -> exp.Query:
    """The one SELECT that a text holds; NoSelect for anything else. Shared: copy it before a change."""
    if len(sql) > LONGEST:
        raise TooLarge(f"the SQL has {len(sql):,} characters", hint=f"at most {LONGEST:,} are read")
    try:
        statements = [statement for statement in sqlglot.parse(sql, read=dialect) if statement is not None]
    except (SqlglotError, RecursionError) as error:
        raise unreadable(error) from error
    if len(statements) == 1 and isinstance(query := statements[0], exp.Query):
        return query
    found = f"a {statements[0].key.upper()}" if len(statements) == 1 else f"{len(statements)} statements"
    raise NoSelect(f"one SELECT is asked for, and this is {found}")


def unreadable(error: Exception) -> NoSelect:
    """SQLGlot's complaint in our words."""
    if isinstance(error, RecursionError):
        return NoSelect("the SQL is nested too deep", line=1, column=1)
    details: list[Mapping[str, object]] = getattr(error, "errors", None) or [{}]
    line, column = (int(str(details[0].get(name) or 1)) for name in ("line", "col"))
    reason = str(details[0].get("description") or str(error).partition("\n")[0]).rstrip(".")
    return NoSelect(f"the SQL cannot be read: {reason}, line {line}, column {column}", line=line, column=column)


def sources(query: exp.Query) -> Iterator[Source]:
    """Every source of a SELECT but its own: names of a WITH that reach there, subqueries, VALUES and unnest()."""
    clauses = {id(clause): _places(clause) for clause in query.find_all(exp.With)}
    for node in query.walk():
        match node:
            case exp.Table():
                if not _is_of_a_with(node, query, clauses):
                    yield Source(node)
            case exp.From() | exp.Join():
                if not isinstance(node.this, _ROWS):
                    yield Source(node.this)
            case exp.Lateral():
                if not isinstance(node.this, _ROWS_OF_A_ROW):
                    yield Source(node.this)
            case exp.Subquery() | exp.CTE():
                if not isinstance(node.this, _INSIDE):
                    yield Source(node.this)
            case _:
                pass


def folded(name: str) -> str:
    """A name as engines compare it: without case in ASCII, and nowhere else."""
    return name.translate(_ASCII)


def _places(clause: exp.With) -> dict[str, int]:
    """Each name of a WITH and where it is first defined."""
    return {folded(cte.alias): index for index, cte in reversed(list(enumerate(clause.expressions)))}


def _is_of_a_with(table: exp.Table, query: exp.Query, clauses: Mapping[int, Mapping[str, int]]) -> bool:
    """Whether a name is one that a WITH defines around it: for a query all of them, for a definition those before it."""
    if table.args.get("db") or not isinstance(table.this, exp.Identifier):
        return False
    name = folded(table.name)
    here: exp.Expr = table
    while here is not query and (above := here.parent) is not None:
        clause = above.args.get("with_")
        if isinstance(above, exp.With):
            before = (here.index or 0) + bool(above.args.get("recursive"))
            if clauses[id(above)].get(name, before) < before:
                return True
        elif clause is not None and clause is not here and name in clauses[id(clause)]:
            return True
        here = above
    return False
