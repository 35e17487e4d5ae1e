"""1,000,000 payment lines from a file: checked, quarantined, in bronze and silver, fsynced. Promise: at most 4 s on two calm
cores, and at least 2.5 times as fast as LakeLogic in the same run.

    python benchmarks/bulk_ingest.py [--rows N] [--runs N] [--no-peer]

0.2 % of the lines are bad, in 32 ways, and 0.2 % are good but oddly spelled. LakeLogic gets the same lines less those that
are no JSON objects, which its reader cannot take, and a smaller contract: no formats, no times, no nested fields, no bronze, no sync.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

SCHEMA = Path(__file__).parents[1] / "examples/bank/domains/payments/schemas/payment-schema.json"
PEER = "lakelogic==1.84.0"
CURRENCIES = ["USD", "EUR", "GBP", "CHF", "JPY", "SEK"]
STATES = ["PENDING", "PROCESSING", "COMPLETED", "FAILED", "CANCELLED"]
METHODS = ["CARD", "ACH", "WIRE", "CHECK"]
PEER_CONTRACT = """
version: "1.0"
info: {{title: payment, owner: benchmark}}
model:
  fields:
    - {{name: payment_id, type: string, required: true}}
    - {{name: customer_id, type: integer, required: true}}
    - {{name: amount, type: float, required: true}}
    - {{name: currency, type: string, required: true}}
    - {{name: status, type: string, required: true}}
    - {{name: created_at, type: string, required: true}}
    - {{name: updated_at, type: string}}
quality:
  row_rules:
    - {{name: id, sql: "REGEXP_LIKE(payment_id, '^[0-9a-fA-F]{{8}}(-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}$')"}}
    - {{name: customer, sql: "customer_id >= 1"}}
    - {{name: amount, sql: "amount >= 0"}}
    - {{name: currency, sql: "REGEXP_LIKE(currency, '^[A-Z]{{3}}$')"}}
    - {{name: status, sql: "status IN ('PENDING','PROCESSING','COMPLETED','FAILED','CANCELLED')"}}
