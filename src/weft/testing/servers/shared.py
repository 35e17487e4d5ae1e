"""One server for all workers of a test run: the first one starts it, the last one stops it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from weft.testing.servers.process import is_running, stop

_STATE = "running.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that answers: its process group, its port, and the processes that use it."""

    pid: int
    port: int
    users: tuple[int, ...] = ()


class Server(ABC):
    """A kind of server."""

    name: str

    @abstractmethod
    def missing(self) -> str:
        """Why it cannot be started on this machine, with what to install; empty when it can."""

    @abstractmethod
    def start(self, folder: Path) -> Running:
        """Start it with its data and logs in `folder`, and return when it answers."""


@contextmanager
def borrowed(server: Server, run: str) -> Generator[Running]:
    """The run's server of this kind, for the time of the block."""
    folder = _folder(run, server.name)
    with _locked():
        _clear_away()
        running = _join(server, folder)
    try:
        yield running
    finally:
        with _locked():
            _leave(folder, os.getpid())


def _root() -> Path:
    # Not below pytest's own folder: that one is closed to the account that a server run by root drops to.
    return Path(tempfile.gettempdir())


def _prefix() -> str:
    return f"weft-servers-{os.getuid()}"


def _folder(run: str, name: str) -> Path:
    safe = "".join(letter for letter in run if letter.isalnum())
    return _root() / f"{_prefix()}-{safe}" / name


def _join(server: Server, folder: Path) -> Running:
    running = _read(folder)
    if running is None:
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "data").mkdir(parents=True)
        running = server.start(folder / "data")
    joined = Running(pid=running.pid, port=running.port, users=(*running.users, os.getpid()))
    _write(folder, joined)
    return joined


def _leave(folder: Path, leaver: int | None) -> None:
    """Stop the server unless someone uses it still. A worker that was killed does not leave by itself, and counts no more."""
    running = _read(folder)
    users = [pid for pid in running.users if is_running(pid)] if running else []
    if leaver in users:
        users.remove(leaver)
    if running and users:
        _write(folder, Running(pid=running.pid, port=running.port, users=tuple(users)))
        return
    if running:
        stop(running.pid)
    shutil.rmtree(folder, ignore_errors=True)
    if folder.parent.exists() and not any(folder.parent.iterdir()):
        folder.parent.rmdir()


def _clear_away() -> None:
    """Stop what earlier runs left behind, whose workers were all killed."""
    for state in _root().glob(f"{_prefix()}-*/*/{_STATE}"):
        _leave(state.parent, None)


def _read(folder: Path) -> Running | None:
    """The server that runs, if it does."""
    if not (folder / _STATE).exists():
        return None
    held = json.loads((folder / _STATE).read_text(encoding="utf-8"))
    running = Running(pid=held["pid"], port=held["port"], users=tuple(held["users"]))
    return running if is_running(running.pid) and _works_in(running.pid, folder) else None


def _write(folder: Path, running: Running) -> None:
    (folder / _STATE).write_text(json.dumps(asdict(running)), encoding="utf-8")


def _works_in(pid: int, folder: Path) -> bool:
    """Whether a process is the one that was started in this folder, and not a later one that was given its number."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder.resolve())
    except OSError:
        # Where there is no /proc, the number has to do.
        return not Path("/proc/self").exists()


@contextmanager
def _locked() -> Generator[None]:
    """One at a time. The lock's file stays: who removed it would leave others waiting for a file without a name."""
    with (_root() / f"{_prefix()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
