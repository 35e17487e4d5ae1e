"""Where the door listens, with which certificate and under which names: what the environment declares, as this machine knows it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from weft._kit.clock import SystemClock
from weft.contracts.declared.environments import REFERENCE
from weft.model.errors import Environment as Missing
from weft.model.mesh import Environment, Tls
from weft.serving.http.certificate import Certificate

_HOST, _PORT = "127.0.0.1", 8420


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """Where the door listens; port 0 takes any free one."""

    host: str = _HOST
    port: int = _PORT
    tls: Tls | None = None
    """Paths of files on this machine; without them the door speaks plain HTTP."""
    hosts: tuple[str, ...] = ()
    """Names that callers may ask for; none means those of the certificate."""


def bind_of(
    environment: Environment, folder: Path, *, host: str = "", port: int | None = None, tls: Tls | None = None
) -> Bind:
    """What was asked for, else what the environment of the mesh in this folder declares."""
    declared = urlsplit(environment.http)
    return Bind(
        host=host or declared.hostname or _HOST,
        port=next(one for one in (port, declared.port, _PORT) if one is not None),
        tls=tls or (located(environment.tls, folder) if environment.tls else None),
        hosts=environment.hosts,
    )


def located(tls: Tls, folder: Path) -> Tls:
    """The files that a declaration names, as paths on this machine."""
    return Tls(certificate=_located(tls.certificate, folder), key=_located(tls.key, folder))


def concerns(bind: Bind, folder: Path) -> Iterator[str]:
    """What will trouble callers, or somebody's sleep, though the door can open so. Environment if it cannot."""
    if bind.tls is None:
        return
    yield from Certificate(bind.tls).concerns(SystemClock().now(), bind.hosts)
    if Path(bind.tls.key).resolve().is_relative_to(folder.resolve()):
        yield "the TLS key lies in the mesh's folder, which is shared: keep it elsewhere"


def _located(written: str, folder: Path) -> str:
    path = REFERENCE.sub(lambda found: _followed(found, written), written)
    return str(folder / Path(path).expanduser())


def _followed(reference: re.Match[str], written: str) -> str:
    """The path that a reference stands for: a file's own, or what a variable holds."""
    kind, name = reference.groups()
    if kind == "file":
        return name
    value = os.environ.get(name, "")
    if not value:
        raise Missing(f"the variable {name} is not set", hint=f"`tls` in mesh.yaml names {written}")
    if "\n" in value:
        raise Missing(
            f"the variable {name} holds no path", hint="write the key into a file, and its path into the variable"
        )
    return value
