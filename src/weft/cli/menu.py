"""Every command, in the order in which help shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from weft.cli.commands import (
    access,
    audit,
    change,
    check,
    contract,
    doctor,
    lineage,
    product,
    quarantine,
    query,
    run,
    start,
    up,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A verb: the function behind it, and how it would be typed."""

    name: str
    function: Callable[..., Any]
    examples: tuple[str, ...]
    section: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A noun with its verbs."""

    name: str
    help: str
    section: str
    commands: tuple[Command, ...]


_BEGIN, _CHANGE, _RUN, _DATA, _RULES = "Begin", "Declare", "Run", "Data", "Rules"

MENU: tuple[Command | Noun, ...] = (
    Command(name="demo", function=start.demo, section=_BEGIN, examples=("weft demo",)),
    Command(name="init", function=start.init, section=_BEGIN, examples=("weft init bank",)),
    Command(name="doctor", function=doctor.doctor, section=_BEGIN, examples=("weft doctor -C bank",)),
    Command(
        name="check",
        function=check.check,
        section=_CHANGE,
        examples=("weft check bank", "weft check --format github"),
    ),
    Command(
        name="explain",
        function=check.explain,
        section=_CHANGE,
        examples=("weft explain WEFT-1203", "weft explain product payments-data-product"),
    ),
    Command(name="plan", function=change.plan, section=_CHANGE, examples=("weft plan --exit-code",)),
    Command(name="apply", function=change.apply, section=_CHANGE, examples=("weft apply --yes",)),
    Command(name="up", function=up.up, section=_RUN, examples=("weft up --port 8420",)),
    Command(name="down", function=up.down, section=_RUN, examples=("weft down -C bank",)),
    Command(name="status", function=up.status, section=_RUN, examples=("weft status -o json",)),
    Command(name="run", function=run.run, section=_RUN, examples=("weft run payments-data-product/daily_totals",)),
    Command(
        name="query",
        function=query.query,
        section=_DATA,
        examples=("weft query 'SELECT count(*) FROM \"payments-data-product\".payment'",),
    ),
    Noun(
        name="product",
        help="Data products: list, show, read, publish.",
        section=_DATA,
        commands=(
            Command(name="list", function=product.list_products, examples=("weft product list -o json",)),
            Command(name="show", function=product.show, examples=("weft product show payments-data-product",)),
            Command(
                name="read",
                function=product.read,
                examples=("weft product read payments-data-product -w status=PENDING",),
            ),
            Command(
                name="publish",
                function=product.publish,
                examples=("weft product publish payments-data-product payments.ndjson",),
            ),
        ),
    ),
    Noun(
        name="contract",
        help="Contracts: list, show, diff, test.",
        section=_DATA,
        commands=(
            Command(name="list", function=contract.list_contracts, examples=("weft contract list",)),
            Command(name="show", function=contract.show, examples=("weft contract show payment-schema",)),
            Command(name="diff", function=contract.diff, examples=("weft contract diff payment-schema",)),
            Command(
                name="test",
                function=contract.try_file,
                examples=("weft contract test payments.ndjson --contract payment-schema",),
            ),
        ),
    ),
    Noun(
        name="quarantine",
        help="Rows that broke their contract: list, show.",
        section=_DATA,
        commands=(
            Command(name="list", function=quarantine.list_tables, examples=("weft quarantine list",)),
            Command(name="show", function=quarantine.show, examples=("weft quarantine show payments-data-product",)),
        ),
    ),
    Noun(
        name="lineage",
        help="Where data comes from: show, record.",
        section=_DATA,
        commands=(
            Command(name="show", function=lineage.show, examples=("weft lineage show payments-data-product",)),
            Command(
                name="record",
                function=lineage.record,
                examples=("weft lineage record payments-data-product payment KEY",),
            ),
        ),
    ),
    Noun(
        name="access",
        help="Who may do what: list, key.",
        section=_RULES,
        commands=(
            Command(name="list", function=access.list_grants, examples=("weft access list",)),
            Command(name="key", function=access.key, examples=("weft access key ana",)),
        ),
    ),
    Noun(
        name="audit",
        help="Every decision, sealed: tail, verify.",
        section=_RULES,
        commands=(
            Command(name="tail", function=audit.tail, examples=("weft audit tail --size 50",)),
            Command(name="verify", function=audit.verify, examples=("weft audit verify",)),
        ),
    ),
)
