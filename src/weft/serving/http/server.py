"""The server: connections inside our own event loop, one worker, stopped by an event, drained before it goes."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from weft.model.errors import Environment, InvalidInput
from weft.serving.http.connection import Connection, Hall
from weft.serving.http.gate import Gate
from weft.serving.http.session import is_loopback

_BACKLOG = 2048
_HANDSHAKE_SECONDS = 15
_RARELY = (20_000, 20, 50)
"""Answers leave few cycles behind: looking for them less often gives a busy door some per cent back (measured)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Certificate chain and private key, as PEM files."""

    certificate: Path
    key: Path


async def serve(
    gate: Gate,
    host: str,
    port: int,
    *,
    ready: Callable[[str], None],
    stop: asyncio.Event,
    tls: Tls | None = None,
) -> None:
    """Answer requests until `stop` is set. `ready` gets the address once the door is open; port 0 takes a free one."""
    context = _context(tls)
    listener = _listen(host, port, tls)
    hall = Hall(gate)
    often = gc.get_threshold()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(hall),
        sock=listener,
        backlog=_BACKLOG,
        ssl=context,
        ssl_handshake_timeout=_HANDSHAKE_SECONDS if context else None,
    )
    watching = asyncio.create_task(hall.watch())
    # What lives by now lives on: the collector need not walk it again and again (notes: p99 of 120 ms without this).
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_RARELY)
    try:
        ready(_address(listener, secure=tls is not None))
        await stop.wait()
    finally:
        server.close()
        await hall.empty()
        watching.cancel()
        gc.set_threshold(*often)
        gc.unfreeze()


def _address(listener: socket.socket, *, secure: bool) -> str:
    host, port = listener.getsockname()[:2]
    return f"{'https' if secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _listen(host: str, port: int, tls: Tls | None) -> socket.socket:
    if tls is None and not is_loopback(host):
        raise InvalidInput(
            f"{host} is open to the network, and nothing encrypts what passes",
            hint="configure a TLS certificate and key, or listen on 127.0.0.1",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise Environment(f"cannot listen on {host}:{port}: {error.strerror}", hint="choose another port") from error
    return listener


def _context(tls: Tls | None) -> ssl.SSLContext | None:
    if tls is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError) as error:
        raise Environment(f"the TLS files cannot be used: {error}", hint="PEM files of a chain and its key") from error
    return context
