"""Strict JSON that remembers places: comment lines on top are allowed, duplicate keys and NaN are not; bounded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from weft._kit.place import START, Fault, Path, Place, Unreadable, decoded, place_of

MAX_BYTES = 256 * 1024
MAX_DEPTH = 64
MAX_NODES = 2_000

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_ESCAPE = re.compile(r"[~/]")


@dataclass(frozen=True, slots=True)
class JsonText:
    """A JSON document: its value, and the text with comment lines blanked, so that every place stays where it was."""

    value: Any
    text: str

    def place(self, path: Path) -> Place:
        """Where the value of a path begins; the nearest value above it when there is none."""
        found = {node.path: node.value for node in _nodes(self.text)}
        while path and path not in found:
            path = path[:-1]
        return found.get(path, START)

    def key_place(self, path: Path) -> Place:
        """Where the key of a path stands; its value's place when it has none."""
        found = {node.path: node.key for node in _nodes(self.text) if node.key}
        return found.get(path) or self.place(path)


def read(data: bytes) -> JsonText:
    """Read a file; Unreadable says where and why it cannot be."""
    if len(data) > MAX_BYTES:
        raise Unreadable(Fault(START, "size", f"the file has {len(data):,} bytes; {MAX_BYTES:,} are the most"))
    text = without_comments(decoded(data))
    _refuse_depth(text)
    try:
        value = json.loads(text, object_pairs_hook=_pairs, parse_constant=_refuse_constant)
    except _Twice as error:
        raise Unreadable(_duplicate(text)) from error
    except json.JSONDecodeError as error:
        raise Unreadable(Fault(Place(error.lineno, error.colno), "syntax", error.msg.lower())) from error
    except ValueError as error:
        raise Unreadable(Fault(START, "number", str(error))) from error
    if (count := _count(value)) > MAX_NODES:
        raise Unreadable(Fault(START, "nodes", f"{count:,} values; {MAX_NODES:,} are the most"))
    return JsonText(value, text)


def without_comments(text: str) -> str:
    """The text with the `//` lines on top blanked, not removed."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if not line.strip().startswith("//"):
            if line.strip():
                break
            continue
        lines[number] = ""
    return "\n".join(lines)


def pointer(path: Path) -> str:
    """The JSON pointer (RFC 6901) of a path."""
    return "".join("/" + _ESCAPE.sub(lambda found: "~0" if found[0] == "~" else "~1", str(part)) for part in path)


class _Twice(ValueError):
    """The same key twice in one object."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _refuse_depth(text: str) -> None:
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                raise Unreadable(Fault(place_of(text, token.start()), "depth", f"nested more than {MAX_DEPTH} deep"))
        elif token[0] in "}]":
            depth -= 1


def _count(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(_count(item) for item in value.values())
    return 1 + sum(_count(item) for item in value) if isinstance(value, list) else 1


@dataclass(frozen=True, slots=True)
class _Node:
    path: Path
    value: Place
    key: Place | None


def _duplicate(text: str) -> Fault:
    seen: dict[Path, Place] = {}
    for node in _nodes(text):
        if node.path in seen and node.key:
            message = f"the key `{node.path[-1]}` stands here twice: first on line {seen[node.path].line}"
            return Fault(node.key, "duplicate", message)
        seen[node.path] = node.key or node.value
    return Fault(START, "duplicate", "a key stands here twice")


def _nodes(text: str) -> Iterator[_Node]:
    """Every value of a well-formed text, in order. Only run to place a problem, so plain rather than fast."""
    path: list[str | int] = []
    lists: list[bool] = []
    key: Place | None = None
    tokens = list(_TOKEN.finditer(text))
    for number, token in enumerate(tokens):
        word = token[0]
        if word in "}]":
            lists.pop()
            path.pop()
        elif word == ",":
            if lists and lists[-1]:
                path[-1] = int(path[-1]) + 1
        elif word == ":":
            continue
        elif number + 1 < len(tokens) and tokens[number + 1][0] == ":" and lists and not lists[-1]:
            path[-1] = json.loads(word)
            key = place_of(text, token.start())
        else:
            yield _Node(tuple(path), place_of(text, token.start()), key)
            key = None
            if word in "{[":
                lists.append(word == "[")
                path.append(0 if word == "[" else "")
