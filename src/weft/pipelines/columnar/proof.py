"""The verdict on a piece: columns for the rows that the grammar proves, the exact judge for every other one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from weft.model.row import Checked
from weft.pipelines.columnar.checks import Check
from weft.pipelines.columnar.grammar import Grammar
from weft.pipelines.columnar.rows import Piece

Judge = Callable[[Sequence[bytes]], Sequence[Checked]]
BLOCK = 1 << 20
_call = pc.call_function


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """A piece with every row judged. Blank lines are no rows."""

    raw: pa.Array
    """The rows as they were received, without their line breaks."""
    lines: pa.Array
    """The line of each row."""
    good: pa.Array
    """Whether each row is good."""
    rows: pa.Table
    """The good rows, typed: the proven ones, then the judged ones."""
    row_lines: pa.Array
    """The line of each good row."""
    proven: int
    judged: Sequence[tuple[int, Checked]]
    """Line and verdict of every row that was judged by itself."""

    @property
    def bad(self) -> list[tuple[int, Checked]]:
        """Line and verdict of the bad rows."""
        return [(line, checked) for line, checked in self.judged if not checked.good]


def verdicts(piece: Piece, grammar: Grammar | None, schema: pa.Schema, judge: Judge) -> Verdicts:
    """Judge all rows of a piece; `schema` has the contract's columns."""
    indices = pa.array(range(piece.count), pa.int64())
    lines = piece.lines()
    proven, table = _proven(piece, lines, indices, grammar, schema)
    rest = [(index, piece.line(index)) for index in indices.filter(_call("invert", [proven])).to_pylist()]
    received = [(index, raw) for index, raw in rest if raw.strip()]
    judged = list(zip((i for i, _ in received), judge([raw for _, raw in received]), strict=True))
    right = [(index, one.row) for index, one in judged if one.row is not None]
    typed = pa.Table.from_pylist([dict(row) for _, row in right], schema=schema)
    first = pa.scalar(piece.first, pa.int64())
    raw = _call("binary_slice", [lines.view(pa.binary())], pc.SliceOptions(0, -1))
    blank = _among(indices, [index for index, raw in rest if not raw.strip()])
    kept = _call("invert", [blank]) if blank.true_count else None
    good = _call("or", [proven, _among(indices, [index for index, _ in right])])
    places = pa.concat_arrays([indices.filter(proven), pa.array([index for index, _ in right], pa.int64())])
    return Verdicts(
        raw=raw if kept is None else raw.filter(kept),
        lines=_call("add", [indices if kept is None else indices.filter(kept), first]),
        good=good if kept is None else good.filter(kept),
        rows=pa.concat_tables([table, typed]),
        row_lines=_call("add", [places, first]),
        proven=table.num_rows,
        judged=[(piece.first + index, checked) for index, checked in judged],
    )


def is_readable(grammar: Grammar, schema: pa.Schema) -> bool:
    """Whether the engine takes the grammar's expression and the checks' patterns: it may find them too large."""
    try:
        _call("match_substring_regex", [pa.array([""])], pc.MatchSubstringOptions(grammar.line))
        _checked(schema.empty_table(), grammar.checks)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    return True


def _proven(
    piece: Piece, lines: pa.Array, indices: pa.Array, grammar: Grammar | None, schema: pa.Schema
) -> tuple[pa.Array, pa.Table]:
    """Which lines are proven, and their typed rows."""
    nothing = _among(indices, []), schema.empty_table()
    if grammar is None:
        return nothing
    shaped = _call("match_substring_regex", [lines], pc.MatchSubstringOptions(grammar.line))
    if not shaped.true_count:
        return nothing
    rest: list[int] = indices.filter(_call("invert", [shaped])).to_pylist()
    table = _parsed(piece.without(rest), schema)
    if table is None or table.num_rows != shaped.true_count:
        return nothing
    table, passed = _checked(table, grammar.checks)
    if passed is None or passed.true_count == len(passed):
        return shaped, table
    fallen = indices.filter(shaped).filter(_call("invert", [passed]))
    return _call("and", [shaped, _call("invert", [_among(indices, fallen)])]), table.filter(passed)


def _parsed(data: bytes | memoryview, schema: pa.Schema) -> pa.Table | None:
    """Lines that all have the grammar's shape, as typed columns; None if the reader sees them otherwise."""
    wanted = pa.schema([field.with_type(_readable(field.type)) for field in schema])
    options = pj.ParseOptions(explicit_schema=wanted, newlines_in_values=False, unexpected_field_behavior="ignore")
    for block in (BLOCK, len(data) + 1):
        try:
            table = pj.read_json(pa.BufferReader(data), pj.ReadOptions(use_threads=False, block_size=block), options)
        except pa.ArrowInvalid:
            continue
        if not table.schema.equals(wanted):
            return None
        return table if wanted.equals(schema) else table.cast(schema)
    return None


def _readable(kind: pa.DataType) -> pa.DataType:
    """The type as which the JSON reader takes a value: it knows no days, they are read as texts."""
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_readable(field.type)) for field in kind])
    return pa.string() if pa.types.is_date(kind) else kind


def _checked(table: pa.Table, checks: Sequence[Check]) -> tuple[pa.Table, pa.Array | None]:
    """The rows with their texts cleaned, and which of them pass all checks; None when there is nothing to check."""
    passed: Any = None
    for check in checks:
        column = _at(table, check.path)
        if check.steps:
            column = _cleaned(column, check.steps)
            table = _with(table, check.path, column)
        one = check.test(column)
        passed = one if passed is None else _call("and", [passed, one])
    return table, passed.combine_chunks() if isinstance(passed, pa.ChunkedArray) else passed


def _at(table: pa.Table, path: Sequence[str]) -> pa.Array | pa.ChunkedArray:
    column: Any = table.column(path[0])
    for name in path[1:]:
        column = _call("struct_field", [column], pc.StructFieldOptions([name]))
    return column


def _with(table: pa.Table, path: Sequence[str], column: pa.Array) -> pa.Table:
    """The table with one column, perhaps inside an object, exchanged."""
    if len(path) > 1:
        holder: Any = _at(table, path[:-1])
        holder = holder.combine_chunks() if isinstance(holder, pa.ChunkedArray) else holder
        names = [field.name for field in holder.type]
        parts = [column if name == path[-1] else holder.field(name) for name in names]
        column = pa.StructArray.from_arrays(parts, fields=list(holder.type), mask=holder.is_null())
        return _with(table, path[:-1], column)
    place = table.schema.get_field_index(path[0])
    return table.set_column(place, table.schema.field(place), column)


def _cleaned(column: pa.Array | pa.ChunkedArray, steps: Sequence[Callable[[str], str]]) -> pa.Array:
    """A text column after cleaning; each distinct text is cleaned once."""
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    coded = column.dictionary_encode()
    texts: list[str] = coded.dictionary.to_pylist()
    for step in steps:
        texts = [step(text) for text in texts]
    return pa.array(texts, pa.string()).take(coded.indices)


def _among(indices: pa.Array, chosen: Sequence[int] | pa.Array) -> pa.Array:
    """Which indices are among the chosen."""
    values = chosen if isinstance(chosen, pa.Array) else pa.array(chosen, pa.int64())
    return _call("is_in", [indices], pc.SetLookupOptions(values))
