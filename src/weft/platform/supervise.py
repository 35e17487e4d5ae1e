"""A running mesh: the door in this process, the worker in another that is started, watched, restarted and drained."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import msgspec

from weft._kit.hosts import in_url
from weft._kit.lock import FileLock
from weft.model.errors import Conflict, InvalidInput, WeftError
from weft.pipelines.follow import Follower
from weft.platform.bind import Bind
from weft.platform.desk import make_desk
from weft.platform.node import Node
from weft.platform.workspace import state_folder
from weft.serving.http.app import build_app
from weft.serving.http.certificate import Certificate
from weft.serving.http.server import serve
from weft.telemetry.logs import Log

_RUN_FILE = "run.json"
_LOCK = "up.lock"
_BACKOFF = (0.2, 1.0, 5.0)
_DRAIN = 10.0
_LOOK = 0.5


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """What a running mesh says of itself to other processes of this machine."""

    pid: int
    address: str
    started: str
    environment: str


def running(folder: Path) -> Running | None:
    """The mesh that runs from this folder, if one does."""
    try:
        found = msgspec.json.decode((state_folder(folder) / _RUN_FILE).read_bytes(), type=Running)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    lock = FileLock(state_folder(folder) / _LOCK)
    if lock.acquire():  # nobody holds it: the note was left behind by a process that was killed
        lock.release()
        return None
    return found


async def up(
    folder: Path,
    *,
    environment: str = "local",
    bind: Bind,
    ready: Callable[[str], None],
    stop: asyncio.Event | None = None,
) -> None:
    """Run the mesh until told to stop (or by SIGTERM or SIGINT): ready is called with the address once it answers."""
    stop = stop or asyncio.Event()
    lock = FileLock(state_folder(folder) / _LOCK)
    if not lock.acquire():
        raise Conflict(
            f"this mesh runs already, as process {lock.holder()}",
            hint="`weft status` tells where, `weft down` stops it",
        )
    try:
        await _run(folder, environment, bind, ready, stop)
    finally:
        lock.release()


async def _run(folder: Path, environment: str, bind: Bind, ready: Callable[[str], None], stop: asyncio.Event) -> None:
    certificate = Certificate(bind.tls) if bind.tls else None
    hosts = bind.hosts or (certificate.hosts if certificate else ())
    node = await Node.open(folder, environment)
    run_file = state_folder(folder) / _RUN_FILE
    jobs: list[asyncio.Task[None]] = []

    def announce(address: str) -> None:
        if certificate and hosts:
            address = _named(address, hosts[0])
        note = Running(pid=os.getpid(), address=address, started=node.clock.now().isoformat(), environment=environment)
        run_file.write_bytes(msgspec.json.encode(note))
        ready(address)

    try:
        if not node.applied.generation:
            raise InvalidInput("nothing was applied yet", hint="run `weft apply` first")
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        with journal(folder) as out:
            log = Log(out, node.clock)
            jobs.append(asyncio.create_task(_keep_worker(folder, environment, stop, log, out)))
            jobs.append(asyncio.create_task(keep_views(node, stop, log)))
            if certificate:
                jobs.append(asyncio.create_task(keep_certificate(certificate, stop, log)))
            app = build_app(make_desk(node, log, bind.host, *hosts, secure=certificate is not None))
            tls = certificate.context if certificate else None
            try:
                await serve(app, bind.host, bind.port, ready=announce, stop=stop, tls=tls)
            finally:
                stop.set()
                await asyncio.gather(*jobs)
                log.flush()
    finally:
        run_file.unlink(missing_ok=True)
        await node.close()


def _named(address: str, host: str) -> str:
    """An address by the name that callers can check: nobody's certificate is for 0.0.0.0."""
    return f"https://{in_url(host)}:{urlsplit(address).port}"


@contextlib.contextmanager
def journal(folder: Path) -> Generator[TextIO]:
    """Where the mesh writes its log: standard error for whoever collects it, a file where a person looks at the terminal."""
    if not sys.stderr.isatty():
        yield sys.stderr
        return
    with journal_file(folder).open("a") as out:
        yield out


def journal_file(folder: Path) -> Path:
    """The log file of a mesh that was started on a terminal."""
    return state_folder(folder) / "mesh.log"


async def down(folder: Path, *, seconds: float = 15.0) -> Running | None:
    """Stop the mesh that runs from this folder, and wait until it has ended; None if none ran."""
    found = running(folder)
    if found is None:
        return None
    os.kill(found.pid, signal.SIGTERM)
    async with asyncio.timeout(seconds):
        while running(folder) is not None:
            await asyncio.sleep(0.05)
    return found


async def _keep_worker(folder: Path, environment: str, stop: asyncio.Event, log: Log, out: TextIO) -> None:
    """Keep one worker process alive; a worker that keeps dying is given more time between starts."""
    failures = 0
    while not stop.is_set():
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "weft.platform.worker",
            str(folder),
            environment,
            stdin=asyncio.subprocess.PIPE,
            stderr=out,
        )
        ended = asyncio.create_task(child.wait())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if stop.is_set():
            await _drain(child)
            return
        log.write("error", "worker ended", code=child.returncode, failures=failures)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _BACKOFF[min(failures, len(_BACKOFF) - 1)])
        failures += 1


async def _drain(child: asyncio.subprocess.Process) -> None:
    """Let a worker finish what it does, then insist."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        await asyncio.wait_for(child.wait(), _DRAIN)
    except TimeoutError:
        child.kill()
        await child.wait()


async def keep_views(node: Node, stop: asyncio.Event, log: Log) -> None:
    """Keep the views of this process up with the log, and the mesh up with what was applied."""
    while not stop.is_set():
        followers = [
            Follower(node.workshop, product, table)
            for product in node.mesh.products
            for table in product.tables
            if table.layer == "silver"
        ]
        tasks = [asyncio.create_task(_follow(follower, log)) for follower in followers]
        while not stop.is_set() and not await _refreshed(node, log):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOK)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def keep_certificate(certificate: Certificate, stop: asyncio.Event, log: Log) -> None:
    """Take in a certificate that was renewed. Connections that are open stay as they are."""
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOOK)
        try:
            if certificate.renew():
                log.write("info", "certificate renewed", names=certificate.names, ends=certificate.ends)
        except WeftError as error:
            log.write("error", "certificate not renewed, the old one stays", code=error.code, error=error.message)


async def _refreshed(node: Node, log: Log) -> bool:
    try:
        return await node.refresh()
    except WeftError as error:
        log.write("error", "cannot take in what was applied", code=error.code, error=error.message)
        return False


async def _follow(follower: Follower, log: Log) -> None:
    while True:
        try:
            if not await follower.advance():
                await follower.wait()
        except WeftError as error:
            log.write("error", "view stopped", topic=follower.topic, code=error.code, error=error.message)
            await asyncio.sleep(_LOOK)
