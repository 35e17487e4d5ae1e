"""In the running mesh: ingest-to-readable p95 < 1 s, and point reads p95 < 50 ms while 1,000,000 rows go in.

python benchmarks/running_mesh.py [--rows 1000000]
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

EXAMPLE = Path(__file__).parents[1] / "examples/bank/domains/payments/schemas/payment-schema.json"
PRODUCT = """
apiVersion: weft.dev/v1
kind: DataProduct
metadata: {name: payments-data-product, domain: payments, version: "1.0.0", owner: payments-team@banking.com}
spec:
  sources: {files: {path: inbox, format: ndjson, table: payment}}
  contracts:
    - {name: payment-schema, version: "1.0.0", schema: payment-schema.json}
  access:
    - {role: payments-team, permissions: [read, write, admin]}
"""
PEOPLE = """
apiVersion: weft.dev/v1
kind: Identities
spec: {users: [{id: paula, name: Paula, roles: [payments-team]}]}
"""
SINGLES = 150
WEFT = str(Path(sys.executable).with_name("weft"))


def payment(chance: random.Random) -> dict:
    return {
        "payment_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "customer_id": chance.randrange(1, 100_000),
        "amount": chance.randrange(1, 1_000_000) / 100,
        "currency": chance.choice(["EUR", "USD", "GBP"]),
        "status": "PENDING",
        "payment_method": {"type": "CARD", "last_four": "4242"},
        "created_at": "2026-11-20T10:00:00Z",
    }


class Caller:
    """Calls the mesh as one client with an API key."""

    def __init__(self, address: str, key: str) -> None:
        self.base = f"{address}/api/v1/products/payments-data-product"
        self.key = key

    def call(self, path: str, body: object = None) -> dict:
        """The JSON answer of a GET, or of a POST where there is a body."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(self.base + path, data, headers), timeout=30) as answer:
            return json.load(answer)


def is_there(caller: Caller, key: str) -> bool:
    """Whether a payment is readable by its key."""
    try:
        caller.call(f"/payment/{key}")
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return False
    return True


def until_readable(caller: Caller, chance: random.Random) -> tuple[float, float]:
    """Seconds from sending a payment until it is readable by key, and until it is in a list out of the table."""
    row = payment(chance)
    began = time.perf_counter()
    caller.call("/ingest/payment", row)
    while not is_there(caller, row["payment_id"]):
        time.sleep(0.001)
    by_key = time.perf_counter() - began
    while not caller.call(f"/payment?payment_id={row['payment_id']}")["items"]:
        time.sleep(0.005)
    return by_key, time.perf_counter() - began


def percentiles(values: list[float]) -> str:
    cuts = statistics.quantiles(values, n=100)
    return f"p50 {cuts[49] * 1e3:.1f} ms, p95 {cuts[94] * 1e3:.1f} ms, p99 {cuts[98] * 1e3:.1f} ms (n={len(values)})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    chance = random.Random(5)
    folder = Path(tempfile.mkdtemp(prefix="weft-bench-"))
    (folder / "inbox").mkdir()
    (folder / "payments.yaml").write_text(PRODUCT)
    (folder / "people.yaml").write_text(PEOPLE)
    (folder / "mesh.yaml").write_text(
        "apiVersion: weft.dev/v1\nkind: Mesh\nmetadata: {name: bench}\nspec: {environments: {local: {keys: 'file:%s'}}}\n"
        % (folder / "keys")
    )
    shutil.copyfile(EXAMPLE, folder / "payment-schema.json")
    subprocess.run([WEFT, "-C", str(folder), "apply", "--yes"], check=True, capture_output=True)
    key = subprocess.run(
        [WEFT, "-C", str(folder), "access", "key", "paula"], check=True, capture_output=True, text=True
    ).stdout.split()[-1]
    mesh = subprocess.Popen(
        [WEFT, "-C", str(folder), "up", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        address = next(word.rstrip("/") for line in mesh.stdout for word in line.split() if word.startswith("http://"))
        measure(Caller(address, key), folder, chance, rows)
    finally:
        mesh.terminate()
        mesh.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def measure(caller: Caller, folder: Path, chance: random.Random, rows: int) -> None:
    time.sleep(2)
    times = [until_readable(caller, chance) for _ in range(SINGLES)]
    print(f"ingest to readable by key   {percentiles([key for key, _ in times])}")
    print(f"ingest to readable in table {percentiles([table for _, table in times])}   promised: p95 < 1000 ms")
    known = [payment(chance) for _ in range(500)]
    caller.call("/ingest/payment", known)
    unfinished = folder / "inbox" / "bulk.ndjson.tmp"
    with unfinished.open("w") as file:
        file.writelines(json.dumps(payment(chance)) + "\n" for _ in range(rows))
    time.sleep(3)
    unfinished.rename(unfinished.with_suffix(""))
    began, reads, due = time.perf_counter(), list[float](), rows + len(known) + SINGLES
    while True:
        start = time.perf_counter()
        caller.call(f"/payment/{chance.choice(known)['payment_id']}")
        reads.append(time.perf_counter() - start)
        if len(reads) % 100 == 0:
            live = next(table for table in caller.call("/live")["tables"] if table["name"] == "payment")
            if (live["rows"] or 0) >= due:
                break
        time.sleep(0.005)
    print(
        f"{rows:,} rows through the inbox into silver in {time.perf_counter() - began:.1f} s (polling and settling included)"
    )
    print(f"point reads meanwhile       {percentiles(reads)}   promised: p95 < 50 ms")


if __name__ == "__main__":
    main()
