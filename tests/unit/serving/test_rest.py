"""Data over REST: rows in, rows out, pages, searches, conditions, and what an error looks like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Good = Callable[..., dict[str, Any]]
BASE = "/api/v1/products/payments-data-product"


async def test_a_row_that_was_sent_can_be_read_back(world: Any, good: Good) -> None:
    sent = await world.post(f"{BASE}/ingest/payment", good(1))
    assert sent.status_code == 202, sent.text
    assert sent.json() == {
        "received": 1,
        "accepted": 1,
        "quarantined": 0,
        "position": "1",
        "repeated": False,
        "problems": [],
    }
    found = await world.get(f"{BASE}/payment/p1", **{"weft-position": sent.headers["weft-position"]})
    assert found.status_code == 200
    assert found.json() == good(1)
    assert found.headers["weft-position"] == "1"
