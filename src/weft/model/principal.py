"""Who asks, what they want, and the answer: the values that every port hands to `decide`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Permission = Literal["read", "write", "admin"]
MaskKind = Literal["none", "hide", "redact", "partial", "hash"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person or a program, with the roles that its identity provider vouches for."""

    id: str
    name: str = ""
    roles: frozenset[str] = frozenset()
    operator: bool = False
    """The owner of the mesh's folder at its own machine: may do everything, and is audited like anyone."""


ANONYMOUS = Principal(id="anonymous")
OPERATOR = Principal(id="operator", name="Operator of this folder", operator=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A question for `decide`: may this principal do this to that product (and table)?"""

    principal: Principal
    action: Permission
    product: str
    table: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer. An allowed read carries what may be seen: row filters (any of them) and a mask per column path."""

    allowed: bool
    reason: str
    hint: str = ""
    rows: tuple[str, ...] = ()
    """Filter texts joined by OR; empty means every row."""
    masks: Mapping[str, MaskKind] = field(default_factory=dict[str, MaskKind])
    """Column path such as `payment_method.last_four` → mask; a column that is not named is shown as it is."""
