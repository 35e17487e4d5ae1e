"""What the contracts' tests share: the bank's files, a folder made of texts, a compiled contract."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from weft.contracts.reading import Reading, read_mesh
from weft.contracts.validator import CompiledContract, compile_contract
from weft.governance import filters
from weft.model.product import Contract, Table

ROOT = Path(__file__).parents[3]
PRODUCT = "domains/shop/shop.yaml"
SCHEMA = "domains/shop/schemas/order-schema.json"
ORDER = {
    "type": "object",
    "required": ["order_id", "total"],
    "properties": {
        "order_id": {"type": "string"},
        "total": {"type": "number", "multipleOf": 0.01},
        "note": {"type": "string"},
    },
}
HEAD = "apiVersion: weft.dev/v1\nkind: DataProduct\nmetadata: {name: shop, owner: shop@example.com}\n"
SPEC = HEAD + "spec:\n  contracts:\n    - {name: order-schema, version: '1.0.0', schema: schemas/order-schema.json}\n"


def folder_of(path: Path) -> dict[str, bytes]:
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file() and not {"inbox", ".weft"} & set(file.parts)
    }


@pytest.fixture(scope="session")
def bank_files() -> Mapping[str, bytes]:
    return folder_of(ROOT / "examples/bank")


@pytest.fixture
def shop() -> Callable[..., Reading]:
    """Reads a small mesh: the product's YAML, the contract, and any other files by path."""

    def read(product: str = SPEC, *, schema: Any = ORDER, **others: str) -> Reading:
        texts = {PRODUCT: product, SCHEMA: schema if isinstance(schema, str) else json.dumps(schema, indent=2)}
        texts |= {
            name.replace("__", "/").replace("_yaml", ".yaml").replace("_sql", ".sql"): text
            for name, text in others.items()
        }
        return read_mesh(
            {name: text.encode("utf-8", "surrogateescape") for name, text in texts.items()},
            "shop",
            filter_check=filters.check,
        )

    return read


@pytest.fixture(scope="session")
def compiled() -> Callable[..., CompiledContract]:
    """Compiles a schema for a table with these cleaning steps."""

    def compile_(schema: Any, clean: Mapping[str, tuple[str, ...]] | None = None) -> CompiledContract:
        text = schema if isinstance(schema, str) else json.dumps(schema)
        contract = Contract(name="c", version="1.0.0", schema=text, path="c.json")
        return compile_contract(contract, Table(name="t", layer="silver", clean=clean or {}))

    return compile_


@pytest.fixture(scope="session")
def payments(bank_files: Mapping[str, bytes], compiled: Callable[..., CompiledContract]) -> CompiledContract:
    return compiled(bank_files["domains/payments/schemas/payment-schema.json"].decode())
