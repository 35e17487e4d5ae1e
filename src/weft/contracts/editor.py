"""What an editor needs to complete and check declarations: schemas, settings and the line on top of a file. Pure data."""

from __future__ import annotations

import json
from collections.abc import Mapping

from weft.contracts.declared.shapes import json_schema
from weft.model.declaration import KINDS

FOLDER = ".weft/schema"
_PATTERNS = {
    "Mesh": ["mesh.yaml", "mesh.yml"],
    "DataProduct": ["domains/**/*.yaml", "domains/**/*.yml"],
    "Policy": ["policies/**/*.yaml", "policies/**/*.yml"],
    "Identities": ["identities.yaml", "identities.yml"],
}


def files() -> Mapping[str, str]:
    """The files by path that `weft init` writes for editors."""
    schemas = {schema_path(kind): _text(json_schema(kind)) for kind in KINDS}
    settings = {"yaml.schemas": {f"./{schema_path(kind)}": patterns for kind, patterns in _PATTERNS.items()}}
    extensions = {"recommendations": ["redhat.vscode-yaml"]}
    return {**schemas, ".vscode/settings.json": _text(settings), ".vscode/extensions.json": _text(extensions)}


def schema_path(kind: str) -> str:
    """Where a kind's schema lies in the mesh's folder."""
    return f"{FOLDER}/{kind.lower()}.json"


def modeline(kind: str, path: str) -> str:
    """The first line of a declaration at `path`, which tells any editor its schema."""
    return f"# yaml-language-server: $schema={'../' * path.count('/')}{schema_path(kind)}"


def _text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
