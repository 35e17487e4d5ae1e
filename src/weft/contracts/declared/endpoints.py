"""The product's own REST paths, each bound to the table that answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from weft._kit.nearest import did_you_mean, nearest
from weft._kit.place import Path
from weft.contracts.declared.draft import Draft
from weft.model import declaration
from weft.model.product import Endpoint, Table

RESERVED_ROOTS = ("api", "assets", "oauth", ".well-known", "healthz", "readyz", "metrics", "openapi.json")
_PART = re.compile(r"[A-Za-z0-9._~-]+")
_PARAMETER = re.compile(r"\{([A-Za-z][A-Za-z0-9_-]*)\}")


@dataclass(frozen=True, slots=True)
class _Parts:
    """A path taken apart: its words and parameters in order, `{name}` as name."""

    words: tuple[str, ...]
    parameters: tuple[str, ...]
    last_is_parameter: bool


def endpoints_of(draft: Draft, tables: Sequence[Table]) -> tuple[Endpoint, ...]:
    """The endpoints that can be served; the others are noted."""
    bound: list[Endpoint] = []
    for path, written in _written(draft.spec):
        parts = _parsed(draft, path, written)
        endpoint = _bound(draft, path, written, parts, tables) if parts else None
        if endpoint is not None:
            bound.append(endpoint)
    return tuple(bound)


def path_parameters(spec: declaration.ProductSpec) -> tuple[str, ...]:
    """The names of path parameters, in order."""
    return tuple(name for _, written in _written(spec) for name in _PARAMETER.findall(written))


def address(path: str) -> str:
    """A path with its parameters made nameless: two endpoints with one address cannot be told apart."""
    return _PARAMETER.sub("{}", path)


def _written(spec: declaration.ProductSpec) -> Iterator[tuple[Path, str]]:
    rest = spec.apis.rest
    if isinstance(rest, declaration.Rest):
        for index, written in enumerate(rest.endpoints):
            yield ("spec", "apis", "rest", "endpoints", index), written


def _parsed(draft: Draft, path: Path, written: str) -> _Parts | None:
    pieces = written.split("/")[1:]
    plain = [piece for piece in pieces if _PART.fullmatch(piece)]
    parameters = [found[1] for piece in pieces if (found := _PARAMETER.fullmatch(piece))]
    if not written.startswith("/") or len(plain) + len(parameters) != len(pieces) or ".." in pieces or not plain:
        fix = "write /words/{column}"
        draft.file.problem("WEFT-1601", path, f"`{written}` cannot be an address", fix=fix)
        return None
    if pieces[0] in RESERVED_ROOTS:
        what = f"`/{pieces[0]}` belongs to the mesh itself"
        draft.file.problem("WEFT-1603", path, what, fix="begin with another word")
        return None
    return _Parts(tuple(plain), tuple(parameters), _PARAMETER.fullmatch(pieces[-1]) is not None)


def _bound(draft: Draft, path: Path, written: str, parts: _Parts, tables: Sequence[Table]) -> Endpoint | None:
    if len(parts.parameters) > 1:
        draft.not_served(path, f"{written}, with several parameters", "rows are found by key and by search")
        return None
    if parts.parameters:
        return _of_a_row(draft, path, written, parts, tables)
    table = _by_word(parts.words, tables)
    if table is None:
        draft.not_served(path, f"{written}, which names no table", "the tables answer at /api/v1/products")
        return None
    return Endpoint(path=written, table=table.name, operation="search" if parts.words[-1] == "search" else "list")


def _of_a_row(draft: Draft, path: Path, written: str, parts: _Parts, tables: Sequence[Table]) -> Endpoint | None:
    parameter = parts.parameters[0]
    keyed = [table for table in tables if table.key == (parameter,)]
    table = _by_word(parts.words, keyed) or (keyed[0] if keyed else None)
    if table is None:
        keys = sorted({table.key[0] for table in tables if len(table.key) == 1})
        if guess := nearest(parameter, keys):
            draft.file.problem("WEFT-1604", path, f"no table has the key `{parameter}`", fix=f"did you mean `{guess}`?")
        else:
            draft.not_served(path, f"{written}, as no table has the key {parameter}", "rows are found by their key")
        return None
    if parts.last_is_parameter:
        return Endpoint(path=written, table=table.name, operation="get")
    return _of_a_field(draft, path, written, parts.words[-1], table)


def _of_a_field(draft: Draft, path: Path, written: str, field: str, table: Table) -> Endpoint | None:
    names = [column.name for column in table.columns]
    if field in names:
        return Endpoint(path=written, table=table.name, operation="field", field=field)
    if nearest(field, names):
        draft.file.problem("WEFT-1604", path, f"`{table.name}` has no column `{field}`", fix=did_you_mean(field, names))
    else:
        draft.not_served(path, f"{written}, as {table.name} has no column {field}", "the whole row answers")
    return None


def _by_word(words: Sequence[str], tables: Sequence[Table]) -> Table | None:
    """The table that a word of the path means: its name, or the plural of it; for `search` and unnamed, the first."""
    for word in reversed([word for word in words if word != "search"]):
        for table in tables:
            if _singular(word) == _singular(table.name):
                return table
    return tables[0] if tables and words[-1] == "search" else None


def _singular(word: str) -> str:
    """A rough singular, enough to see that `payments` means `payment` and `policies` means `policy`."""
    plain = word.casefold().replace("_", "-")
    if plain.endswith("ies"):
        return plain[:-3] + "y"
    return plain[:-1] if plain.endswith("s") and not plain.endswith("ss") else plain
