"""How soon the command line answers: CPU seconds of `weft --help` (< 0.35) and `import weft` (< 0.05 above bare Python),
and wall seconds of `weft check` on 500 products (< 1). Medians of processes started one after the other.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WEFT = str(Path(sys.executable).with_name("weft"))
PRODUCTS = 500
ROUNDS = 7

_PRODUCT = """apiVersion: weft.dev/v1
kind: DataProduct
metadata: {{name: product-{n}, domain: domain-{d}, version: "1.0.0", owner: team-{d}@example.com}}
spec:
  sources: {{postgres: {{database: d{n}, tables: [things]}}}}
  contracts:
    - {{name: thing-{n}-schema, version: "1.0.0", schema: schemas/thing-{n}.json,
       quality: {{freshness: 1s, completeness: 100%, accuracy: 99.9%}}}}
  access:
    - {{role: team-{d}, permissions: [read, write, admin]}}
    - {{role: analysts, permissions: [read], rows: "status <> 'GONE'"}}
"""
_SCHEMA = {
    "type": "object",
    "required": ["thing_id", "status", "created_at"],
    "properties": {
        "thing_id": {"type": "string", "format": "uuid"},
        "status": {"type": "string", "enum": ["NEW", "OPEN", "GONE"]},
        "amount": {"type": "number", "minimum": 0, "multipleOf": 0.01},
        "note": {"type": "string", "maxLength": 200},
        "created_at": {"type": "string", "format": "date-time"},
    },
}


def taken(*command: str) -> tuple[float, float]:
    """Median CPU and wall seconds of a command."""
    cpu: list[float] = []
    wall: list[float] = []
    for _ in range(ROUNDS):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall.append(time.perf_counter() - began)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(cpu), statistics.median(wall)


def make_mesh(folder: Path) -> None:
    """A mesh of many products."""
    (folder / "mesh.yaml").write_text("apiVersion: weft.dev/v1\nkind: Mesh\nmetadata: {name: many}\n")
    for n in range(PRODUCTS):
        domain = folder / "domains" / f"domain-{n % 20}"
        (domain / "schemas").mkdir(parents=True, exist_ok=True)
        (domain / f"product-{n}.yaml").write_text(_PRODUCT.format(n=n, d=n % 20))
        (domain / "schemas" / f"thing-{n}.json").write_text(json.dumps(_SCHEMA, indent=2))


def main() -> None:
    """Measure and print."""
    bare, _ = taken(sys.executable, "-c", "pass")
    imported, _ = taken(sys.executable, "-c", "import weft")
    help_cpu, help_wall = taken(WEFT, "--help")
    with tempfile.TemporaryDirectory() as name:
        make_mesh(Path(name))
        check_cpu, check_wall = taken(WEFT, "check", name)
    print(
        f"import weft                 {(imported - bare) * 1000:6.0f} ms CPU above bare Python ({bare * 1000:.0f} ms)"
    )
    print(f"weft --help                 {help_cpu * 1000:6.0f} ms CPU  {help_wall * 1000:6.0f} ms wall")
    print(f"weft check, {PRODUCTS} products   {check_cpu * 1000:6.0f} ms CPU  {check_wall * 1000:6.0f} ms wall")


if __name__ == "__main__":
    main()
