"""What the doctor examines: programs and drivers, the folder, the disk, the port, the clock, and how open the mesh stands."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from weft._kit.clock import SystemClock
from weft._kit.hosts import is_loopback
from weft.model.errors import Environment as Missing
from weft.model.errors import WeftError
from weft.model.mesh import Environment, Mesh
from weft.platform.bind import bind_of, concerns
from weft.platform.engines import engine_class, redacted
from weft.platform.node import choose_environment
from weft.platform.supervise import running
from weft.platform.workspace import read_folder, state_folder
from weft.serving.http.certificate import Certificate

State = Literal["ok", "warning", "failed"]

_DRIVERS = ("apsw", "deltalake", "duckdb", "pyarrow", "jsonschema-rs", "httptools")
_PORTS = {
    "log": "event_logs",
    "state": "state_stores",
    "tables": "table_stores",
    "engine": "engines",
    "keys": "keys",
    "identity": "identities",
}
_LEAST_PYTHON = (3, 11)
_LEAST_SPACE = 1 << 30
_SLOW_SYNC = 0.02
_SYNCS = 25
_OLDEST_YEAR = 2026


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was examined."""

    check: str
    state: State = "ok"
    found: str
    hint: str = ""


def examine(folder: Path, environment: str) -> list[Finding]:
    """Everything, in the order in which a start of the mesh would need it."""
    findings = [_python(), *_drivers()]
    mesh = read_folder(folder).mesh
    try:
        chosen = choose_environment(mesh.environments if mesh else {}, environment)
    except WeftError as error:
        findings.append(Finding(check="environment", state="failed", found=error.message, hint=error.hint))
        chosen = Environment()
    findings += _engines(chosen)
    findings += [_declarations(folder), _folder(folder), _space(folder), _sync(folder), _durability(chosen)]
    findings += [_port(folder, chosen), _clock(), *_tls(folder, chosen), *_openness(folder, chosen, mesh)]
    return findings


def _python() -> Finding:
    found = f"Python {sys.version.split()[0]}"
    if sys.version_info < _LEAST_PYTHON:
        return Finding(check="python", state="failed", found=found, hint="Weft needs Python 3.11 or newer")
    return Finding(check="python", found=found)


def _drivers() -> Iterator[Finding]:
    known: list[str] = []
    for name in _DRIVERS:
        try:
            known.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            yield Finding(
                check="drivers", state="failed", found=f"{name} is missing", hint="pip install --force-reinstall weft"
            )
    yield Finding(check="drivers", found=", ".join(known))


def _engines(environment: Environment) -> Iterator[Finding]:
    """Each engine of the environment can be loaded: its driver is there."""
    for port, group in _PORTS.items():
        url = getattr(environment, port)
        try:
            engine_class(group, url)
        except Missing as error:
            yield Finding(check=f"engine of {port}", state="failed", found=error.message, hint=error.hint)
    yield Finding(check="engines", found=", ".join(redacted(getattr(environment, port)) for port in _PORTS))


def _declarations(folder: Path) -> Finding:
    problems = read_folder(folder).problems
    errors = sum(problem.severity == "error" for problem in problems)
    if errors:
        return Finding(check="declarations", state="failed", found=f"{errors} errors", hint="`weft check` shows them")
    return Finding(check="declarations", found=f"no errors in {folder}")


def _folder(folder: Path) -> Finding:
    kept = state_folder(folder)
    place = kept if kept.exists() else folder
    if not os.access(place, os.W_OK | os.X_OK):
        return Finding(
            check="folder", state="failed", found=f"{place} cannot be written", hint=f"chown it, or chmod u+rwx {place}"
        )
    mode = stat.S_IMODE(place.stat().st_mode)
    if kept.exists() and mode & stat.S_IWOTH:
        return Finding(check="folder", state="failed", found=f"anyone may write {place}", hint=f"chmod o-w {place}")
    return Finding(check="folder", found=f"{place} can be written (mode {mode:o})")


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    found = f"{free / (1 << 30):.1f} GiB free"
    if free < _LEAST_SPACE:
        return Finding(
            check="disk space", state="warning", found=found, hint="a mesh that runs out of space stops taking rows"
        )
    return Finding(check="disk space", found=found)


