"""`weft check` on 500 products, each in a file of its own with a contract of its own: the promise is under one second.

    python benchmarks/check_500.py [--rounds 5]

Measures `read_mesh` on 1,000 files held in memory, in CPU seconds; the median of the rounds is the figure.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from weft.contracts.reading import read_mesh
from weft.governance import filters

ROOT = Path(__file__).parents[1]
PAYMENTS = ROOT / "examples/bank/domains/payments"
PRODUCTS = 500
PROMISED_SECONDS = 1.0


def declared(products: int = PRODUCTS) -> dict[str, bytes]:
    """The brief's product and contract, many times under other names."""
    product = (PAYMENTS / "payments-data-product.yaml").read_text()
    schema = (PAYMENTS / "schemas/payment-schema.json").read_text()
    analytics = (PAYMENTS / "schemas/payment-analytics-schema.json").read_text()
    files = {
        name: (ROOT / "examples/bank" / name).read_text()
        for name in ("mesh.yaml", "identities.yaml", "policies/naming.yaml")
    }
    for number in range(products):
        word = "".join(chr(97 + number // 26**place % 26) for place in range(3))
        folder = f"domains/{word}"
        files[f"{folder}/product.yaml"] = (
            product.replace("payments-data-product", f"{word}-data-product")
            .replace("/payments/", f"/{word}/payments/")
            .replace("/payments\n", f"/{word}\n")
        )
        files[f"{folder}/schemas/payment-schema.json"] = schema.replace("Payment amount", f"Amount of {word}")
        files[f"{folder}/schemas/payment-analytics-schema.json"] = analytics
        files[f"{folder}/schemas/payments.graphql"] = ""
    return {name: text.encode() for name, text in files.items()}


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=5)
    rounds = arguments.parse_args().rounds
    files = declared()
    figures: list[float] = []
    for _ in range(rounds):
        before = time.process_time()
        reading = read_mesh(files, "bench", filter_check=filters.check)
        figures.append(time.process_time() - before)
        assert reading.mesh is not None, reading.errors[:3]
        assert len(reading.mesh.products) == PRODUCTS
    median = statistics.median(figures)
    print(
        json.dumps(
            {
                "name": "check_500",
                "cpu_seconds": round(median, 3),
                "promised": PROMISED_SECONDS,
                "kept": median < PROMISED_SECONDS,
            }
        )
    )


if __name__ == "__main__":
    main()
