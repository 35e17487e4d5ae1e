"""From a URL to an engine: the scheme names the entry point, the entry point names the class, the error names the rest."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from weft.model.errors import Environment

_ALIASES = {"postgres": "postgresql"}


def engine_class(port: str, url: str) -> Any:
    """The class that serves a port (`event_logs`, `state_stores`, …) under a URL's scheme."""
    scheme = url.partition(":")[0]
    name = _ALIASES.get(scheme, scheme)
    found = {point.name: point for point in entry_points(group=f"weft.{port}")}
    if name not in found:
        known = ", ".join(f"{other}:" for other in sorted(found))
        raise Environment(f"no engine of {port} has the scheme {scheme!r}: {redacted(url)}", hint=f"there are {known}")
    try:
        return found[name].load()
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        raise Environment(f"{name}: needs the package {missing!r}", hint=f"pip install 'weft[{name}]'") from error


def redacted(url: str) -> str:
    """A URL without its password."""
    scheme, slashes, rest = url.partition("://")
    user, at, host = rest.rpartition("@")
    return f"{scheme}{slashes}{user.partition(':')[0]}:***{at}{host}" if at and ":" in user else url
