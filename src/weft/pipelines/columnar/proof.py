"""The verdict on a piece: columns for the rows that the grammar proves, the exact judge for every other one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from weft.model.errors import InvalidInput
from weft.model.row import Checked
from weft.pipelines.columnar.checks import Check
from weft.pipelines.columnar.grammar import Grammar
from weft.pipelines.columnar.rows import Piece

Judge = Callable[[Sequence[bytes]], Sequence[Checked]]
Read = Callable[[pa.Array], pa.Table]
"""Typed columns of lines that have the grammar's shape; InvalidInput where the reader cannot take them."""
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


def verdicts(piece: Piece, grammar: Grammar | None, schema: pa.Schema, judge: Judge, read: Read) -> Verdicts:
    """Judge all rows of a piece; `schema` has the contract's columns."""
    indices = pa.arange(0, piece.count)
    proven, table = _proven(piece, indices, grammar, schema, read)
    rest = [(index, piece.line(index)) for index in indices.filter(_call("invert", [proven])).to_pylist()]
    received = [(index, raw) for index, raw in rest if raw.strip()]
    judged = list(zip((i for i, _ in received), judge([raw for _, raw in received]), strict=True))
    right = [(index, one.row) for index, one in judged if one.row is not None]
    typed = pa.Table.from_pylist([dict(row) for _, row in right], schema=schema)
    blank = _among(indices, [index for index, raw in rest if not raw.strip()])
    kept = _call("invert", [blank]) if blank.true_count else None
    good = _call("or", [proven, _among(indices, [index for index, _ in right])])
    places = pa.concat_arrays([indices.filter(proven), pa.array([index for index, _ in right], pa.int64())])
    return Verdicts(
        raw=piece.raw if kept is None else piece.raw.filter(kept),
        lines=piece.numbers if kept is None else piece.numbers.filter(kept),
        good=good if kept is None else good.filter(kept),
        rows=pa.concat_tables([table, typed]),
        row_lines=piece.numbers.take(places),
        proven=table.num_rows,
        judged=[(piece.number(index), checked) for index, checked in judged],
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
    piece: Piece, indices: pa.Array, grammar: Grammar | None, schema: pa.Schema, read: Read
) -> tuple[pa.Array, pa.Table]:
    """Which lines are proven, and their typed rows."""
    nothing = _among(indices, []), schema.empty_table()
    if grammar is None:
        return nothing
    # Not known to be UTF-8 yet; what has the grammar's shape is.
    lines = piece.raw.view(pa.string())
    shaped = _call("match_substring_regex", [lines], pc.MatchSubstringOptions(grammar.line))
    if not shaped.true_count:
        return nothing
    try:
        table = read(lines if shaped.true_count == len(lines) else lines.filter(shaped))
    except InvalidInput:
        return nothing
    table, passed = _checked(table, grammar.checks)
    if passed is None or passed.true_count == len(passed):
        return shaped, table
    fallen = indices.filter(shaped).filter(_call("invert", [passed]))
    return _call("and", [shaped, _call("invert", [_among(indices, fallen)])]), table.filter(passed)


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