def _sync(folder: Path) -> Finding:
    """How long a durable write takes here: what every acknowledgement waits for."""
    kept = state_folder(folder)
    clock, taken = SystemClock(), list[float]()
    try:
        with tempfile.TemporaryFile(dir=kept if kept.exists() else folder) as file:
            for _ in range(_SYNCS):
                file.write(b"\0" * 4096)
                file.flush()
                began = clock.monotonic()
                os.fsync(file.fileno())
                taken.append(clock.monotonic() - began)
    except OSError as error:
        return Finding(check="fsync", state="failed", found=str(error), hint="the folder must take files and sync them")
    typical = statistics.median(taken)
    found = f"p50 {typical * 1000:.2f} ms"
    if typical > _SLOW_SYNC:
        return Finding(check="fsync", state="warning", found=found, hint="put the mesh's folder on a faster disk")
    return Finding(check="fsync", found=found)


def _durability(environment: Environment) -> Finding:
    url = urlsplit(environment.log)
    level = "memory" if url.scheme == "memory" else parse_qs(url.query).get("durability", ["fsync"])[0]
    if level != "fsync":
        hint = "a power cut loses rows that were acknowledged; leave out `durability` to sync them"
        return Finding(check="durability", state="warning", found=level, hint=hint)
    return Finding(check="durability", found=level)


def _port(folder: Path, environment: Environment) -> Finding:
    if found := running(folder):
        return Finding(check="port", found=f"this mesh runs at {found.address}, as process {found.pid}")
    url = urlsplit(environment.http)
    host, port = url.hostname or "127.0.0.1", url.port or 8420
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError as error:
            hint = "another program listens there; `weft up --port 0` takes any free port"
            return Finding(check="port", state="warning", found=f"{host}:{port}: {error.strerror}", hint=hint)
    return Finding(check="port", found=f"{host}:{port} is free")


def _clock() -> Finding:
    now = SystemClock().now()
    if now.year < _OLDEST_YEAR:
        return Finding(
            check="clock",
            state="failed",
            found=f"{now:%Y-%m-%d %H:%M} UTC",
            hint="set the machine's clock: freshness is measured by it",
        )
    return Finding(check="clock", found=f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _tls(folder: Path, environment: Environment) -> Iterator[Finding]:
    """Whether the door speaks TLS, and how long its certificate will do."""
    try:
        bind = bind_of(environment, folder)
        if bind.tls is None:
            yield Finding(check="TLS", found="none: the door is open to this machine only")
            return
        certificate = Certificate(bind.tls)
        troubles = list(concerns(bind, folder))
    except Missing as error:
        yield Finding(check="TLS", state="failed", found=error.message, hint=error.hint)
        return
    answers = ", ".join(bind.hosts or certificate.hosts) or "no name"
    yield Finding(check="TLS", found=f"answers to {answers}; valid until {certificate.ends:%Y-%m-%d}")
    for trouble in troubles:
        yield Finding(check="TLS", state="warning", found=trouble)


def _openness(folder: Path, environment: Environment, mesh: Mesh | None) -> Iterator[Finding]:
    """Who could come in: the address, how people sign in, and what lies beside the data."""
    host = urlsplit(environment.http).hostname or "127.0.0.1"
    open_wide = not is_loopback(host)
    demo = mesh is not None and mesh.identities.sign_in == "demo"
    if open_wide:
        yield Finding(check="address", found=f"{environment.http} is open to the network, over TLS")
    elif environment.hosts:  # somebody else takes callers in, and we see only that they come from here
        open_wide = True
        yield Finding(check="address", found=f"{host}, for whoever a proxy lets through")
    else:
        yield Finding(check="address", found=f"{host} is this machine only")
    if demo:
        hint = "identities.yaml: signIn: keys, before others can reach it"
        state: State = "failed" if open_wide else "warning"
        yield Finding(check="sign-in", state=state, found="demo: anyone here may sign in as any user", hint=hint)
    else:
        yield Finding(check="sign-in", found="by API key")
    yield _ignored(folder)


def _ignored(folder: Path) -> Finding:
    ignore = folder / ".gitignore"
    listed = ignore.is_file() and any(
        line.strip().rstrip("/") == ".weft" for line in ignore.read_text("utf-8").splitlines()
    )
    if (folder / ".git").exists() and not listed:
        return Finding(
            check="git", state="warning", found=".weft is not ignored", hint="add `.weft/` to .gitignore: it holds data"
        )
    return Finding(check="git", found="data stays out of git")
