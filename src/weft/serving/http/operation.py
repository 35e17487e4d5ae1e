"""An operation: one method on one path, its handler, and what the OpenAPI document says of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.datastructures import URLPath
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

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
        self.names = [(at, part[1:-1]) for at, part in enumerate(template.split("/")) if part.startswith("{")]
        self.handlers: dict[str, Handler] = {}

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find the handler of the method, call it, send its answer."""
        scope["weft.route"] = self.template
        handler = self.handlers.get(_verb(scope))
        if handler is None:
            allowed = ", ".join(sorted(self.handlers))
            raise HTTPException(405, f"{scope['method']} is not for this path", headers={"Allow": allowed})
        answer = await handler(Call(scope, receive, scope["weft.who"], scope["weft.trace"]))
        await answer.send(scope, send)


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


class Paths(BaseRoute):
    """All paths as one route: a walk along the parts of a path instead of one regular expression after the other."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        for operation in operations:
            node = self._root
            for part in operation.path.split("/"):
                node = node.beneath(part)
            node.path = node.path or Path(operation.path)
            node.path.handlers[operation.method] = operation.handler

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See Starlette."""
        parts: list[str] = scope["path"].split("/")
        found = _walk(self._root, parts, 0, _verb(scope)) or _walk(self._root, parts, 0, "")
        if found is None:
            return Match.NONE, {}
        params = {name: parts[at] for at, name in found.names}
        return Match.FULL, {"endpoint": found, "path_params": params}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See Starlette."""
        path: Path = scope["endpoint"]
        await path.answer(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """See Starlette: our paths have no names."""
        raise NoMatchFound(name, path_params)

    def all(self) -> list[Path]:
        """Every path."""
        return list(_beneath(self._root))


def _verb(scope: Scope) -> str:
    method: str = scope["method"]
    return "GET" if method == "HEAD" else method


def _walk(node: _Node, parts: list[str], at: int, method: str) -> Path | None:
    """The path at these parts that knows the method (any, if it is empty): words go before names."""
    if at == len(parts):
        return node.path if node.path and (not method or method in node.path.handlers) else None
    word = node.words.get(parts[at])
    found = _walk(word, parts, at + 1, method) if word else None
    if found is None and node.named is not None and parts[at]:
        return _walk(node.named, parts, at + 1, method)
    return found


def _beneath(node: _Node) -> Iterator[Path]:
    if node.path is not None:
        yield node.path
    for inner in (*node.words.values(), *([node.named] if node.named else [])):
        yield from _beneath(inner)
