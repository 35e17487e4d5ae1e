"""The one decision: may this principal do this, and what of it may they see? Pure, and asked by every port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from weft.model.column import CLASSIFICATIONS, Classification, Column, walk
from weft.model.mesh import ClassRule, Policy
from weft.model.principal import Access, Decision, MaskKind
from weft.model.product import Grant, Product

DEFAULT_CLASSES: Mapping[Classification, ClassRule] = {
    "public": ClassRule(),
    "internal": ClassRule(),
    "confidential": ClassRule(mask="partial"),
    "restricted": ClassRule(mask="hide"),
}
"""What the classes mean where no policy says otherwise: the brief asks that the upper two are masked."""


def decide(request: Access, product: Product, columns: tuple[Column, ...], policies: Sequence[Policy]) -> Decision:
    """Allow or deny, with the row filters and masks of an allowed read.

    Roles of the product's own `access` grant permissions; `admin` implies the others. Masks come from the classes of the
    columns: whoever may write a product sees its values, others see through a mask only with a role that its policy clears.
    """
    who = request.principal
    if who.operator:
        return Decision(allowed=True, reason="the operator of this folder")
    granted = [grant for grant in product.access if grant.role in who.roles and _permits(grant, request)]
    if not granted:
        return Decision(
            allowed=False, reason=f"no role of {who.id} grants {request.action}", hint=f"ask {product.owner}"
        )
    unfiltered = any(not grant.rows for grant in granted)
    return Decision(
        allowed=True,
        reason=f"{request.action} through role {granted[0].role}",
        rows=() if unfiltered else tuple(sorted({grant.rows for grant in granted})),
        masks=_masks(request, product, columns, policies),
    )


def permissions(request: Access, product: Product) -> list[str]:
    """All that the principal may do with a product, for showing."""
    if request.principal.operator:
        return ["read", "write", "admin"]
    held = {p for grant in product.access if grant.role in request.principal.roles for p in grant.permissions}
    return ["read", "write", "admin"] if "admin" in held else [p for p in ("read", "write") if p in held]


def _permits(grant: Grant, request: Access) -> bool:
    return not grant.permissions.isdisjoint({request.action, "admin"})


def _masks(
    request: Access, product: Product, columns: tuple[Column, ...], policies: Sequence[Policy]
) -> Mapping[str, MaskKind]:
    roles = request.principal.roles
    if any(grant.role in roles and grant.permissions & {"write", "admin"} for grant in product.access):
        return {}
    rules = class_rules(policies)
    found: dict[str, MaskKind] = {}
    for path, column in walk(columns):
        rule = rules[column.classification]
        if rule.mask != "none" and not rule.cleared & roles:
            found[path] = rule.mask
    return found


def class_rules(policies: Sequence[Policy]) -> dict[Classification, ClassRule]:
    """What each class means under these policies; of several that speak of one class, the last by name holds."""
    rules = dict(DEFAULT_CLASSES)
    for policy in sorted(policies, key=lambda policy: policy.name):
        rules.update(policy.classes)
    return rules


def highest(columns: tuple[Column, ...]) -> Classification:
    """The strictest class among these columns and their fields."""
    found: list[Classification] = ["public", *(column.classification for _, column in walk(columns))]
    return max(found, key=CLASSIFICATIONS.index)
