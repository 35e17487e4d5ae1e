"""A whole mesh as declared: its products, policies, identities, and the engines of each environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from weft.model.column import Classification
from weft.model.errors import NotFound
from weft.model.principal import MaskKind
from weft.model.product import Product, Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRule:
    """What a classification means on read: the mask, and the roles that see through it in any product."""

    mask: MaskKind = "none"
    cleared: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One Policy file: rules that hold for every product."""

    name: str
    file: str
    naming: Mapping[str, str] = field(default_factory=dict[str, str])
    """`product`, `table`, `column`, `domain` → a regular expression that names must match in full."""
    classes: Mapping[Classification, ClassRule] = field(default_factory=dict[Classification, ClassRule])
    floor: Quality = field(default_factory=Quality)
    """Quality that every contract must promise at least."""
    retention: Mapping[str, float | None] = field(default_factory=dict[str, "float | None"])
    """`raw`, `analytics` … → seconds to keep; None for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A declared person or client of the embedded identity."""

    id: str
    name: str
    roles: frozenset[str]
    person: bool = True
    """A client is a program: it has keys and tokens, and nobody signs in as it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """Who may sign in here. With `sign_in: demo`, anyone on this machine may sign in as any of them."""

    users: tuple[User, ...] = ()
    sign_in: Literal["keys", "demo"] = "keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Where the door's certificate chain and its key are: PEM files."""

    certificate: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One URL per port. The defaults are one process on one machine."""

    name: str = "local"
    log: str = "file:"
    state: str = "sqlite:"
    tables: str = "file:"
    engine: str = "duckdb:"
    keys: str = "file:"
    identity: str = "embedded:"
    http: str = "http://127.0.0.1:8420"
    tls: Tls | None = None
    """As written: paths count from the mesh's folder, references are not followed yet."""
    hosts: tuple[str, ...] = ()
    """The names that callers may ask for; left out, those of the certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """Everything that a folder of declarations says."""

    name: str
    folder: str
    products: tuple[Product, ...] = ()
    policies: tuple[Policy, ...] = ()
    identities: Identities = field(default_factory=Identities)
    environments: Mapping[str, Environment] = field(default_factory=dict[str, Environment])

    def product(self, name: str) -> Product | None:
        """The product of this name, or None."""
        return next((product for product in self.products if product.name == name), None)

    def known(self, name: str) -> Product:
        """The product of this name; NotFound if there is none."""
        found = self.product(name)
        if found is None:
            raise NotFound(f"there is no data product {name!r}", hint="`weft product list` shows those that exist")
        return found