quarantine: {{enabled: true, target: "{folder}/quarantine"}}
materialization: {{strategy: append, target_path: "{folder}/silver", format: parquet}}
"""
PEER_RUN = """
import sys, time
began = time.perf_counter()
import polars as pl
from lakelogic import DataProcessor
loaded = time.perf_counter()
rows = pl.read_ndjson(sys.argv[1], ignore_errors=True)
result = DataProcessor(sys.argv[2], engine="polars").run(rows, materialize=True)
print("RESULT", time.perf_counter() - loaded, len(result.good), len(result.bad))
"""


def payment(chance):
    digits = f"{chance.getrandbits(128):032x}"
    day, second = divmod(chance.randrange(86400 * 20), 86400)
    moment = f"2026-11-{day + 1:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return {
        "payment_id": f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}",
        "customer_id": chance.randrange(1, 10**6),
        "amount": chance.randrange(10**7) / 100,
        "currency": chance.choice(CURRENCIES),
        "status": chance.choice(STATES),
        "payment_method": {"type": chance.choice(METHODS), "last_four": f"{chance.randrange(10**4):04}"},
        "created_at": f"{moment}Z",
        "updated_at": f"{moment}.{chance.randrange(10**6):06}Z",
    }


def wrong(field, value):
    return lambda row, _: line({**row, field: value})


def without(field):
    return lambda row, _: line({key: value for key, value in row.items() if key != field})


def respelled(old, new):
    return lambda row, _: line(row).replace(old, new, 1)


BAD = [
    *(without(field) for field in ("payment_id", "customer_id", "amount", "currency", "status", "created_at")),
    wrong("payment_id", "nope"), wrong("payment_id", 7), wrong("payment_id", None), wrong("customer_id", 0),
    wrong("customer_id", -5), wrong("customer_id", "7"), wrong("customer_id", 7.5), wrong("customer_id", value=True),
    wrong("amount", -0.01), wrong("amount", 0.001), wrong("amount", "19.99"), wrong("amount", None), wrong("currency", "usd"),
    wrong("currency", "USD\n"), wrong("currency", 978), wrong("status", "DONE"), wrong("status", ""),
    wrong("payment_method", {"type": "CASH"}), wrong("payment_method", {"last_four": "12345"}), wrong("payment_method", "CARD"),
    wrong("created_at", "2026-02-30T00:00:00Z"), wrong("created_at", "yesterday"), wrong("updated_at", 1763700000),
    lambda row, _: line(row)[: len(line(row)) // 2], respelled('"amount": ', '"amount": NaN, "was": '), lambda _row, _: "not json",
]  # fmt: skip
ODD = [
    without("updated_at"), without("payment_method"), wrong("payment_method", {}), wrong("amount", 7), respelled('": ', '":   '),
    lambda row, _: line(dict(reversed(row.items()))), wrong("note", {"of": ["another", 1]}), respelled('"currency"', '"curr\\u0065ncy"'),
    wrong("created_at", "2026-11-01T10:00:00+02:00"), respelled('"customer_id": ', '"customer_id": 1, "customer_id": '),
]  # fmt: skip


def line(row):
    return json.dumps(row)


def generate(path, rows, *, seed=7):
    """The file, how many of its rows are bad, and the lines that LakeLogic can read in a file beside it."""
    chance = random.Random(seed)
    bad = 0
    with path.open("w") as file, path.with_suffix(".peer").open("w") as peer:
        for number in range(rows):
            row, lot = payment(chance), chance.random()
            if lot < 0.002:
                text = BAD[bad % len(BAD)](row, chance)
                bad += 1
            elif lot < 0.004:
                text = ODD[number % len(ODD)](row, chance)
            else:
                text = json.dumps(row, separators=(",", ":"))
            file.write(text + "\n")
            if _is_object(text):
                peer.write(text + "\n")
    return bad


def _is_object(text):
    try:
        return isinstance(json.loads(text, parse_constant=lambda _: 1 / 0), dict)
    except (ValueError, ZeroDivisionError):
        return False


async def ours(path, folder):
    """One file through the bulk path, in the order in which the pipelines do it."""
    from weft._kit.clock import SystemClock
    from weft.backends.engines.duckdb import DuckdbEngine
    from weft.backends.table_stores.delta import DeltaTables
    from weft.contracts.columns import arrow_schema, columns_of
    from weft.contracts.quality import event_times
    from weft.contracts.validator import compile_contract, parsed
    from weft.model.event import Position
    from weft.model.product import Contract, Table
    from weft.pipelines.columnar.reader import BulkReader, Rules
    from weft.pipelines.columnar.rows import pieces
    from weft.pipelines.columnar.staged import Load
    from weft.ports.table_store import Append, Commit
    from weft.tables.layers import BRONZE, ORDER, QUARANTINE, silver_schema

    text = SCHEMA.read_text()
    schema = parsed(text)
    columns = columns_of(schema)
    contract = compile_contract(
        Contract(name="payment-schema", version="1.0.0", schema=text, path=""),
        Table(name="payment", layer="silver", columns=columns),
    )
    types, now = arrow_schema(columns), datetime.now(UTC)
    tables, reader = DeltaTables.open("file:", folder, clock=SystemClock()), BulkReader()
    await tables.create("p/bronze", BRONZE, partition_by=("_ingestion_date",), append_only=True)
    await tables.create("p/silver", silver_schema(types))
    await tables.create("p/quarantine", QUARANTINE)
    engine = DuckdbEngine()
    rules = Rules(
        schema=schema, columns=columns, types=types, judge=contract.check_many, times=event_times(columns), until=now,
        read=lambda lines: engine.read_json(lines, types),
        count=lambda rows: contract.count(rows, until=now),
    )  # fmt: skip
    load = Load(
        event="e", received=now, source="files", file=path.name, contract="payment-schema@1.0.0",
        bronze=BRONZE, silver=silver_schema(types), quarantine=QUARANTINE,
        bronze_staging=Path(tables.staging("p/bronze")), silver_staging=Path(tables.staging("p/silver")),
    )  # fmt: skip
    times = [time.perf_counter()]

    async def commit(name, write):
        await tables.commit(name, Commit(write=write, source="x", start=Position(), next=Position.at(1)))
        times.append(time.perf_counter())

    used = time.process_time()
    staged = await reader.stage(pieces(path), rules, load)
    times.append(time.perf_counter())
    await commit("p/bronze", staged.bronze)
    await commit("p/quarantine", Append(rows=staged.quarantine(0, now)))
    write = await staged.silver(0, ("payment_id",), ORDER)
    times.append(time.perf_counter())
    await commit("p/silver", write)
    stages = dict(
        zip(
            ("judge", "bronze", "quarantine", "silver files", "silver"),
            (b - a for a, b in pairwise(times)),
            strict=True,
        )
    )
    rows = {name: (await tables.snapshot(f"p/{name}")).rows for name in ("bronze", "silver", "quarantine")}
    report = {
        "seconds": times[-1] - times[0], "cpu": time.process_time() - used, "stages": stages, "rows": rows,
        "proven": staged.figures.proven, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }  # fmt: skip
    await reader.close()
    await engine.close()
    await tables.close()
    print(json.dumps(report))


def sync_p50(folder):
    """Milliseconds that this disk takes to sync 4 KiB."""
    spent = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(40):
            file.write(os.urandom(4096))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent)


def run_ours(path, folder):
    target = folder / "lake"
    child = subprocess.run(
        [sys.executable, __file__, "--child", str(path), str(target)], check=True, capture_output=True, text=True
    )
    shutil.rmtree(target)
    return json.loads(child.stdout.splitlines()[-1])


def peer_python():
    """LakeLogic in an environment of its own."""
    folder = Path(tempfile.gettempdir()) / "weft-benchmark-lakelogic"
    python = folder / "bin/python"
    if not python.exists():
        print(f"installing {PEER} into {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", PEER], check=True)
    return python


def run_peer(path, folder):
    target = folder / "peer"
    target.mkdir()
    (target / "contract.yaml").write_text(PEER_CONTRACT.format(folder=target))
    child = subprocess.run(
        [peer_python(), "-c", PEER_RUN, str(path.with_suffix(".peer")), str(target / "contract.yaml")],
        check=True, capture_output=True, text=True, env={**os.environ, "DO_NOT_TRACK": "1"},
    )  # fmt: skip
    shutil.rmtree(target)
    _, seconds, good, bad = next(text for text in child.stdout.splitlines() if text.startswith("RESULT")).split()
    return float(seconds), int(good), int(bad)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--no-peer", action="store_true")
    options.add_argument("--child", nargs=2)
    chosen = options.parse_args()
    if chosen.child:
        asyncio.run(ours(*map(Path, chosen.child)))
        return
    with tempfile.TemporaryDirectory(prefix="weft-bulk-") as name:
        measure(Path(name), chosen)


def measure(folder, chosen):
    path = folder / "payments.ndjson"
    bad = generate(path, chosen.rows)
    print(
        f"{chosen.rows:,} lines, {path.stat().st_size / 1e6:.0f} MB, {bad} bad; load {os.getloadavg()[0]:.1f}; fdatasync p50 {sync_p50(folder):.2f} ms"
    )
    # Ours and the peer take turns, so that a busy moment of the machine does not fall on one alone.
    found, peers = [], []
    for _ in range(chosen.runs):
        found.append(run_ours(path, folder))
        if not chosen.no_peer:
            peers.append(run_peer(path, folder))
    for report in found:
        assert report["rows"] == {"bronze": chosen.rows, "silver": chosen.rows - bad, "quarantine": bad}, report["rows"]
    middle = sorted(found, key=lambda report: report["seconds"])[len(found) // 2]
    for stage, seconds in middle["stages"].items():
        print(f"  {stage:14} {seconds:6.2f} s")
    print(
        f"weft           {middle['seconds']:6.2f} s (median of {len(found)}), {middle['cpu']:.2f} s of CPU, {middle['peak_mib']} MiB at most, {middle['proven']:,} rows proven"
    )
    if peers:
        seconds = statistics.median(seconds for seconds, _, _ in peers)
        print(f"LakeLogic      {seconds:6.2f} s, {peers[0][1]:,} good, {peers[0][2]:,} bad")
        print(f"ratio          {seconds / middle['seconds']:6.2f}")


if __name__ == "__main__":
    main()
