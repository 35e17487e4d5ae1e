"""The URL of an engine that keeps files: where they lie, and the options after the question mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from weft.model.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A place on this machine; `path` is None where the engine's own default holds."""

    path: Path | None
    options: Mapping[str, str]

    @classmethod
    def parse(cls, url: str, *, known: frozenset[str] = frozenset()) -> Address:
        """Read `scheme:`, `scheme:/absolute/path` or `scheme:///absolute/path`, with `?option=value` of `known` options."""
        parts = urlsplit(url)
        path = unquote(parts.path)
        if parts.netloc or parts.fragment or (path and not path.startswith("/")):
            raise InvalidInput(f"{url!r} is not a place on this machine", hint=f"write {parts.scheme}:/absolute/path")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if unknown := sorted(options.keys() - known):
            allowed = ", ".join(sorted(known)) or "none"
            raise InvalidInput(f"{url!r} has the unknown option {unknown[0]!r}", hint=f"known options: {allowed}")
        return cls(path=Path(path) if path else None, options=options)
