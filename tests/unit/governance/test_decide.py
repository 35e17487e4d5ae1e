"""The one decision, against the brief's own access list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.governance.decide import class_rules, decide, highest, permissions
from weft.model.column import Column
from weft.model.mesh import ClassRule, Policy
from weft.model.principal import OPERATOR, Access, Principal
from weft.model.product import Grant, Product

COLUMNS = (
    Column(name="id", kind="string", classification="public"),
    Column(name="email", kind="string", classification="confidential"),
    Column(name="card", kind="object", fields=(Column(name="number", kind="string", classification="restricted"),)),
)
PRODUCT = Product(
    name="payments",
    domain="payments",
    version="1.0.0",
    owner="team@bank.com",
    file="payments.yaml",
    access=(
        Grant(role="payments-team", permissions=frozenset({"read", "write", "admin"})),
        Grant(role="fraud-team", permissions=frozenset({"read"}), rows="status <> 'CANCELLED'"),
        Grant(role="analytics-team", permissions=frozenset({"read"})),
        Grant(role="feeder", permissions=frozenset({"write"})),
    ),
)
ROLES = [grant.role for grant in PRODUCT.access]


def ask(*roles: str, action: str = "read", policies: tuple[Policy, ...] = ()):
    who = Principal(id="ana", roles=frozenset(roles))
    return decide(Access(principal=who, action=action, product="payments"), PRODUCT, COLUMNS, policies)


@given(roles=st.sets(st.sampled_from([*ROLES, "stranger"])), action=st.sampled_from(["read", "write", "admin"]))
def test_only_a_granted_permission_or_admin_allows(roles: set[str], action: str) -> None:
    expected = any(g.role in roles and (action in g.permissions or "admin" in g.permissions) for g in PRODUCT.access)
    assert ask(*roles, action=action).allowed is expected


def test_a_denial_says_whom_to_ask() -> None:
    assert ask("stranger").hint == "ask team@bank.com"


def test_a_row_filter_holds_unless_another_role_sees_all() -> None:
    assert ask("fraud-team").rows == ("status <> 'CANCELLED'",)
    assert ask("fraud-team", "analytics-team").rows == ()


def test_the_upper_classes_are_masked_where_no_policy_speaks() -> None:
    assert ask("analytics-team").masks == {"email": "partial", "card.number": "hide"}


def test_whoever_may_write_sees_the_values() -> None:
    assert ask("payments-team").masks == {}


def test_a_cleared_role_sees_through_the_mask() -> None:
    policy = Policy(
        name="classes", file="p", classes={"restricted": ClassRule(mask="hash", cleared=frozenset({"fraud-team"}))}
    )
    assert ask("fraud-team", policies=(policy,)).masks == {"email": "partial"}
    assert ask("analytics-team", policies=(policy,)).masks == {"email": "partial", "card.number": "hash"}


def test_a_role_is_compared_to_the_letter() -> None:
    assert not ask("Payments-team").allowed
    assert not ask("payments-team ").allowed


def test_the_operator_of_the_folder_may_do_everything() -> None:
    request = Access(principal=OPERATOR, action="admin", product="payments")
    assert decide(request, PRODUCT, COLUMNS, ()).allowed
    assert permissions(request, PRODUCT) == ["read", "write", "admin"]


def test_a_user_named_operator_is_nobody_special() -> None:
    request = Access(principal=Principal(id="operator"), action="read", product="payments")
    assert not decide(request, PRODUCT, COLUMNS, ()).allowed


@pytest.mark.parametrize(
    ("columns", "expected"), [((), "public"), (COLUMNS[:2], "confidential"), (COLUMNS, "restricted")]
)
def test_the_strictest_class_of_a_table_counts_nested_fields(columns: tuple[Column, ...], expected: str) -> None:
    assert highest(columns) == expected


def test_the_last_policy_by_name_wins() -> None:
    first = Policy(name="a", file="a", classes={"internal": ClassRule(mask="hide")})
    last = Policy(name="b", file="b", classes={"internal": ClassRule(mask="redact")})
    assert class_rules((last, first))["internal"].mask == "redact"
