"""Bodies and files as rows: JSON, one object a line, or CSV. Each row keeps its own bytes; a CSV row becomes JSON text."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from weft.model.column import Column, Kind, walk
from weft.model.errors import InvalidInput

Format = Literal["json", "ndjson", "csv"]
_BOM = b"\xef\xbb\xbf"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NUMERIC: frozenset[Kind] = frozenset({"integer", "decimal", "number"})
_array = msgspec.json.Decoder(list[msgspec.Raw])
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


def split(body: bytes, kind: Format, columns: Sequence[Column]) -> list[bytes]:
    """The rows of a body. What is no row by itself stays one, to be quarantined with its reason."""
    match kind:
        case "json":
            return _of_json(body)
        case "ndjson":
            return [line.rstrip(b"\r") for line in body.split(b"\n") if line.strip()]
        case "csv":
            return list(_of_csv(body, columns))


def split_file(path: Path, kind: Format, columns: Sequence[Column]) -> list[bytes]:
    """The rows of a file, read whole."""
    return split(path.read_bytes(), kind, columns)


def _of_json(body: bytes) -> list[bytes]:
    try:
        body.decode()
        if body.lstrip()[:1] == b"[":
            return [bytes(row).strip() for row in _array.decode(body)]
        _object.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"this is no JSON: {error}", hint="an object, or an array of objects, in UTF-8") from error
    return [body.strip()]


def _of_csv(body: bytes, columns: Sequence[Column]) -> Iterator[bytes]:
    try:
        text = body.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"this is not UTF-8: {error}", hint="save the CSV as UTF-8") from error
    kinds: dict[str, Kind] = {path: column.kind for path, column in walk(tuple(columns))}
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        for cells in reader:
            if cells:
                yield _row(header, cells, kinds)
    except csv.Error as error:
        raise InvalidInput(
            f"line {reader.line_num} is no CSV: {error}", hint='commas, and "quotes" doubled inside'
        ) from error


def _check_header(header: list[str]) -> None:
    if not header or "" in header or len(set(header)) != len(header):
        raise InvalidInput("the first line names no columns, or one of them twice", hint="a header of distinct names")
    above = {name.rpartition(".")[0] for name in header} - {""}
    if clash := sorted(above & set(header)):
        raise InvalidInput(
            f"column {clash[0]} is there whole and in parts", hint="name either the object or its fields"
        )


def _row(header: list[str], cells: list[str], kinds: Mapping[str, Kind]) -> bytes:
    """A line as JSON text. One with cells too few or too many is an array, which no contract takes for a row."""
    if len(cells) != len(header):
        return json.dumps(cells, ensure_ascii=False, separators=(",", ":")).encode()
    row: dict[str, Any] = {}
    for path, cell in zip(header, cells, strict=True):
        if cell:
            _set(row, path if path in kinds else [path], _value(cell, kinds.get(path, "string")))
    return msgspec.json.encode(row)


def _set(row: dict[str, Any], path: str | list[str], value: Any) -> None:
    """Put a value at its place; a declared `method.type` goes into an object."""
    *above, name = path.split(".") if isinstance(path, str) else path
    for part in above:
        row = row.setdefault(part, {})
    row[name] = value


def _value(cell: str, kind: Kind) -> Any:
    """A cell as JSON of its column's kind, with the digits that were sent; what does not fit stays text, to be judged."""
    if kind in _NUMERIC and _NUMBER.fullmatch(cell):
        return msgspec.Raw(cell.encode())
    if kind == "boolean" and cell in {"true", "false"}:
        return cell == "true"
    if kind in {"json", "object"} and cell[0] in '{["0123456789-tfn':
        try:
            msgspec.json.decode(cell)
        except (msgspec.DecodeError, RecursionError):
            return cell
        return msgspec.Raw(cell.encode())
    return cell
