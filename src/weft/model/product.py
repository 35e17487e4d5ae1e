"""A data product as the whole house knows it: declared, checked, with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from weft.model.column import Classification, Column
from weft.model.principal import Permission

TableLayer = Literal["silver", "gold"]
OnInvalid = Literal["quarantine", "reject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The promise in numbers; None was not promised. Shares are fractions: 0.99999 for 99.999 %."""

    freshness: float | None = None
    """Seconds between an event's own time and its being readable."""
    completeness: float | None = None
    accuracy: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A named, versioned schema with its quality promise. `schema` is the JSON Schema as text."""

    name: str
    version: str
    schema: str
    path: str
    quality: Quality = field(default_factory=Quality)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that a product serves. Silver tables keep a contract; gold tables are one SELECT in Spark SQL."""

    name: str
    layer: TableLayer
    columns: tuple[Column, ...] = ()
    """Known from the contract for silver; for gold, found out when the model is planned."""
    key: tuple[str, ...] = ()
    contract: str = ""
    source: str = ""
    sql: str = ""
    sql_path: str = ""
    clean: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Column → steps in order, from `contracts.clean`: trim, upper, lower, digits, collapse."""
    classification: Mapping[str, Classification] = field(default_factory=dict[str, Classification])
    """Column path → class; overrides what the contract or the lineage says."""
    on_invalid: OnInvalid = "quarantine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a product's data comes from. `url` is empty while nobody has connected it."""

    name: str
    kind: str
    objects: tuple[str, ...] = ()
    database: str = ""
    url: str = ""
    table: str = ""
    """The silver table that it feeds; for `files` sources."""
    format: str = ""
    """`ndjson`, `json` or `csv` for `files` sources; empty means by each file's ending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Who may do what: one line of `access`."""

    role: str
    permissions: frozenset[Permission]
    rows: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A REST path of the product's own, bound to a table: `/payments/{payment_id}/status`."""

    path: str
    table: str
    operation: Literal["get", "field", "search", "list"]
    field: str = ""
    """The column that a `field` endpoint answers with, and the key parameter's column is the table's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A declared neighbour upstream or downstream."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """A value that was not written: what it is, where it came from, and the line that would set it."""

    path: str
    value: str
    because: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    """Something that a declaration asks for and this version does not serve yet."""

    path: str
    what: str
    meanwhile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A data product, ready to run."""

    name: str
    domain: str
    version: str
    owner: str
    file: str
    """Relative to the mesh's folder."""
    description: str = ""
    tables: tuple[Table, ...] = ()
    contracts: tuple[Contract, ...] = ()
    sources: tuple[Source, ...] = ()
    access: tuple[Grant, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    upstream: tuple[Link, ...] = ()
    downstream: tuple[Link, ...] = ()
    schedule: Mapping[str, str] = field(default_factory=dict[str, str])
    inferred: tuple[Inferred, ...] = ()
    unserved: tuple[Unserved, ...] = ()

    def table(self, name: str) -> Table | None:
        """The table of this name, or None."""
        return next((table for table in self.tables if table.name == name), None)

    def contract(self, name: str) -> Contract | None:
        """The contract of this name, or None."""
        return next((contract for contract in self.contracts if contract.name == name), None)
