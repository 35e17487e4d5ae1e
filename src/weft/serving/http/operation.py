"""An operation: one method on one path, its handler, and what the OpenAPI document says of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from starlette.exceptions import HTTPException
from starlette.routing import Route
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
    """All operations of one path, as an ASGI endpoint."""

    def __init__(self, template: str, handlers: dict[str, Handler]) -> None:
        self.template = template
        self.handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find the handler of the method, call it, send its answer."""
        scope["weft.route"] = self.template
        method: str = scope["method"]
        handler = self.handlers.get("GET" if method == "HEAD" else method)
        if handler is None:
            allowed = ", ".join(sorted(self.handlers))
            raise HTTPException(405, f"{method} is not for this path", headers={"Allow": allowed})
        answer = await handler(Call(scope, receive, scope["weft.who"], scope["weft.trace"]))
        await answer.send(scope, send)


def routes_of(operations: Iterable[Operation]) -> list[Route]:
    """One route a path, in the order of first mention."""
    paths: dict[str, Path] = {}
    for operation in operations:
        path = paths.setdefault(operation.path, Path(operation.path, {}))
        path.handlers[operation.method] = operation.handler
    return [Route(template, path) for template, path in paths.items()]
