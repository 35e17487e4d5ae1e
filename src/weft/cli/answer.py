"""One answer, four forms: a table for people, JSON, YAML and CSV for programs. All four show the same document."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, cast

from weft.cli.grid import grid
from weft.cli.terminal import Colour, Terminal, harmless

Form = Literal["table", "json", "yaml", "csv"]

# JSON escapes what lies below U+0020; terminals also obey the C1 controls.
_UNSAFE = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F))}


def answer(terminal: Terminal, form: Form, document: Any, view: Callable[[Any], str]) -> None:
    """Show a document; `view` makes the table of it. Numbers keep their digits in every form."""
    import msgspec

    text = json_bytes(document)
    if form == "json":
        terminal.data(msgspec.json.format(text, indent=2).decode().translate(_UNSAFE))
        return
    plain = json.loads(text, parse_float=Decimal)
    if form == "yaml":
        terminal.data(_yaml(plain).rstrip("\n"))
    elif form == "csv":
        terminal.data(_csv(*_sheet(plain)).rstrip("\n"))
    elif shown := view(_harmless(plain)):
        terminal.data(shown)


def _harmless(document: Any) -> Any:
    """The document with every text made safe to show, so that no view can forget to."""
    if isinstance(document, str):
        return harmless(document)
    if isinstance(document, dict):
        return {harmless(str(name)): _harmless(value) for name, value in document.items()}
    return [_harmless(value) for value in document] if isinstance(document, list) else document


def json_bytes(document: Any) -> bytes:
    """A document as JSON, with the exact digits of decimals."""
    import msgspec

    return msgspec.json.Encoder(decimal_format="number").encode(document)


def rows(terminal: Terminal, items: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> str:
    """Items as a table: `columns` maps each heading to the key that it shows."""
    return sheet(terminal, list(columns), [[item.get(key) for key in columns.values()] for item in items])


def sheet(
    terminal: Terminal, headings: Sequence[str], body: Sequence[Sequence[Any]], *, types: Sequence[str] = ()
) -> str:
    """Rows of values under headings, with a line of types between the two if there are any; numbers to the right."""
    numeric = frozenset(i for i in range(len(headings)) if _numeric([row[i] for row in body]))
    heads = [[cell(text) for text in line] for line in (headings, types) if line]
    lines = grid([*heads, *([cell(value) for value in row] for row in body)], width=terminal.width, right=numeric)
    colours: tuple[Colour, ...] = ("bold", "dim")
    shown = [terminal.paint(colour, line) for colour, line in zip(colours, lines[: len(heads)], strict=False)]
    return "\n".join([*shown, *lines[len(heads) :]])


def fields(terminal: Terminal, pairs: Iterable[tuple[str, Any]]) -> str:
    """Names and values of one thing, those without a value left out."""
    held = [(name, cell(value)) for name, value in pairs if value not in (None, "", [], {})]
    wide = max((len(name) for name, _ in held), default=0)
    return "\n".join(f"{terminal.paint('dim', f'{name:<{wide}}')}  {value}" for name, value in held)


def cell(value: Any) -> str:
    """A value as it stands in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in cast("list[Any]", value)):
        return ", ".join(cell(item) for item in cast("list[Any]", value))
    if isinstance(value, (dict, list)):
        return harmless(_compact(value))
    return harmless(str(value)).replace("\n", "\\n").replace("\t", "\\t")


def _numeric(values: Sequence[Any]) -> bool:
    there = [value for value in values if value is not None]
    return bool(there) and all(isinstance(v, (int, Decimal)) and not isinstance(v, bool) for v in there)


def _sheet(document: Any) -> tuple[list[str], list[list[Any]]]:
    """The rows of a document: its own, those of its items if it is a page of them, or itself as one row."""
    if isinstance(document, dict) and "columns" in document and "rows" in document:
        return [column["name"] for column in document["columns"]], document["rows"]
    found = document.get("items", document) if isinstance(document, dict) else document
    items: list[dict[str, Any]] = found if isinstance(found, list) else [found]
    names = list(dict.fromkeys(name for item in items for name in item))
    return names, [[item.get(name) for name in names] for item in items]


def _csv(names: Sequence[str], body: Sequence[Sequence[Any]]) -> str:
    import csv

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if names:
        writer.writerow(names)
    writer.writerows([[_field(value) for value in row] for row in body])
    return out.getvalue()


def _field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _compact(value) if isinstance(value, (dict, list)) else str(value)


def _compact(value: Any) -> str:
    return json_bytes(value).decode()


def _yaml(document: Any) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Shows decimals as the numbers that they are."""

    def number(dumper: yaml.SafeDumper, value: Decimal) -> yaml.Node:
        return dumper.represent_scalar("tag:yaml.org,2002:float", str(value))

    Dumper.add_representer(Decimal, number)
    return yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
