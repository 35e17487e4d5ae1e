"""The log on disk: what a torn, flipped or foreign file does, and that other processes may write too."""

import asyncio
import json
import random
import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import timedelta

import apsw
import pytest

from weft.backends.event_logs import ledger
from weft.backends.event_logs.blocks import micros, pack
from weft.backends.event_logs.file import FileLog
from weft.backends.sqlite import database
from weft.model.errors import Corrupt, Environment, InvalidInput, Unavailable
from weft.model.event import Position
from weft.testing.event_log import NOON, event, events, read_all

TOPIC = "bank/payment"


async def fill(folder, *, appends=40):
    """A closed log with single events and batches; its file, and the events in it."""
    log = FileLog.open("file:", folder)
    written = []
    for number in range(appends):
        batch = events(1 + number % 7 * 9, start=len(written))
        await log.append(TOPIC, batch)
        written.extend(batch)
    await log.close()
    return folder / "log" / "events.db", written


async def read_or_refuse(folder, *, page_size=25):
    """What a log still serves, and the error that ended it, if any."""
    log = FileLog.open("file:", folder)
    served, position = [], Position()
    try:
        while page := await log.read(TOPIC, position, limit=page_size):
            served.extend(record.event for record in page)
            assert [record.offset for record in page] == list(range(position.next(), position.next() + len(page)))
            position = position.after(page[-1])
    except (Corrupt, Environment) as error:
        return served, error
    finally:
        await log.close()
    return served, None


async def test_a_flipped_bit_is_never_served(tmp_path):
    file, written = await fill(tmp_path / "whole")
    whole, chance, found = file.read_bytes(), random.Random(7), 0
    copy = tmp_path / "copy" / "log" / "events.db"
    copy.parent.mkdir(parents=True)
    for _ in range(150):
        spoilt = bytearray(whole)
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
        copy.write_bytes(spoilt)
        served, error = await read_or_refuse(tmp_path / "copy")
        assert served == written[: len(served)]
        assert error or served == written
        found += error is not None
    assert found > 20


async def test_a_flipped_bit_in_an_event_is_told_with_topic_and_offset(tmp_path):
    file, _ = await fill(tmp_path)
    connection = apsw.Connection(str(file))
    connection.execute(
        "UPDATE block SET body = CAST(replace(CAST(body AS TEXT), 'row.received', 'row.Received') AS BLOB) WHERE place & 0xffff = 11"
    )
    connection.close()
    served, error = await read_or_refuse(tmp_path, page_size=1)
    assert len(served) == 11
    assert isinstance(error, Corrupt)
    assert f"topic '{TOPIC}' at offset 11: its checksum is off" in str(error)


@pytest.mark.parametrize(
    ("damage", "offset"),
    [
        ("DELETE FROM block WHERE place = (SELECT max(place) FROM block)", 1038),
        ("DELETE FROM block WHERE place & 0xffff = 11", 11),
        ("UPDATE block SET place = place + 1 WHERE place & 0xffff = 11", 11),
        ("UPDATE topic SET next = next - 1", None),
        ("UPDATE topic SET name = 'another'", None),
        ("DELETE FROM topic", None),
        ("UPDATE topic SET next = next + 1", None),
    ],
)
async def test_a_lost_block_or_topic_is_told(tmp_path, damage, offset):
    file, written = await fill(tmp_path)
    connection = apsw.Connection(str(file))
    connection.execute(damage)
    connection.close()
    served, error = await read_or_refuse(tmp_path)
    assert served == written[: len(served)]
    assert isinstance(error, Corrupt)
    assert offset is None or f"offset {offset}" in str(error)


