"""Writers of the log and the state killed at random moments: what was acknowledged is there, once, and nothing is half there."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from weft.backends.event_logs.file import FileLog
from weft.backends.state_stores.sqlite import SqliteState
from weft.testing.event_log import event, read_all

KILLS = 100 if os.environ.get("CI") else 6

WRITER = textwrap.dedent("""
    import asyncio, sys
    from pathlib import Path
    from weft.backends.event_logs.file import FileLog
    from weft.backends.state_stores.sqlite import SqliteState
    from weft.ports.state_store import Put
    from weft.testing.event_log import event

    async def main(folder, run):
        log, state = FileLog.open("file:", folder), SqliteState.open("sqlite:", folder)

        async def append(caller):
            for number in range(10**9):
                name = run * 1_000_000 + caller * 100_000 + number
                token, batch = str(name), [event(name)] * (name % 3 + 1)
                await log.append("t", batch, once=token)
                await log.append("t", batch, once=token)
                sys.stdout.write(f"log {name}\\n")
                await state.commit([Put("a", token, b"1"), Put("b", token, b"1")], relaxed=name % 2 == 0)
                sys.stdout.write(f"state {name}\\n")
                sys.stdout.flush()

        await asyncio.gather(*map(append, range(8)))

    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
""")


def killed(folder, run, seconds):
    """What a writer that is killed after some seconds of writing had acknowledged."""
    command = [sys.executable, "-c", WRITER, str(folder), str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        first = writer.stdout.readline()
        time.sleep(seconds)
        writer.send_signal(signal.SIGKILL)
        lines = (first + writer.stdout.read()).split("\n")[:-1]
    assert writer.returncode == -signal.SIGKILL
    return [line.split() for line in lines]


@pytest.mark.crash
async def test_what_was_acknowledged_survives_every_kill(tmp_path):
    chance, told = random.Random(11), []
    for run in range(KILLS):
        told += await asyncio.to_thread(killed, tmp_path, run, chance.expovariate(20))
    log, state = FileLog.open("file:", tmp_path), SqliteState.open("sqlite:", tmp_path)
    records = await read_all(log, "t")
    left, right = [{key for key, _ in await state.scan(space, limit=10**6)} for space in "ab"]
    await log.close()
    await state.close()

    counts = {}
    for record in records:
        counts[record.event.data.decode()] = counts.get(record.event.data.decode(), 0) + 1
    assert [record.offset for record in records] == list(range(len(records)))
    assert all(record.event == event(int(record.event.data)) for record in records)
    assert {name: int(name) % 3 + 1 for name in counts} == counts
    assert {name for kind, name in told if kind == "log"} <= counts.keys()
    assert {name for kind, name in told if kind == "state"} <= left
    assert left == right
    assert len(told) > KILLS
