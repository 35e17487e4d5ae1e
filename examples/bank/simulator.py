"""A bank that never closes: sends payments to the mesh over HTTP as its services would, some of them broken.

Needs nothing but Python. `weft demo` starts it; by hand: WEFT_URL=… WEFT_KEY=… python simulator.py [--seconds 60]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
import urllib.error
import urllib.request
import uuid
from collections import deque
from datetime import UTC, datetime

STATUSES = ("PENDING", "PROCESSING", "COMPLETED", "FAILED", "CANCELLED")
NEXT = {"PENDING": ("PROCESSING",), "PROCESSING": ("COMPLETED", "COMPLETED", "COMPLETED", "FAILED", "CANCELLED")}
PAYMENT = ("payments-data-product", "payment")
ALERT = ("fraud-data-product", "alert")
CUSTOMER = ("customers-data-product", "customer")
OTHERS = 0.03
"""How often an alert and a change of a customer go with the payments."""
FIRST = ("Hugo", "Olga", "Bruno", "Mira", "Jonas", "Elif", "Piotr", "Ines")
LAST = ("Novak", "Weber", "Lopez", "Haas", "Berg", "Demir", "Rossi", "Kask")
CURRENCIES = ("EUR", "EUR", "EUR", "USD", "USD", "GBP", "CHF", "JPY")


def now() -> str:
    """The present as the contract wants it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Bank:
    """Payments that begin, move on and end."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.open: deque[dict] = deque(maxlen=500)

    def payment(self) -> dict:
        """A new payment, or the next state of an open one."""
        if self.open and self.chance.random() < 0.45:
            payment = dict(self.open.popleft())
            payment["status"] = self.chance.choice(NEXT[payment["status"]])
            payment["updated_at"] = now()
        else:
            payment = self._fresh()
        if payment["status"] in NEXT:
            self.open.append(payment)
        return payment

    def _fresh(self) -> dict:
        kind = self.chance.choice(("CARD", "CARD", "ACH", "WIRE"))
        method = (
            {"type": kind, "last_four": f"{self.chance.randrange(10_000):04d}"} if kind == "CARD" else {"type": kind}
        )
        return {
            "payment_id": str(uuid.UUID(int=self.chance.getrandbits(128), version=4)),
            "customer_id": 1 + int(self.chance.paretovariate(1.2)) % 60,
            "amount": round(min(self.chance.lognormvariate(4.2, 1.1), 25_000), 2),
            "currency": self.chance.choice(CURRENCIES),
            "status": "PENDING",
            "payment_method": method,
            "created_at": now(),
            "updated_at": now(),
        }

    def broken(self) -> dict:
        """A payment as a faulty service would send it."""
        payment = self._fresh()
        fault = self.chance.choice(("currency", "amount", "missing", "id", "status", "time"))
        if fault == "currency":
            payment["currency"] = payment["currency"].lower()
        elif fault == "amount":
            payment["amount"] = -payment["amount"]
        elif fault == "missing":
            del payment["customer_id"]
        elif fault == "id":
            payment["payment_id"] = payment["payment_id"][:-3]
        elif fault == "status":
            payment["status"] = "DONE"
        else:
            payment["created_at"] = "yesterday"
        return payment

    def alert(self) -> dict:
        """Fraud detection finds something."""
        return {
            "alert_id": str(uuid.UUID(int=self.chance.getrandbits(128), version=4)),
            "payment_id": str(uuid.UUID(int=self.chance.getrandbits(128), version=4)),
            "score": min(100, int(self.chance.betavariate(2, 2) * 100)),
            "reason": self.chance.choice(("AMOUNT", "VELOCITY", "COUNTRY", "DEVICE", "PATTERN")),
            "rules": self.chance.sample(["R-101", "R-117", "R-204", "R-330"], 2),
            "created_at": now(),
        }

    def customer(self) -> dict:
        """Someone moves house, or changes the telephone."""
        number = 1 + self.chance.randrange(60)
        first, last = self.chance.choice(FIRST), self.chance.choice(LAST)
        return {
            "customer_id": number,
            "full_name": f"{first} {last}",
            "email": f"{first}.{last}{number}@example.com".lower(),
            "phone": f"+49 {self.chance.randrange(100, 999)} {self.chance.randrange(10**6, 10**7)}",
            "national_id": f"DE{self.chance.randrange(10**7, 10**8)}",
            "country": "DE",
            "segment": "RETAIL",
            "status": "ACTIVE",
            "address": {"street": f"{last} street {number}", "city": "Berlin", "postal_code": "10115"},
            "created_at": "2024-03-01T09:00:00Z",
            "updated_at": now(),
        }


def send(url: str, key: str, target: tuple[str, str], rows: list[dict]) -> dict:
    """Post rows to a table of a product."""
    product, table = target
    request = urllib.request.Request(  # noqa: S310 - the address is the mesh's own
        f"{url}/api/v1/products/{product}/ingest/{table}",
        data=json.dumps(rows).encode(),
        headers={"Content-Type": "application/json", "X-API-Key": key, "Idempotency-Key": str(uuid.uuid4())},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
        return json.load(answer)


def main() -> None:
    """Send until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.0, help="stop after so long; 0 goes on")
    parser.add_argument("--rate", type=float, default=12.0, help="payments a second")
    parser.add_argument("--bad", type=float, default=0.03, help="share of broken payments")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    bank = Bank(chance)
    url, key = os.environ["WEFT_URL"], os.environ["WEFT_KEY"]
    ends = time.monotonic() + chosen.seconds if chosen.seconds else float("inf")
    while time.monotonic() < ends:
        count = 1 + int(chance.expovariate(1.0) * 2)
        rows = [bank.broken() if chance.random() < chosen.bad else bank.payment() for _ in range(count)]
        due = [(PAYMENT, rows)]
        if chance.random() < OTHERS:
            due += [(ALERT, [bank.alert()]), (CUSTOMER, [bank.customer()])]
        try:
            for target, sent in due:
                send(url, key, target, sent)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(1.0)
        time.sleep(count / chosen.rate)


if __name__ == "__main__":
    main()
