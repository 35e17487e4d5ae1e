"""Where the examples lie that `weft init` and `weft demo` begin with."""

from __future__ import annotations

from pathlib import Path

from weft.model.errors import InvalidInput

TEMPLATES = ("bank",)


def template_folder(name: str) -> Path:
    """Where an example lies: inside the installed package, or beside it in a checkout."""
    here = Path(__file__).parents[1]
    for folder in (here / "examples" / name, here.parents[1] / "examples" / name):
        if (folder / "mesh.yaml").is_file():
            return folder
    raise InvalidInput(f"there is no template {name!r}", hint=f"there are {', '.join(TEMPLATES)}, empty")
