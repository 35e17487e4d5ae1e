"""A writer that is killed at random moments loses no acknowledged commit, doubles none, and leaves a table that is whole."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from deltalake import DeltaTable

from weft._kit.clock import SystemClock
from weft.backends.table_stores.delta import DeltaTables
from weft.testing.table_store import NAME, read

sys.path.insert(0, str(Path(__file__).parent))
from table_writer import expected

KILLS = int(os.environ.get("WEFT_TABLE_KILLS", "8"))
MOST = 0.25
"""Seconds after its first word at which a writer dies at the latest."""


def acknowledged_by_a_killed_writer(folder, delay):
    """The last position that a writer told before it was killed."""
    script = Path(__file__).parent / "table_writer.py"
    with subprocess.Popen([sys.executable, str(script), str(folder)], stdout=subprocess.PIPE, text=True) as child:
        said = [child.stdout.readline()]
        threading.Timer(delay, child.send_signal, [signal.SIGKILL]).start()
        said.extend(child.stdout)
    whole = [line for line in said if line.endswith("\n")]
    return int(whole[-1])


@pytest.mark.crash
@pytest.mark.slow
async def test_a_killed_writer_loses_and_doubles_nothing(tmp_path):
    seed = int(os.environ.get("WEFT_SEED", str(random.randrange(2**32))))
    print(f"WEFT_SEED={seed}")
    chance = random.Random(seed)
    for _ in range(KILLS):
        told = acknowledged_by_a_killed_writer(tmp_path, chance.uniform(0, MOST))
        tables = DeltaTables.open("file:", tmp_path, clock=SystemClock())
        snapshot = await tables.snapshot(NAME)
        position = snapshot.positions["topic"].next()
        found = read(snapshot)
        assert position >= told
        assert len(found) == len({row["id"] for row in found}) == snapshot.rows
        assert {row["id"]: row["value"] for row in found} == expected(position)
        assert await tables.verify(NAME) == []
        assert DeltaTable(tmp_path / "tables" / NAME).transaction_version("topic") == position
        await tables.close()
