"""Engines' own tables: old files are brought to today's format, newer ones are left alone, and a kill in between heals."""

import asyncio
import json
import subprocess
import sys
import textwrap

import apsw
import psycopg
import pytest

from weft.backends.migrations import Migration, pending
from weft.backends.postgresql.connections import Connections
from weft.backends.postgresql.migrate import migrate as migrate_postgresql
from weft.backends.sqlite.database import Database, migrate
from weft.backends.state_stores.postgresql import PostgresqlState
from weft.backends.state_stores.sqlite import SqliteState
from weft.model.errors import Corrupt, Environment
from weft.ports.state_store import Put

STEPS = tuple(
    Migration(
        name=f"step {number}",
        why="a test",
        sql=(f"CREATE TABLE made_{number} (x integer)", f"INSERT INTO made_{number} VALUES ({number})"),
    )
    for number in range(1, 6)
)


def test_what_is_pending_starts_after_what_is_held():
    assert [number for number, _ in pending(STEPS, 3, place="x")] == [4, 5]
    assert list(pending(STEPS, 5, place="x")) == []


def test_a_newer_format_is_refused_with_what_to_do():
    with pytest.raises(Environment, match=r"x has format 6, and this version of Weft knows formats up to 5.*upgrade"):
        pending(STEPS, 6, place="x")


@pytest.mark.parametrize("held", range(len(STEPS) + 1))
def test_a_file_of_any_older_format_comes_to_the_same(tmp_path, held):
    path = tmp_path / "a.db"
    Database(path=path, steps=STEPS[:held], page_size=4096).prepare()
    Database(path=path, steps=STEPS, page_size=4096).prepare()
    assert tables_of(path) == ([1, 2, 3, 4, 5], 5)


def test_a_step_that_fails_leaves_the_format_before_it(tmp_path):
    broken = Migration(name="broken", why="a test", sql=("CREATE TABLE made_3 (x)", "nonsense"))
    with pytest.raises(Corrupt):
        Database(path=tmp_path / "a.db", steps=(*STEPS[:2], broken), page_size=4096).prepare()
    assert tables_of(tmp_path / "a.db") == ([1, 2], 2)


KILLED = textwrap.dedent("""
    import json, os, signal, sys
    from pathlib import Path
    from weft.backends.migrations import Migration
    from weft.backends.sqlite.database import Database

    path, kill_at, *sql = sys.argv[1:]
    steps = tuple(Migration(name=str(n), why="a test", sql=tuple(json.loads(each))) for n, each in enumerate(sql))
    statements = [int(kill_at)]
    connect = Database.connect

    def counting(self):
        connection = connect(self)
        def trace(cursor, statement, bindings):
            statements[0] -= 1
            if statements[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return True
        connection.exec_trace = trace
        return connection

    Database.connect = counting
    Database(path=Path(path), steps=steps, page_size=4096).prepare()
""")


@pytest.mark.crash
def test_killed_before_any_statement_it_resumes(tmp_path):
    survived = 0
    for kill_at in range(1, 40, 3):
        path = tmp_path / f"{kill_at}.db"
        arguments = [str(path), str(kill_at), *(json.dumps(step.sql) for step in STEPS)]
        survived += subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False).returncode == 0
        Database(path=path, steps=STEPS, page_size=4096).prepare()
        assert tables_of(path) == ([1, 2, 3, 4, 5], 5)
    assert survived < 8


def test_many_processes_may_prepare_the_same_file(tmp_path):
    script = "import sys; from pathlib import Path; from weft.backends.state_stores.sqlite import SqliteState as S; S.open('sqlite:', Path(sys.argv[1]))._file._database.prepare()"
    children = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)]) for _ in range(4)]
    assert [child.wait() for child in children] == [0, 0, 0, 0]


def tables_of(path):
    """Which of the steps' tables there are, each filled once, and the format."""
    connection = apsw.Connection(str(path))
    try:
        names = connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'made_%' ORDER BY name").fetchall()
        filled = [connection.execute(f"SELECT x FROM {name}").get for (name,) in names]
        return filled, connection.pragma("user_version")
    finally:
        connection.close()


async def test_postgresql_of_any_older_format_comes_to_the_same(postgres):
    connections = Connections(postgres)
    for held in (0, 2, 2, 5):
        async with connections.lend() as connection:
            await migrate_postgresql(connection, STEPS[:held], place="x")
            rows = await (await connection.execute("SELECT version FROM weft.format ORDER BY 1")).fetchall()
        assert [version for (version,) in rows] == list(range(1, held + 1))
    await connections.close()


async def test_postgresql_of_a_newer_format_is_refused(postgres, tmp_path):
    state = PostgresqlState.open(postgres, tmp_path)
    await state.commit([Put("s", "k", b"1")])
    await state.close()
    with psycopg.connect(postgres) as admin:
        admin.execute("INSERT INTO weft.format VALUES (99)")
    newer = PostgresqlState.open(postgres, tmp_path)
    with pytest.raises(Environment, match="upgrade"):
        await newer.get("s", "k")
    await newer.close()


async def test_many_may_prepare_the_same_database(postgres, tmp_path):
    stores = [PostgresqlState.open(postgres, tmp_path) for _ in range(6)]
    await asyncio.gather(*(state.commit([Put("s", f"{n}", b"")]) for n, state in enumerate(stores)))
    assert await stores[0].count("s") == 6
    for state in stores:
        await state.close()


async def test_a_newer_sqlite_file_is_refused(tmp_path):
    state = SqliteState.open("sqlite:", tmp_path)
    await state.commit([Put("s", "k", b"1")])
    await state.close()
    connection = apsw.Connection(str(tmp_path / "state.db"))
    connection.pragma("user_version", 99)
    connection.close()
    newer = SqliteState.open("sqlite:", tmp_path)
    with pytest.raises(Environment, match="upgrade"):
        await newer.get("s", "k")
    await newer.close()


def test_migrating_twice_does_nothing(tmp_path):
    connection = apsw.Connection(str(tmp_path / "a.db"))
    for _ in range(2):
        migrate(connection, STEPS, place="x")
    connection.close()
    assert tables_of(tmp_path / "a.db") == ([1, 2, 3, 4, 5], 5)
