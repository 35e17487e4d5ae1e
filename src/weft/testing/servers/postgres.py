"""PostgreSQL from Debian's package or the PATH, and a fresh database for each test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from weft._kit.clock import SystemIds
from weft.testing.servers.process import Program, ServerFailed, free_port, let_go, stop, wait_until
from weft.testing.servers.shared import Running, Server

_TRIES = 3
_KNOWS_STRATEGY = 150_000


class Postgres(Server):
    """Keeps nothing when the machine loses power (`fsync=off`): tests of that start their own."""

    name = "postgres"

    def missing(self) -> str:
        if _programs() is None:
            return "PostgreSQL's initdb and postgres are not on this machine: apt-get install postgresql-15"
        return ""

    def start(self, folder: Path) -> Running:
        programs = _programs()
        if programs is None:
            raise ServerFailed(self.missing())
        data = folder / "pg"
        account = _account(folder)
        _initialise(programs, data, account)
        for attempt in range(_TRIES):
            try:
                return _serve(programs, data, account)
            except ServerFailed:
                # Between our look and its start, another process may have taken the port.
                if attempt == _TRIES - 1:
                    raise
        raise ServerFailed("unreachable")


@contextmanager
def database(running: Running) -> Generator[str]:
    """The URL of a new, empty database that goes when the block ends."""
    name = f"t{SystemIds().new().replace('-', '')}"
    with psycopg.connect(_url(running.port, "postgres"), autocommit=True) as admin:
        # Copying files is three times as quick as writing each page to the WAL, which older ones do not know either.
        strategy = SQL(" STRATEGY file_copy" if admin.info.server_version >= _KNOWS_STRATEGY else "")
        admin.execute(SQL("CREATE DATABASE {} TEMPLATE template0{}").format(Identifier(name), strategy))
        try:
            yield _url(running.port, name)
        finally:
            admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def _url(port: int, name: str) -> str:
    return f"postgresql://postgres@127.0.0.1:{port}/{name}"


def _programs() -> Path | None:
    """The folder of initdb and postgres."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    found = [*debian[-1:], *([Path(on_path).resolve()] if on_path else [])]
    return next((path.parent for path in found if (path.parent / "postgres").exists()), None)


def _account(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: then it runs as nobody, who must own its folder."""
    if os.getuid() != 0:
        return None
    shutil.chown(folder, "nobody")
    return "nobody"


def _initialise(programs: Path, data: Path, account: str | None) -> None:
    log = data.parent / "initdb.log"
    command = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"]
    child = Program(command=[*command, "--no-sync", "-E", "UTF8", "--locale=C"], log=log, user=account).start()
    try:
        child.wait(timeout=120)
    except subprocess.TimeoutExpired:
        stop(child.pid)
    if child.wait() != 0:
        raise ServerFailed(f"initdb ended with {child.returncode}:\n{log.read_text(errors='replace')}")


def _serve(programs: Path, data: Path, account: str | None) -> Running:
    port = free_port()
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
        "wal_level": "logical",
        "shared_buffers": "32MB",
    }
    command = [str(programs / "postgres"), "-D", str(data), "-p", str(port)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    program = Program(command=command, log=data.parent / "postgres.log", user=account)
    child = program.start()
    wait_until(lambda: _answers(port), child, log=program.log)
    return Running(pid=let_go(child), port=port)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            pass
        psycopg.connect(_url(port, "postgres"), connect_timeout=2).close()
    except (OSError, psycopg.OperationalError):
        return False
    return True
