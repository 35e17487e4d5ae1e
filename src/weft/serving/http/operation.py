"""An operation: one method on one path, its handler, and what the OpenAPI document says of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from weft.serving.http.answer import Answer
from weft.serving.http.call import Call

Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be asked."""

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    returns: Any = None
    """The type of the answer's body, for the document."""
    takes: Any = None
    """The type of the request's body, for the document."""
    query: tuple[str, ...] = ()
    status: int = 200
    media: str = "application/json"
    accepts: str = "application/json"
    rows: Literal["", "one", "page", "sent"] = ""
    """Whether a table's rows are answered or sent, so that the document shows its columns."""


class Path:
    """All operations of one path."""

    def __init__(self, template: str) -> None:
        self.template = template
        self.handlers: dict[str, Handler] = {}
        self._names = [(at, part[1:-1]) for at, part in enumerate(template.split("/")) if part.startswith("{")]

    def params(self, parts: Sequence[str]) -> dict[str, str]:
        """The named ones among the parts of a path."""
        return {name: parts[at] for at, name in self._names}


@dataclass(slots=True)
class _Node:
    """A place in the tree of paths: what may follow, by its word or under any name."""

    words: dict[str, _Node] = field(default_factory=dict[str, "_Node"])
    named: _Node | None = None
    path: Path | None = None

    def beneath(self, part: str) -> _Node:
        """The place after one more part of a template."""
        if part.startswith("{"):
            self.named = self.named or _Node()
            return self.named
        return self.words.setdefault(part, _Node())


class Paths:
    """All paths as a tree: a walk along the parts of a path instead of one regular expression after the other."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        for operation in operations:
            node = self._root
            for part in operation.path.split("/"):
                node = node.beneath(part)
            node.path = node.path or Path(operation.path)
            node.path.handlers[operation.method] = operation.handler

    def find(self, parts: Sequence[str], verb: str) -> Path | None:
        """The path with these parts, best one that knows the verb."""
        return _walk(self._root, parts, 0, verb) or _walk(self._root, parts, 0, "")

    def all(self) -> list[Path]:
        """Every path."""
        return list(_beneath(self._root))


def _walk(node: _Node, parts: Sequence[str], at: int, verb: str) -> Path | None:
    """The path at these parts that knows the verb (any, if it is empty): words go before names."""
    while at < len(parts):
        word, named = node.words.get(parts[at]), node.named if parts[at] else None
        at += 1
        if word is not None and named is not None:
            return _walk(word, parts, at, verb) or _walk(named, parts, at, verb)
        if word is None and named is None:
            return None
        node = word or named or node
    return node.path if node.path and (not verb or verb in node.path.handlers) else None


def _beneath(node: _Node) -> Iterator[Path]:
    if node.path is not None:
        yield node.path
    for inner in (*node.words.values(), *([node.named] if node.named else [])):
        yield from _beneath(inner)
