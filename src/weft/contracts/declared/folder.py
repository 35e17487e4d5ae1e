"""The files of a mesh as they were handed in: found by the paths that declarations write, contracts read once each."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from weft._kit import json_marks
from weft._kit.json_marks import JsonText
from weft._kit.nearest import did_you_mean
from weft._kit.place import Path, Unreadable
from weft.contracts.declared.contract_files import columns_within
from weft.contracts.declared.findings import DeclaredFile, Findings, SchemaFile
from weft.model.column import Column


@dataclass(frozen=True, slots=True)
class SchemaText:
    """A contract file that can be used: its text as JSON, and its columns."""

    json: JsonText
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Folder:
    """The texts by path, relative to the mesh's folder, with `/` between the parts."""

    files: Mapping[str, bytes]
    findings: Findings
    schemas: dict[str, SchemaText | None] = field(default_factory=dict[str, "SchemaText | None"])

    def find(self, file: DeclaredFile, path: Path, written: str, *, code: str = "WEFT-1206") -> str | None:
        """The file that a declaration names, counted from the declaration's own folder; None after saying why not."""
        target = resolved(file.name, written)
        if target is None:
            file.problem(
                "WEFT-1207", path, f"`{written}` leaves the folder", why="only files in the mesh's folder are read"
            )
            return None
        if target not in self.files:
            file.problem(code, path, f"there is no file `{target}`", fix=did_you_mean(target, self._beside(target)))
            return None
        return target

    def schema(self, path: str) -> SchemaText | None:
        """The contract in a file; None when it cannot be one, which is noted the first time."""
        if path not in self.schemas:
            self.schemas[path] = self._read_schema(path)
        return self.schemas[path]

    def _read_schema(self, path: str) -> SchemaText | None:
        try:
            json = json_marks.read(self.files[path])
        except Unreadable as error:
            self.findings.unreadable(path, error.fault.place, error.fault.rule, error.fault.message, json=True)
            return None
        columns = columns_within(SchemaFile(path, json, self.findings))
        return SchemaText(json, columns) if columns is not None else None

    def _beside(self, target: str) -> list[str]:
        """Files of the same ending: what a wrong path may have meant."""
        ending = posixpath.splitext(target)[1]
        return [path for path in self.files if path.endswith(ending)]


def resolved(file: str, written: str) -> str | None:
    """A written path as one from the mesh's folder; None when it is absolute or leaves the folder."""
    if (
        not written
        or written.startswith(("/", "~"))
        or "\\" in written
        or "\0" in written
        or ":" in written.split("/", 1)[0]
    ):
        return None
    target = posixpath.normpath(posixpath.join(posixpath.dirname(file), written))
    return None if target.startswith("../") or target == ".." else target
