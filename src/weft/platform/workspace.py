"""The mesh's folder: finding it, reading its declarations, and where its own state lies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from weft.contracts.reading import Reading, read_mesh
from weft.governance import filters
from weft.model.errors import DeclarationError, InvalidInput
from weft.model.mesh import Environment, Mesh

MESH_FILE = "mesh.yaml"
STATE_FOLDER = ".weft"
_DECLARATIONS = {".yaml", ".yml", ".json", ".sql", ".graphql", ".avsc", ".proto"}
_SKIPPED = {STATE_FOLDER, ".git", ".vscode", "node_modules", ".venv", "__pycache__", "inbox"}
_MAX_FILE = 1 << 20
_MAX_FILES = 20_000


def find_folder(start: Path) -> Path:
    """The nearest folder at or above `start` that holds a mesh."""
    for folder in (start, *start.resolve().parents):
        if (folder / MESH_FILE).is_file() or (folder / STATE_FOLDER).is_dir():
            return folder.resolve()
    if start.is_dir():
        return start.resolve()
    raise InvalidInput(f"{start} is no folder", hint="`weft init DIR` makes a mesh")


def state_folder(folder: Path) -> Path:
    """Where the mesh keeps what it knows: everything but the declarations."""
    return folder / STATE_FOLDER


def declaration_files(folder: Path) -> dict[str, bytes]:
    """Every declaration below the folder by its relative path; links that leave the folder are not followed."""
    found: dict[str, bytes] = {}
    root = folder.resolve()
    for where, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        for name in sorted(names):
            path = Path(where) / name
            if path.suffix not in _DECLARATIONS or not path.resolve().is_relative_to(root):
                continue
            with path.open("rb") as file:
                found[path.relative_to(root).as_posix()] = file.read(_MAX_FILE + 1)
        if len(found) > _MAX_FILES:
            raise InvalidInput(f"more than {_MAX_FILES} declarations in {folder}", hint="is this the mesh's folder?")
    return found


def read_folder(folder: Path) -> Reading:
    """What the folder declares, with everything that is wrong about it."""
    return read_mesh(declaration_files(folder), folder.resolve().name, filter_check=filters.check)


def declared_environments(folder: Path) -> Mapping[str, Environment]:
    """The engines that mesh.yaml names; other files may be broken meanwhile."""
    path = folder / MESH_FILE
    if not path.is_file():
        return {}
    return sound(read_mesh({MESH_FILE: path.read_bytes()}, folder.resolve().name)).environments


def sound(reading: Reading) -> Mesh:
    """The mesh of a reading, or all its errors at once."""
    errors = tuple(problem for problem in reading.problems if problem.severity == "error")
    if reading.mesh is None or errors:
        raise DeclarationError(errors)
    return reading.mesh


def sound_mesh(files: Mapping[str, bytes], folder: str) -> Mesh:
    """The mesh that these files declare, or all their errors at once."""
    return sound(read_mesh(files, folder, filter_check=filters.check))
