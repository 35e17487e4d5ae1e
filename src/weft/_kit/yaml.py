"""Safe YAML: plain data with the place of every key and value; no aliases, anchors or tags, no surprises, bounded.

Values are built from libyaml's events, never by its recursive composer (which overflows the stack on deep input), and
plain scalars follow the YAML 1.2 core schema: `NO` is text, `010` is ten, `1:30` is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from weft._kit.place import START, Fault, Path, Place, Unreadable, decoded

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_NODES = 50_000

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}")
_OTHER_BASE = re.compile(r"0o([0-7]{1,100})|0x([0-9a-fA-F]{1,100})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_FIRST = frozenset("0123456789+-.")


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, with places. `texts` holds how each number and boolean was spelled."""

    value: Any
    values: Mapping[Path, Place]
    keys: Mapping[Path, Place]
    texts: Mapping[Path, str]
    faults: tuple[Fault, ...] = ()


def read(data: bytes) -> Document:
    """The one document of a file. Faults that reading can go past are collected; Unreadable is raised for the others."""
    if len(data) > MAX_BYTES:
        raise Unreadable(Fault(START, "size", f"the file has {len(data):,} bytes; {MAX_BYTES:,} are the most"))
    loader = yaml.CSafeLoader(decoded(data))
    try:
        return _Builder().build(_events(loader))
    finally:
        loader.dispose()


def _events(loader: Any) -> Iterator[Any]:
    try:
        while (event := loader.get_event()) is not None:
            yield event
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(mark) if mark else START
        raise Unreadable(Fault(place, "syntax", _sentence(error))) from error
    except yaml.YAMLError as error:
        raise Unreadable(Fault(START, "syntax", str(error).splitlines()[0])) from error


def _sentence(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(part for part in (error.context, error.problem) if part)


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


class _Open:
    """A list or mapping that is still being filled."""

    __slots__ = ("key", "path", "value")

    def __init__(self, value: Any, path: Path) -> None:
        self.value = value
        self.path = path
        self.key: str | None = None


class _Builder:
    """Makes plain data of a stream of events, without recursion."""

    def __init__(self) -> None:
        self.root: Any = None
        self.documents = 0
        self.nodes = 0
        self.stack: list[_Open] = []
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.texts: dict[Path, str] = {}
        self.faults: list[Fault] = []

    def build(self, events: Iterator[Any]) -> Document:
        for event in events:
            self._take(event)
        return Document(self.root, self.values, self.keys, self.texts, tuple(self.faults))

    def _take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                self._refuse_names(event)
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._refuse_names(event)
                self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.stack.pop()
            case yaml.AliasEvent():
                self._fault(event, "alias", "aliases (`*name`) are not read here: write the value out")
                self._put(None, event)
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise Unreadable(Fault(_place(event.start_mark), "documents", "a second document begins here"))
            case _:
                pass

    def _refuse_names(self, event: Any) -> None:
        if event.anchor:
            self._fault(event, "anchor", "anchors (`&name`) are not read here: write the value out")
        if event.tag:
            self._fault(event, "tag", "tags (`!name`) are not read here: leave the tag out")

    def _fault(self, event: Any, rule: str, message: str) -> None:
        self.faults.append(Fault(_place(event.start_mark), rule, message))

    def _open(self, event: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise Unreadable(Fault(_place(event.start_mark), "depth", f"nested more than {MAX_DEPTH} deep"))
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.stack.append(_Open(value, self._put(value, event)))

    def _scalar(self, event: Any) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._key(top, event)
            return
        value = event.value if event.style else self._plain(event)
        path = self._put(value, event)
        if not isinstance(value, str) and value is not None:
            self.texts[path] = event.value

    def _key(self, top: _Open, event: Any) -> None:
        key: str = event.value
        if key in top.value:
            first = self.keys[(*top.path, key)]
            self._fault(event, "duplicate", f"the key `{key}` stands here twice: first on line {first.line}")
        else:
            self.keys[(*top.path, key)] = _place(event.start_mark)
        top.key = key

    def _put(self, value: Any, event: Any) -> Path:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Unreadable(Fault(_place(event.start_mark), "nodes", f"more than {MAX_NODES:,} values"))
        if not self.stack:
            self.root = value
            path: Path = ()
        else:
            path = self._attach(self.stack[-1], value, event)
        self.values[path] = _place(event.start_mark)
        return path

    def _attach(self, top: _Open, value: Any, event: Any) -> Path:
        if isinstance(top.value, list):
            path: Path = (*top.path, len(top.value))
            top.value.append(value)
            return path
        if top.key is None:
            raise Unreadable(Fault(_place(event.start_mark), "key", "a key must be plain text"))
        path = (*top.path, top.key)
        top.value[top.key] = value
        top.key = None
        return path

    def _plain(self, event: Any) -> Any:
        text: str = event.value
        if text in _NULL:
            return None
        if text in _BOOLEAN:
            return _BOOLEAN[text]
        return _number(text) if text[0] in _FIRST else text


def _number(text: str) -> int | float | str:
    """A number by the rules of the core schema, or the text itself. `.inf` and `.nan` stay text: nothing here wants them."""
    if _INTEGER.fullmatch(text):
        return int(text)
    if other := _OTHER_BASE.fullmatch(text):
        return int(other[1], 8) if other[1] else int(other[2], 16)
    return float(text) if _FLOAT.fullmatch(text) else text
