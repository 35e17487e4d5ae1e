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
from weft.model.errors import Corrupt, Environment, Unavailable, WeftError

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


class told:  # noqa: N801 - reads as the verb it is: `with told(place):`
    """Turn what SQLite raises into what Weft promises to raise. A class, since each look-up enters one."""

    __slots__ = ("_place",)

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Raise ours from theirs."""
        ours = _ours(error, self._place) if isinstance(error, apsw.Error) else None
        if ours is not None:
            raise ours from error


def _ours(error: apsw.Error, place: str) -> WeftError | None:
    match error:
        case apsw.BusyError() | apsw.LockedError():
            return Unavailable(f"{place} is busy", hint="another process holds it: try again")
        case apsw.FullError():
            return Unavailable(f"{place} cannot grow: the disk is full", hint="free some space, then try again")
        case apsw.CorruptError() | apsw.NotADBError() | apsw.SQLError() | apsw.MismatchError() | apsw.ConstraintError():
            return Corrupt(f"{place} is not what was written: {error}", hint="restore it from a backup")
        case apsw.CantOpenError() | apsw.ReadOnlyError() | apsw.PermissionsError():
            return Environment(f"{place} cannot be opened: {error}", hint="check the folder's owner and rights")
        case apsw.IOError():
            return DiskFault(f"{place} cannot be read or written: {error}", hint="check the disk, then start again")
        case _:
            return None


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
def snapshot(connection: apsw.Connection) -> Generator[None]:
    """All reads inside see the file as it was at one moment, whatever others commit meanwhile."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    # Turning WAL on needs the file to itself, and SQLite answers "busy" at once, without patience, to whoever comes second.
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
