"""Runs every benchmark, one after the other, and prints what each promises beside what was measured.

python benchmarks/run.py [NAME …]
"""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
NOT_ALONE = {"run.py"}


def main() -> int:
    wanted = set(sys.argv[1:])
    failed: list[str] = []
    for path in sorted(HERE.glob("*.py")):
        if path.name in NOT_ALONE or (wanted and path.stem not in wanted):
            continue
        title = (ast.get_docstring(ast.parse(path.read_text())) or path.stem).splitlines()[0]
        print(f"\n── {path.stem}: {title}", flush=True)
        began = time.monotonic()
        done = subprocess.run([sys.executable, str(path)], cwd=HERE.parent, check=False)
        print(f"   ({time.monotonic() - began:.0f} s)", flush=True)
        if done.returncode:
            failed.append(path.stem)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