async def test_a_torn_tail_leaves_a_whole_beginning(tmp_path):
    log = FileLog.open("file:", tmp_path / "whole")
    for number in range(12):
        await log.append(TOPIC, events(5, start=5 * number))
    folder = tmp_path / "whole" / "log"
    tail = (folder / "events.db-wal").read_bytes()
    for cut in random.Random(3).sample(range(len(tail)), 60):
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        (tmp_path / "copy" / "log").mkdir(parents=True)
        shutil.copy(folder / "events.db", tmp_path / "copy" / "log" / "events.db")
        (tmp_path / "copy" / "log" / "events.db-wal").write_bytes(tail[:cut])
        served, error = await read_or_refuse(tmp_path / "copy")
        assert error is None
        assert served == events(len(served))
        assert len(served) % 5 == 0
    await log.close()


async def test_a_log_goes_on_after_a_torn_tail(tmp_path):
    log = FileLog.open("file:", tmp_path)
    await log.append(TOPIC, events(5))
    tail = (tmp_path / "log" / "events.db-wal").read_bytes()
    shutil.copytree(tmp_path / "log", tmp_path / "torn" / "log", ignore=shutil.ignore_patterns("*-shm"))
    (tmp_path / "torn" / "log" / "events.db-wal").write_bytes(tail[:-1])
    torn = FileLog.open("file:", tmp_path / "torn")
    assert (await torn.append(TOPIC, events(3))).next == Position.at(3)
    assert [record.event for record in await read_all(torn, TOPIC)] == events(3)
    await torn.close()
    await log.close()


CHILD = textwrap.dedent("""
    import asyncio, sys
    from pathlib import Path
    from weft.backends.event_logs.file import FileLog
    from weft.testing.event_log import event

    async def main(folder, writer):
        log = FileLog.open("file:", Path(folder))
        async def append(number):
            batch = [event(number)] * (number % 4 + 1)
            print(number, len(batch), (await log.append("t", batch)).first.next())
        print("ready", flush=True)
        sys.stdin.readline()
        for start in range(0, 60, 6):
            await asyncio.gather(*(append(writer * 1000 + n) for n in range(start, start + 6)))
        await log.close()

    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
""")


