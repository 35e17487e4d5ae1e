"""The steps of a plan: what would change, as values. The same values are printed, and executed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from weft.model.product import Contract, Product, Table

Verdict = Literal["compatible", "breaking"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateProduct:
    """A product that was not there."""

    product: Product


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeProduct:
    """A product whose declaration says something else now, beyond tables and contracts."""

    product: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireProduct:
    """A product that is declared no more. Its tables stay on disk."""

    product: str
    hit: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable:
    """A table that was not there."""

    product: str
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTable:
    """A table whose key, model, cleaning or classes change."""

    product: str
    table: Table
    changes: tuple[str, ...]
    hit: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterContract:
    """A contract that was not there."""

    product: str
    contract: Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeContract:
    """A contract that promises something else now, the verdict, and whom it hits."""

    product: str
    contract: Contract
    before: str
    """The version that it replaces."""
    verdict: Verdict
    reasons: tuple[str, ...]
    example: str
    hit: tuple[str, ...]

    @property
    def agreed(self) -> bool:
        """A breaking change is agreed to by a new major version."""
        return self.verdict == "compatible" or self.contract.version.split(".")[0] != self.before.split(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRules:
    """Policies, identities or environments that change for everyone."""

    what: Literal["policy", "identities", "mesh"]
    name: str
    changes: tuple[str, ...]


Step = (
    CreateProduct
    | ChangeProduct
    | RetireProduct
    | CreateTable
    | ChangeTable
    | RegisterContract
    | ChangeContract
    | ChangeRules
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that an apply would do, in order. `files` are the declarations that it was made from."""

    generation: int
    """The generation that the plan starts from; an apply refuses any other."""
    steps: tuple[Step, ...]
    files: dict[str, bytes]
    notices: tuple[str, ...] = ()
    """What the declarations ask for and this version does not serve yet."""

    @property
    def breaking(self) -> tuple[ChangeContract, ...]:
        """Contract changes that break readers and that no new major version announces."""
        return tuple(step for step in self.steps if isinstance(step, ChangeContract) and not step.agreed)
