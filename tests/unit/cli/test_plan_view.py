"""A plan as people and programs read it."""

from textwrap import dedent

import msgspec

from weft.cli.invocation import Invocation
from weft.cli.plan_view import document, line, view
from weft.cli.terminal import Terminal
from weft.model.column import Column
from weft.model.product import Contract, Product, Table
from weft.platform.steps import (
    ChangeContract,
    ChangeProduct,
    ChangeRules,
    ChangeTable,
    CreateProduct,
    CreateTable,
    Plan,
    RegisterContract,
    RetireProduct,
)

PRODUCT = Product(name="pay", domain="payments", version="1", owner="ana@bank", file="pay.yaml")
TABLE = Table(name="payment", layer="silver", columns=(Column(name="id", kind="string"),), key=("id",))
CONTRACT = Contract(name="pay-schema", version="2.0.0", schema="{}", path="p.json")
STEPS = (
    ChangeRules(what="policy", name="naming", changes=("added",)),
    ChangeRules(what="identities", name="identities", changes=("users: 1 → 2",)),
    CreateProduct(product=PRODUCT),
    RegisterContract(product="pay", contract=CONTRACT),
    CreateTable(product="pay", table=TABLE),
    ChangeContract(
        product="cards",
        contract=CONTRACT,
        before="2.0.0",
        verdict="breaking",
        reasons=("`x` is gone",),
        example='{"x": 1}',
        hit=("reader bo",),
    ),
    ChangeTable(product="cards", table=TABLE, changes=("key: a → id",), hit=()),
    ChangeProduct(product="loans", changes=("owner: a → b",)),
    RetireProduct(product="old", hit=("consumer x",)),
)


def _plan(*steps):
    return Plan(generation=3, steps=steps, files={}, notices=("pay: GraphQL; REST answers",))


def _text(plan):
    plain = msgspec.json.decode(msgspec.json.encode(document(plan)))
    return view(Terminal(Invocation()), plain)


def test_a_plan_is_a_tree_with_its_verdicts_and_whom_it_hits():
    assert _text(_plan(*STEPS)) == dedent(
        """\
        + policy naming
        ~ identities
            users: 1 → 2

        + product pay  domain payments, owner ana@bank
          + contract pay-schema  2.0.0
          + table payment  silver, 1 column, key id

          product cards
          ~ contract pay-schema  2.0.0  BREAKING
              `x` is gone
              would break: {"x": 1}
              hits: reader bo
          ~ table payment
              key: a → id

        ~ product loans
            owner: a → b

        - product old  its tables stay on disk
            hits: consumer x

        not served yet: pay: GraphQL; REST answers

        4 to create, 4 to change, 1 to retire; 1 contract change would break readers"""
    )


def test_an_empty_plan_says_so():
    assert _text(Plan(generation=1, steps=(), files={})) == "no changes"


def test_a_document_counts_what_would_be_done():
    assert document(_plan(*STEPS))["summary"] == {"create": 4, "change": 4, "retire": 1, "breaking": 1}


def test_a_step_is_one_line_while_it_is_done():
    assert [line(step) for step in STEPS] == [
        "create policy naming",
        "change identities",
        "create product pay",
        "create contract pay-schema of pay",
        "create table payment of pay",
        "change contract pay-schema of cards",
        "change table payment of cards",
        "change product loans",
        "retire product old",
    ]


def test_a_name_cannot_command_the_terminal():
    hostile = ChangeRules(what="policy", name="\x1b[2J", changes=("added",))
    assert "\x1b" not in line(hostile)
    assert "\x1b" not in _text(_plan(hostile))
