"""The official JSON Schema suite, required and optional, against contracts: each case as a field of a row, where it can be one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from weft.contracts.schemas import faults_of, validator
from weft.contracts.validator import compile_contract
from weft.model.product import Contract, Table

SUITE = Path(__file__).parents[2] / "data/json-schema-test-suite"
DRAFTS = {
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}
FILES = sorted(path.relative_to(SUITE).as_posix() for path in SUITE.rglob("*.json"))
OF_THE_ROOT = {"$ref", "$dynamicRef", "$recursiveRef", "$id", "$schema"}
"""Keywords that mean something else, or nothing, once a schema stands inside another one."""
EXEMPT = (
    (
        "",
        "schema refused by reference: Resource 'http://localhost:1234/",
        "a contract stands alone: nothing is fetched",
    ),
    ("", "schema refused by dialect: `http://localhost:1234/", "only the official drafts: nobody else's meta-schema"),
    ("optional/format/unknown.json", "schema refused by format", "a format that nobody checks is an empty promise"),
    (
        "draft2020-12/format.json",
        "an annotation by default: bad by format",
        "formats are asserted, which the draft lets us do",
    ),
    (
        "optional/bignum.json",
        "bad by storage",
        "tables keep whole numbers in 64 bits: another is refused, never rounded",
    ),
    ("optional/float-overflow.json", "bad by storage", "as above: 1e308 is a whole number"),
)
"""Where a contract is stricter than the suite: in which files, in these words, and why. Nowhere is it more lenient."""


def differences(file: str) -> Iterator[str]:
    """Every case of a file in which a contract says something else than the suite."""
    for group in json.loads((SUITE / file).read_bytes()):
        schema = group["schema"]
        judge = _as_root if _needs_the_root(schema, top=True) else _as_field
        for case in group["tests"]:
            found = judge(schema, DRAFTS[file.partition("/")[0]], case["data"])
            if bool(found) == case["valid"] or found.startswith("schema refused"):
                yield f"{group['description']}: {case['description']}: {found or 'good'}"


def _needs_the_root(node: Any, *, top: bool = False) -> bool:
    if isinstance(node, list):
        return any(map(_needs_the_root, node))
    if not isinstance(node, dict):
        return False
    names = set(node) - ({"$schema"} if top and node.get("$schema") in DRAFTS.values() else set())
    return bool(names & OF_THE_ROOT) or any(map(_needs_the_root, node.values()))


def _as_root(schema: dict[str, Any], draft: str, data: Any) -> str:
    """Why a value is bad by a schema that stands by itself; empty when it is good."""
    whole = {"$schema": draft, **schema}
    if faults := faults_of(whole):
        return f"schema refused by {faults[0].rule}: {faults[0].message}"
    value = msgspec.json.Decoder(float_hook=Decimal).decode(json.dumps(data))
    return "".join(f"bad by {error.kind.name}" for error in list(validator(whole).iter_errors(value))[:1])


def _as_field(schema: Any, draft: str, data: Any) -> str:
    """Why a row is bad whose field has this schema, judged by all that a contract does; empty when it is good."""
    field = {key: value for key, value in schema.items() if key != "$schema"} if isinstance(schema, dict) else schema
    whole = {"$schema": draft, "type": "object", "properties": {"field": field}}
    if faults := faults_of(whole):
        return f"schema refused by {faults[0].rule}: {faults[0].message}"
    contract = Contract(name="suite", version="1.0.0", schema=json.dumps(whole), path="suite.json")
    checked = compile_contract(contract, Table(name="suite", layer="silver")).check(
        json.dumps({"field": data}).encode()
    )
    return "".join(f"bad by {defect.rule}" for defect in checked.defects[:1])


def _is_exempt(file: str, difference: str) -> bool:
    return any(file.endswith(place) and words in difference for place, words, _ in EXEMPT)


@pytest.mark.parametrize("file", FILES)
def test_a_contract_judges_as_the_suite_wants_it_or_the_reason_is_written_down(file: str) -> None:
    assert [found for found in differences(file) if not _is_exempt(file, found)] == []


@pytest.mark.parametrize(("place", "words"), [exempt[:2] for exempt in EXEMPT])
def test_no_exemption_outlives_its_need(place: str, words: str) -> None:
    assert any(words in found for file in FILES if file.endswith(place) for found in differences(file))


def test_the_suite_is_all_there() -> None:
    cases = [case for file in FILES for group in json.loads((SUITE / file).read_bytes()) for case in group["tests"]]
    assert len(cases) == 3371
