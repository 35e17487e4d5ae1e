"""Folders that want to do harm: nothing is fetched, nothing outside is read, nothing runs away."""

import json
import socket
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.contracts.declared.folder import resolved
from weft.contracts.reading import Reading, is_declaration, read_mesh

Shop = Callable[..., Reading]
HEAD = b"apiVersion: weft.dev/v1\nkind: %s\nmetadata: {name: x, owner: y}\nspec: {}\n"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> NoReturn:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize(
    "reference", ["http://127.0.0.1:9/x", "https://example.com/x", "file:///etc/passwd", "other.json", "#/nope", "//x"]
)
def test_no_reference_leads_out_of_the_file(shop: Shop, reference: str) -> None:
    for keyword in ("$ref", "$schema", "$id"):
        reading = shop(schema={"type": "object", "properties": {"a": {"$ref": reference}}, keyword: reference})

        assert reading.mesh is None


@pytest.mark.parametrize(
    "written",
    [
        "../../../etc/passwd",
        "/etc/passwd",
        "~/x",
        "C:/x",
        "../../..",
        "a/../../../../x",
        "file:///etc/passwd",
        "http://x/y",
        "a\\..\\..\\x",
        "",
        "x\0y",
    ],
)
def test_a_path_does_not_leave_the_folder(written: str) -> None:
    assert resolved("domains/shop/shop.yaml", written) is None


@given(st.text(alphabet="./a~\\", max_size=12))
def test_no_spelling_of_a_path_leaves_the_folder(written: str) -> None:
    target = resolved("domains/shop/shop.yaml", written)

    assert target is None or not (target.startswith(("/", "~")) or ".." in target.split("/"))


def test_a_path_may_go_up_within_the_folder() -> None:
    assert resolved("domains/shop/shop.yaml", "../../shared/x.json") == "shared/x.json"


def test_hidden_folders_hold_no_declarations() -> None:
    assert not is_declaration(".weft/x.yaml")
    assert not is_declaration("a/.git/x.yml")
    assert is_declaration("domains/a/b.yml")


def test_files_that_nothing_names_are_not_looked_into() -> None:
    class Lazy(dict[str, bytes]):
        def __getitem__(self, key: str) -> bytes:
            assert key == "mesh.yaml"
            return super().__getitem__(key)

    files = Lazy(
        {"mesh.yaml": b"apiVersion: a/v1\nkind: Mesh\nmetadata: {name: m}\n", "inbox/huge.json": b"", "x.sql": b""}
    )

    assert read_mesh(files, "m").mesh is not None


@pytest.mark.parametrize("kind", ["Saga", "dataproduct", "true", "[]", "{}", "~", "1", "'x y'"])
def test_a_strange_kind_is_one_problem(kind: str) -> None:
    reading = read_mesh({"x.yaml": HEAD % kind.encode()}, "x")

    assert [problem.code for problem in reading.problems] in (["WEFT-1009"], ["WEFT-1008"])


@pytest.mark.parametrize(
    "schema",
    [
        "[]",
        "true",
        "5",
        '"x"',
        "{}",
        '{"type": "object", "properties": []}',
        '{"type": "object", "properties": {"a": 5}}',
        '{"type": "object", "properties": {"a": {"$ref": 5}}}',
        '{"$ref": "#"}',
        '{"type": "object", "properties": {"a": {"$ref": "#/properties/a"}}, "required": ["a"]}',
        '{"type": ["object", "null"], "properties": {"a_id": {"type": "string"}}, "required": ["a_id"]}',
        '{"$schema": 5}',
        '{"type": "object", "properties": {"a_id": {"type": "string", "classification": 5}}}',
        "",
        "\x00",
    ],
)
def test_no_schema_brings_the_reader_down(shop: Shop, schema: str) -> None:
    reading = shop(schema=schema)

    assert reading.mesh is None
    assert reading.errors


KEYS = [
    "name",
    "schema",
    "quality",
    "freshness",
    "sources",
    "files",
    "path",
    "mysql",
    "tables",
    "layer",
    "key",
    "clean",
    "sql",
    "from",
    "access",
    "role",
    "permissions",
    "rows",
    "apis",
    "rest",
    "endpoints",
    "graphql",
    "kafka",
    "topics",
    "contracts",
    "streams",
    "window",
    "size",
    "schedule",
    "lineage",
    "upstream",
    "source",
    "classification",
    "x",
]
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["", "a", "read", "gold", "5s", "/a/{b}", "s.json", "SELECT 1", *KEYS])
)
nested = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)


@given(
    st.dictionaries(
        st.sampled_from(["contracts", "sources", "tables", "access", "apis", "streams", "schedule", "lineage", "x"]),
        nested,
        max_size=5,
    )
    | nested
)
def test_no_declaration_brings_the_reader_down(value: Any) -> None:
    document = {"apiVersion": "a/v1", "kind": "DataProduct", "metadata": {"name": "x", "owner": "y"}, "spec": value}

    reading = read_mesh({"x.yaml": json.dumps(document).encode()}, "x")

    assert (reading.mesh is None) == bool(reading.errors)


@given(st.binary(max_size=60))
def test_no_bytes_bring_the_reader_down(data: bytes) -> None:
    assert read_mesh({"x.yaml": data}, "x").errors


def test_hostile_naming_patterns_run_in_linear_time(shop: Shop) -> None:
    policy = "apiVersion: a/v1\nkind: Policy\nmetadata: {name: p}\nspec: {naming: {column: '(a+)+'}}\n"
    schema = {"type": "object", "required": ["a_id"], "properties": {"a_id": {"type": "string"}, "a" * 120: {}}}

    reading = shop(schema=schema, p_yaml=policy)

    assert [problem.code for problem in reading.errors] == ["WEFT-1401"]
