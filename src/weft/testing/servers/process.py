"""Child processes that serve: started in a group of their own, watched until they answer, stopped by their number."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_NAP = 0.02
_GRACE = 10.0
_LOG_TAIL = 2000


class ServerFailed(RuntimeError):
    """A server did not come up; holds the end of what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How a server is started: its command, the account it runs under, and the file that takes what it says."""

    command: Sequence[str]
    log: Path
    user: str | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, in a process group of its own, so that it and its children can be stopped together."""
        groups: list[int] | None = [] if self.user else None
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - the command is ours
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.user,
                extra_groups=groups,
                cwd=self.log.parent,
            )


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ready: Callable[[], bool], child: subprocess.Popen[bytes], *, log: Path, seconds: float = 60.0) -> None:
    """Return when the server answers; a dead or silent one raises ServerFailed at once or after `seconds`."""
    end = time.monotonic() + seconds
    while not ready():
        if child.poll() is not None or time.monotonic() > end:
            stop(child.pid)
            child.wait()
            said = log.read_text(errors="replace")[-_LOG_TAIL:]
            raise ServerFailed(f"{child.args!r} ended with {child.returncode}; it said:\n{said}")
        time.sleep(_NAP)


def let_go(child: subprocess.Popen[bytes]) -> int:
    """The number of a process that shall outlive this worker's interest in it."""
    # Popen warns when it is thrown away while its process runs, unless it believes that the process has ended.
    child.returncode = 0
    return child.pid


def stop(pid: int) -> None:
    """End a process group that `Program.start` began: politely, then after ten seconds by force."""
    end = time.monotonic() + _GRACE
    _signal(pid, signal.SIGTERM)
    while is_running(pid) and time.monotonic() < end:
        time.sleep(_NAP)
    _signal(pid, signal.SIGKILL)


def is_running(pid: int) -> bool:
    """Whether a process lives; one that has ended and was not yet fetched by its parent does not."""
    with suppress(ChildProcessError):  # then it is another worker's child, who will fetch it
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[:1] == ["Z"]


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return
