"""A row whose key no state store could hold is a bad row, with its reason: it never stops the rows behind it."""

import json
from typing import Any

import pytest

from weft.backends.state_stores.effect import check
from weft.contracts.validator import CompiledContract, compile_contract
from weft.model.key import key_of
from weft.model.product import Contract, Table
from weft.ports.state_store import Put

SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": ["string", "null"]},
        "n": {"type": "integer"},
        "home": {"type": "object"},
        "tags": {"type": "array"},
        "note": {"type": "string"},
    },
}


def keyed(*key: str) -> CompiledContract:
    contract = Contract(name="c", version="1.0.0", schema=json.dumps(SCHEMA), path="c.json")
    return compile_contract(contract, Table(name="t", layer="silver", key=key, clean={"id": ("upper",)}))


@pytest.mark.parametrize(
    ("key", "row", "path", "message"),
    [
        (("id",), {"id": "a\0b"}, "/id", "holds a NUL"),
        (("n", "id"), {"n": 1, "id": "\0"}, "/id", "holds a NUL"),
        (("id",), {"id": "a" * 1001}, "/id", "makes a key of 1001 bytes; the most is 1000"),
        (("id",), {"id": "Ä" * 501}, "/id", "makes a key of 1002 bytes"),
        (("id",), {"id": "," * 501}, "/id", "makes a key of 1002 bytes"),
        (("id",), {"id": "ŉ" * 350}, "/id", "makes a key of 1050 bytes"),
        (("note", "id"), {"note": "x", "id": "a" * 999}, "/id", "makes a key of 1001 bytes"),
        (("id",), {}, "/id", "is missing, and every row has to have its key (id)"),
        (("id",), {"id": None}, "/id", "is missing"),
        (("id", "n"), {"id": "a"}, "/n", "is missing, and every row has to have its key (id, n)"),
        (("home",), {"home": {}}, "/home", "is an object or a list, which cannot be a key"),
        (("tags",), {"tags": []}, "/tags", "is an object or a list, which cannot be a key"),
        (("unknown",), {"unknown": 1}, "/unknown", "is missing"),
    ],
)
def test_a_row_that_cannot_be_kept_under_its_key_is_bad(
    key: tuple[str, ...], row: dict[str, Any], path: str, message: str
) -> None:
    (defect,) = keyed(*key).check(json.dumps(row).encode()).defects
    assert (defect.rule, defect.path) == ("storage", path)
    assert message in defect.message


@pytest.mark.parametrize("text", ["", "a" * 1000, "Ä" * 500, "\U0001f600" * 250, "," * 500, "a,b\\c"])
def test_a_key_within_the_limit_is_good_and_every_store_takes_it(text: str) -> None:
    row = keyed("id").check(json.dumps({"id": text, "note": "\0" * 3000}).encode()).row
    assert row is not None
    check([Put("view/" + "p" * 400 + "/" + "t" * 400, key_of(row, ("id",)), b"")])


def test_without_a_key_any_text_will_do() -> None:
    assert keyed().check(json.dumps({"id": "\0" * 3000}).encode()).good
