"""A data mesh in one command.

    async with weft.Mesh.open("bank") as mesh:
        await mesh.apply(await mesh.plan())

Importing this package loads nothing heavy: each public name brings its own when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weft.model.errors import WeftError
    from weft.model.event import Event, Position
    from weft.model.principal import Principal
    from weft.platform.mesh import Mesh

_HOMES = {
    "Event": "weft.model.event",
    "Mesh": "weft.platform.mesh",
    "Position": "weft.model.event",
    "Principal": "weft.model.principal",
    "WeftError": "weft.model.errors",
}

__all__ = ["Event", "Mesh", "Position", "Principal", "WeftError"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load a public name from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module 'weft' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
