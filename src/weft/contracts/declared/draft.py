"""A product while it is being read: its file, and what had to be inferred or cannot be served yet."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from weft._kit.nearest import did_you_mean
from weft._kit.place import Path
from weft.contracts.declared.findings import DeclaredFile, dotted
from weft.contracts.declared.folder import Folder
from weft.model import declaration
from weft.model.column import Column
from weft.model.product import Contract, Inferred, Unserved

RESERVED_TABLES = ("lineage", "quality", "quarantine", "runs", "ingest", "search", "data", "live")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_TABLE = re.compile(r"[a-z][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Promised:
    """A contract of the product with the columns that its schema gives."""

    contract: Contract
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """Collects what reading one product brings to light."""

    file: DeclaredFile
    declared: declaration.DataProduct
    folder: Folder
    inferred: list[Inferred] = field(default_factory=list[Inferred])
    unserved: list[Unserved] = field(default_factory=list[Unserved])

    @property
    def spec(self) -> declaration.ProductSpec:
        """The product's spec as it was written."""
        return self.declared.spec

    def infer(self, path: Path, value: str, because: str, line: str) -> str:
        """Note a value that was not written, and return it."""
        self.inferred.append(Inferred(path=dotted(path), value=value, because=because, line=line))
        return value

    def not_served(self, path: Path, what: str, meanwhile: str) -> None:
        """Note something that is asked for and not served yet."""
        self.unserved.append(Unserved(path=dotted(path), what=what, meanwhile=meanwhile))
        self.file.problem("WEFT-1901", path, f"{what}: not served yet", why=meanwhile, at_key=True)

    def unknown(self, code: str, path: Path, word: str, known: list[str], *, noun: str) -> None:
        """Note a name that nothing has, with the one that was probably meant."""
        self.file.problem(code, path, f"unknown {noun} `{word}`", fix=did_you_mean(word, known))

    def check_name(self, path: Path, name: str, *, table: bool = False) -> None:
        """Note a name that cannot stand in addresses, topics and files."""
        if (_TABLE if table else _NAME).fullmatch(name) is None:
            letters = "lower-case letters, digits, - and _" if table else "lower-case letters, digits and -"
            self.file.problem(
                "WEFT-1210", path, f"`{name}` cannot be a name", fix=f"use {letters}, beginning with a letter"
            )
        elif table and name in RESERVED_TABLES:
            what = f"`{name}` is an address of every product"
            self.file.problem("WEFT-1209", path, what, fix=f"call it {name}_row, or what it holds")
