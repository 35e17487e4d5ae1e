"""One SQLite file, opened the same way by every engine, with SQLite's errors told as ours."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import apsw

from weft.backends.durable import make_folder
from weft.backends.migrations import Migration, pending
from weft.model.errors import Corrupt, Environment, Unavailable

LEAST = (3, 51, 3)
"""Older versions can corrupt a WAL file that two processes checkpoint (sqlite.org/wal.html, the WAL-reset bug)."""

Synchronous = Literal["FULL", "NORMAL"]

PATIENCE = 30.0
"""Seconds to wait for another process's transaction."""

_NAP = 0.001


def require(version: str) -> None:
    """Refuse a SQLite that may corrupt what it keeps."""
    if tuple(int(part) for part in version.split(".")) < LEAST:
        least = ".".join(map(str, LEAST))
        raise Environment(f"SQLite {version} can corrupt its files", hint=f"pip install 'apsw>={least}'")


class DiskFault(Unavailable):
    """The disk failed under a write: what it holds is unknown until the file is opened anew. Never write on."""


@contextmanager
def told(place: str) -> Generator[None]:
    """Turn what SQLite raises into what Weft promises to raise."""
    try:
        yield
    except (apsw.BusyError, apsw.LockedError) as error:
        raise Unavailable(f"{place} is busy", hint="another process holds it: try again") from error
    except apsw.FullError as error:
        raise Unavailable(f"{place} cannot grow: the disk is full", hint="free some space, then try again") from error
    except (apsw.CorruptError, apsw.NotADBError, apsw.SQLError, apsw.MismatchError, apsw.ConstraintError) as error:
        raise Corrupt(f"{place} is not what was written: {error}", hint="restore it from a backup") from error
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError) as error:
        raise Environment(f"{place} cannot be opened: {error}", hint="check the folder's owner and rights") from error
    except apsw.IOError as error:
        raise DiskFault(
            f"{place} cannot be read or written: {error}", hint="check the disk, then start again"
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A SQLite file and what its engine asks of it."""

    path: Path
    steps: tuple[Migration, ...]
    page_size: int
    """What the smallest commit writes and syncs, twice or more: small pages for small commits."""
    synchronous: Synchronous = "FULL"

    def prepare(self) -> None:
        """Make the file and bring its tables to today's format. Any number of processes may do so at once."""
        require(apsw.sqlite_lib_version())
        make_folder(self.path.parent)
        with told(str(self.path)), _alone(self.path.parent), closing(self.connect()) as connection:
            connection.pragma("journal_mode", "WAL")
            migrate(connection, self.steps, place=str(self.path))

    def connect(self) -> apsw.Connection:
        """A connection for one thread at a time."""
        with told(str(self.path)):
            connection = apsw.Connection(str(self.path))
            connection.set_busy_handler(_wait)
            connection.pragma("page_size", self.page_size)
            connection.pragma("synchronous", self.synchronous)
            connection.wal_autocheckpoint(2000)
        return connection


def _wait(tries: int) -> bool:
    # SQLite's own handler backs off to 100 ms, which starves a process whose rivals commit every millisecond.
    time.sleep(_NAP)
    return tries * _NAP < PATIENCE


def migrate(connection: apsw.Connection, steps: Sequence[Migration], *, place: str) -> None:
    """Run the steps that are still due, each in a transaction that also records it: a kill in between loses nothing."""
    held = connection.pragma("user_version")
    for number, step in pending(steps, int(str(held)), place=place):
        with transaction(connection):
            for statement in step.sql:
                connection.execute(statement)
            connection.pragma("user_version", number)


@contextmanager
def transaction(connection: apsw.Connection) -> Generator[None]:
    """Everything inside happens or nothing; other writers wait from the first line on."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    # Turning WAL on needs the file to itself, and SQLite answers "busy" at once, without patience, to whoever comes second.
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
