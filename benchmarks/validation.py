"""Validation of the brief's payment rows: ours against python-jsonschema, in one run on one core.

    uv run --with jsonschema python benchmarks/validation.py [--rows 20000] [--rounds 7]

Two figures. `validation`: decoded rows through the compiled contract's validator and through python-jsonschema with its
format checks, the promise being ten times. `end_to_end`: raw bytes to typed rows, decoding and conversion included.
Without jsonschema installed, the ratio is not printed. Rounds alternate, medians are compared.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from weft.contracts.schemas import validator
from weft.contracts.validator import compile_contract, parsed
from weft.model.product import Contract, Table

SCHEMA = Path(__file__).parents[1] / "examples/bank/domains/payments/schemas/payment-schema.json"
PROMISED_RATIO = 10
AIM_PER_SECOND = 250_000


def payments(count: int) -> list[bytes]:
    """Good payments as they come in."""
    chance = random.Random(1)
    return [
        json.dumps(
            {
                "payment_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
                "customer_id": chance.randrange(1, 10**6),
                "amount": chance.randrange(1, 10**6) / 100,
                "currency": chance.choice(["EUR", "USD", "GBP"]),
                "status": chance.choice(["PENDING", "PROCESSING", "COMPLETED"]),
                "payment_method": {"type": "CARD", "last_four": f"{chance.randrange(10**4):04d}"},
                "created_at": "2026-11-21T10:00:00Z",
                "updated_at": "2026-11-21T10:00:01.123456Z",
            }
        ).encode()
        for _ in range(count)
    ]


def seconds(work: Callable[[], object]) -> float:
    """The CPU seconds of one call."""
    before = time.process_time()
    work()
    return time.process_time() - before


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, default=20_000)
    arguments.add_argument("--rounds", type=int, default=7)
    asked = arguments.parse_args()
    schema = SCHEMA.read_text()
    contract = compile_contract(
        Contract(name="payment-schema", version="1.0.0", schema=schema, path=""), Table(name="payment", layer="silver")
    )
    raws = payments(asked.rows)
    ours, theirs = validator(parsed(schema)), _python_jsonschema(parsed(schema))
    exact = [json.loads(raw, parse_float=Decimal) for raw in raws]
    plain = [json.loads(raw) for raw in raws]
    work: dict[str, Callable[[], object]] = {
        "validation": lambda: [ours.is_valid(row) for row in exact],
        "end_to_end": lambda: [contract.check(raw).good for raw in raws],
    }
    if theirs is not None:
        # A tenth of the rows is enough for what takes ten times as long.
        work["python_jsonschema"] = lambda: [theirs(row) for row in plain[: asked.rows // 10]]
    figures: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(asked.rounds):
        for name, run in work.items():
            figures[name].append(seconds(run))
    rates = {
        name: asked.rows / (10 if name == "python_jsonschema" else 1) / statistics.median(found)
        for name, found in figures.items()
    }
    print(
        json.dumps(
            {
                "name": "validation",
                **{f"{name}_per_second": round(rate) for name, rate in rates.items()},
                **_verdict(rates),
            }
        )
    )


def _python_jsonschema(schema: dict[str, Any]) -> Callable[[Any], bool] | None:
    try:
        import jsonschema
    except ImportError:
        return None
    cls = jsonschema.validators.validator_for(schema)
    return cls(schema, format_checker=cls.FORMAT_CHECKER).is_valid


def _verdict(rates: dict[str, float]) -> dict[str, object]:
    if "python_jsonschema" not in rates:
        return {"ratio": "not measured: jsonschema is not installed"}
    ratio = rates["validation"] / rates["python_jsonschema"]
    return {
        "ratio": round(ratio, 1),
        "promised_ratio": PROMISED_RATIO,
        "kept": ratio >= PROMISED_RATIO,
        "aim_end_to_end_per_second": AIM_PER_SECOND,
    }


if __name__ == "__main__":
    main()