def start_children(folder):
    """Processes that begin to append together."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(folder), str(writer)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for writer in range(3)
    ]
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    return children


async def test_several_processes_append_and_none_is_lost(tmp_path):
    children = await asyncio.to_thread(start_children, tmp_path)
    told = [line.split() for child in children for line in (await asyncio.to_thread(child.communicate))[0].splitlines()]
    assert [child.returncode for child in children] == [0, 0, 0]
    log = FileLog.open("file:", tmp_path)
    records = await read_all(log, "t")
    await log.close()
    assert len(told) == 180
    assert [record.offset for record in records] == list(range(sum(int(count) for _, count, _ in told)))
    for number, count, first in (map(int, line) for line in told):
        assert [records[first + n].event for n in range(count)] == [event(number)] * count


@pytest.mark.parametrize("moment", range(6))
async def test_a_topic_that_another_process_begins_while_it_is_looked_up_is_no_damage(tmp_path, moment):
    file, _ = await fill(tmp_path, appends=1)
    mine, rival = apsw.Connection(str(file)), apsw.Connection(str(file))
    statements = []

    def meanwhile(_cursor, sql, _bindings):
        statements.append(sql)
        if len(statements) == moment + 1:
            ledger.write(rival, [ledger.Append("new", pack(events(3)), once="", digest="")])
        return True

    mine.exec_trace = meanwhile
    assert ledger.end(mine, "new") in {0, 3}
    assert len(statements) > moment
    assert ledger.end(mine, "new") == 3
    mine.close()
    rival.close()


async def test_an_append_that_waits_for_another_process_does_not_hold_the_loop(tmp_path):
    log = FileLog.open("file:", tmp_path)
    await log.append("t", events(1))
    rival = apsw.Connection(str(tmp_path / "log" / "events.db"))
    rival.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(log.append("t", events(1)))
    for _ in range(50):
        await asyncio.sleep(0.001)
    assert not waiting.done()
    assert len(await log.read("t", Position())) == 1
    rival.execute("ROLLBACK")
    assert (await waiting).first == Position.at(1)
    rival.close()
    await log.close()


async def test_who_gives_up_waiting_for_another_process_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE", 0.01)
    log = FileLog.open("file:", tmp_path)
    await log.append("t", events(1))
    rival = apsw.Connection(str(tmp_path / "log" / "events.db"))
    rival.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="is busy"):
        await log.append("t", events(1))
    rival.close()
    assert (await log.append("t", events(1))).first == Position.at(1)
    await log.close()


async def test_a_disk_that_fails_ends_all_writing_until_the_log_is_opened_anew(tmp_path):
    log = FileLog.open("file:", tmp_path)
    await log.append("t", events(1))
    failing = iter([database.DiskFault("the disk failed")])
    writer = log._file._writer
    works, writer._commit = writer._commit, lambda works: (_ for _ in ()).throw(next(failing))
    with pytest.raises(Unavailable, match="the disk failed"):
        await log.append("t", events(1))
    writer._commit = works
    with pytest.raises(Unavailable):
        await log.append("t", events(1))
    assert len(await log.read("t", Position())) == 1
    await log.close()


async def test_an_append_here_wakes_without_looking_elsewhere(tmp_path):
    log = FileLog.open("file:", tmp_path)
    log._watch._changed = lambda: False
    waiting = asyncio.create_task(log.wait("t", Position(), seconds=90))
    await asyncio.sleep(0.01)
    await log.append("t", events(1))
    assert await asyncio.wait_for(waiting, 10)
    await log.close()


async def test_no_event_before_a_mark_is_as_late_as_the_mark(tmp_path):
    chance = random.Random(5)
    log = FileLog.open("file:", tmp_path)
    for number in range(60):
        late = timedelta(seconds=number * 3 - chance.randrange(20), microseconds=chance.randrange(10**6))
        await log.append("t", [replace(event(number), time=NOON + late)])
    times = [micros(record.event.time) for record in await read_all(log, "t")]
    await log.close()
    marks = apsw.Connection(str(tmp_path / "log" / "events.db")).execute("SELECT second, base FROM mark").fetchall()
    assert len(marks) > 20
    for second, base in marks:
        assert all(time < second * 1_000_000 for time in times[:base])
        assert times[base] >= second * 1_000_000


async def test_appends_that_wait_share_a_transaction(tmp_path):
    log = FileLog.open("file:", tmp_path)
    await log.append("t", events(1))
    await asyncio.gather(*(log.append("t", events(1)) for _ in range(500)))
    await log.close()
    connection = apsw.Connection(str(tmp_path / "log" / "events.db"))
    blocks = connection.execute("SELECT count(*) FROM block").get
    connection.close()
    assert blocks < 50


def test_an_old_sqlite_is_refused():
    with pytest.raises(Environment, match=r"SQLite 3.40.1 can corrupt its files \(pip install 'apsw>=3.51.3'\)"):
        database.require("3.40.1")
    database.require("3.51.3")


async def test_a_newer_format_is_refused_and_left_alone(tmp_path):
    file, _ = await fill(tmp_path, appends=1)
    connection = apsw.Connection(str(file))
    connection.pragma("user_version", len(ledger.STEPS) + 1)
    connection.close()
    before = file.read_bytes()
    _, error = await read_or_refuse(tmp_path)
    assert isinstance(error, Environment)
    assert "upgrade" in str(error)
    assert file.read_bytes() == before


async def test_a_file_that_is_no_log_is_refused(tmp_path):
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "events.db").write_text(json.dumps(["not", "a", "log"]) * 500)
    _, error = await read_or_refuse(tmp_path)
    assert isinstance(error, Corrupt)


@pytest.mark.parametrize("url", ["file:relative", "file://host/path", "file:?durability=memory", "file:?dura=os"])
def test_a_url_that_says_nothing_we_know_is_refused(tmp_path, url):
    with pytest.raises(InvalidInput):
        FileLog.open(url, tmp_path)
