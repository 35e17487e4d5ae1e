"""The portal's files: read once, served from memory, the page itself never cached."""

from __future__ import annotations

import mimetypes
from hashlib import blake2b
from pathlib import Path

from weft.model.errors import NotFound
from weft.serving.http.answer import Answer
from weft.serving.http.call import Call

_LASTING = (b"cache-control", b"public, max-age=31536000, immutable")
_FRESH = (b"cache-control", b"no-cache")


class Portal:
    """`/` and `/assets/…` of a built portal."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._answers: dict[str, Answer] = {}

    async def page(self, call: Call) -> Answer:
        """GET the page."""
        return _unless_known(call, self._file("index.html", _FRESH))

    async def icon(self, call: Call) -> Answer:
        """GET the icon of the page."""
        return _unless_known(call, self._file("favicon.ico", _FRESH))

    async def asset(self, call: Call) -> Answer:
        """GET a file of the page; its name changes with its content."""
        name = call.param("file")
        if "/" in name or "\\" in name:
            raise _none()
        return _unless_known(call, self._file(f"assets/{name}", _LASTING))

    def _file(self, name: str, caching: tuple[bytes, bytes]) -> Answer:
        found = self._answers.get(name)
        if found is None:
            found = self._answers[name] = _read(self._folder, name, caching)
        return found


def _read(folder: Path | None, name: str, caching: tuple[bytes, bytes]) -> Answer:
    path = None if folder is None else (folder / name).resolve()
    if folder is None or path is None or not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise _none()
    body = path.read_bytes()
    tag = b'"' + blake2b(body, digest_size=12).hexdigest().encode() + b'"'
    media = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if media.startswith("text/") or media.endswith("javascript"):
        media += "; charset=utf-8"
    return Answer(body, media=media.encode(), headers=(caching, (b"etag", tag)))


def _unless_known(call: Call, answer: Answer) -> Answer:
    tag = dict(answer.headers)[b"etag"].decode()
    return Answer(status=304, headers=answer.headers) if call.header(b"if-none-match") == tag else answer


def _none() -> NotFound:
    return NotFound("the portal has no such file", hint="a source checkout builds it with `make run`")
