"""A file with eight faults shows eight errors, each at its place, to people, to programs and in reviews."""

from collections.abc import Mapping

import pytest

from weft.contracts import show
from weft.contracts.catalogue import CATALOGUE
from weft.contracts.reading import read_mesh
from weft.model.problem import Mark, Problem

FILE = "domains/payments/payments-data-product.yaml"
FAULTS = b"""\
apiVersion: datamesh.banking.com/v1
kind: DataProduct
metadata:
  name: Payments
  domain: payments
  ownr: payments-team@banking.com
spec:
  contracts:
    - name: payment-schema
      schema: schemas/paymnt-schema.json
      quality: {freshness: 5, completeness: 100%}
  tables:
    - {name: search, contract: payment-shema}
  access:
    - role: fraud-team
      permissions: [read, wirte]
    - permissions: read
  apis:
    rest: [endpoints]
"""
PLACES = {
    (4, 9): "WEFT-1210",
    (6, 3): "WEFT-1102",
    (10, 15): "WEFT-1206",
    (11, 28): "WEFT-1309",
    (13, 14): "WEFT-1209",
    (13, 32): "WEFT-1201",
    (16, 27): "WEFT-1104",
    (17, 7): "WEFT-1103",
    (17, 20): "WEFT-1101",
    (19, 11): "WEFT-1101",
}


@pytest.fixture(scope="module")
def problems(bank_files: Mapping[str, bytes]) -> tuple[Problem, ...]:
    files = {name: data for name, data in bank_files.items() if name.startswith("domains/payments/schemas")}
    return read_mesh({**files, FILE: FAULTS}, "bank").problems


def test_faults_of_shape_do_not_hide_faults_of_reference(problems: tuple[Problem, ...]) -> None:
    assert {(problem.mark.line, problem.mark.column): problem.code for problem in problems} == PLACES


EIGHT = (
    FAULTS.replace(b"  ownr", b"  owner")
    .replace(b"wirte", b"write")
    .replace(b"    - permissions: read\n", b"    - {role: x, permissions: [read], rows: 'a b'}\n")
    .replace(b"rest: [endpoints]", b"rest: {endpoints: [payments, /api/x]}")
    .replace(b"contract: payment-shema", b"contract: payment-shema, sql: x")
)


def test_eight_faults_are_eight_errors_each_at_its_place(bank_files: Mapping[str, bytes]) -> None:
    files = {name: data for name, data in bank_files.items() if name.startswith("domains/payments/schemas")}

    problems = read_mesh({**files, FILE: EIGHT.replace(b", sql: x", b", layer: silver, sql: x")}, "bank").problems

    assert {(problem.mark.line, problem.mark.column, problem.code) for problem in problems} == {
        (4, 9, "WEFT-1210"),
        (10, 15, "WEFT-1206"),
        (11, 28, "WEFT-1309"),
        (13, 14, "WEFT-1209"),
        (13, 32, "WEFT-1201"),
        (13, 67, "WEFT-1506"),
        (19, 24, "WEFT-1601"),
        (19, 34, "WEFT-1603"),
    }
    assert all(problem.severity == "error" for problem in problems)


def test_text_shows_the_line_and_a_caret_below_the_place(problems: tuple[Problem, ...]) -> None:
    shown = show.rendered([problem for problem in problems if problem.code == "WEFT-1102"], {FILE: FAULTS})

    assert shown == (
        f"{FILE}:6:3: error[WEFT-1102] metadata.ownr: unknown key `ownr`; did you mean `owner`?\n"
        "     6 |   ownr: payments-team@banking.com\n"
        "       |   ^"
    )


def test_documents_hold_every_part(problems: tuple[Problem, ...]) -> None:
    first = show.documents(problems)[0]

    assert list(first) == ["file", "line", "column", "severity", "code", "path", "what", "why", "fix"]
    assert (first["file"], first["line"]) == (FILE, 4)


def test_annotations_escape_what_would_end_them() -> None:
    problem = Problem(
        code="WEFT-1102",
        severity="error",
        mark=Mark(file="a,b:c.yaml", line=1, column=2),
        path="x",
        what="50%\nof ::it",
    )

    assert show.github([problem]) == "::error file=a%2Cb%3Ac.yaml,line=1,col=2,title=WEFT-1102::x: 50%25%0Aof ::it"


def test_a_huge_line_is_shown_around_the_place() -> None:
    problem = Problem(code="WEFT-1102", severity="error", mark=Mark(file="a", line=1, column=5000), path="", what="x")

    _, line, caret = show.rendered([problem], {"a": b"-" * 4999 + b"!" + b"-" * 5000}).split("\n")

    assert len(line) < 200
    assert line[caret.index("^")] == "!"


def test_a_place_outside_of_the_text_shows_no_line() -> None:
    problem = Problem(code="WEFT-1206", severity="error", mark=Mark(file="gone", line=9, column=1), path="", what="x")

    assert show.rendered([problem], {}) == "gone:9:1: error[WEFT-1206] x"


def test_control_characters_of_a_file_do_not_reach_the_terminal() -> None:
    problem = Problem(code="WEFT-1102", severity="error", mark=Mark(file="a", line=1, column=1), path="", what="x")

    assert "\x1b" not in show.rendered([problem], {"a": b"\x1b[31mred"})


def test_a_code_is_explained() -> None:
    explained = show.explanation("weft-1203")

    assert explained is not None
    assert CATALOGUE["WEFT-1203"].explanation in explained
    assert show.explanation("WEFT-9999") is None


@pytest.mark.parametrize(
    ("fault", "mended"),
    [
        (b"contract: payment-schema", b"contrct: payment-schema"),
        (b"name: customer\n", b"name: [customer]\n"),
        (b"schema: schemas/payment-schema.json", b"schema: [schemas/payment-schema.json]"),
        (b"owner: payments", b"ownr: payments"),
    ],
)
def test_one_fault_is_one_error(fault: bytes, mended: bytes) -> None:
    product = (
        b"apiVersion: a/v1\nkind: DataProduct\nmetadata:\n  name: shop\n  owner: payments\nspec:\n  contracts:\n"
        b"    - {name: payment-schema, schema: schemas/payment-schema.json}\n    - {name: o-schema, schema: s.json}\n"
        b"  tables:\n    - layer: silver\n      name: customer\n      contract: payment-schema\n"
    )
    contract = b'{"type": "object", "required": ["a_id"], "properties": {"a_id": {"type": "string"}}}'
    files = {"schemas/payment-schema.json": contract, "s.json": contract}

    assert read_mesh({**files, "x.yaml": product}, "x").errors == ()
    assert len(read_mesh({**files, "x.yaml": product.replace(fault, mended)}, "x").errors) == 1
