"""The server: connections inside our own event loop, one worker, stopped by an event, drained before it goes."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
from collections.abc import Callable

from weft._kit.hosts import in_url, is_loopback
from weft.model.errors import Environment, InvalidInput
from weft.serving.http.connection import Connection, Hall
from weft.serving.http.gate import Gate

_BACKLOG = 2048
_HANDSHAKE_SECONDS = 15
_RARELY = (20_000, 20, 50)
"""Answers leave few cycles behind: looking for them less often gives a busy door some per cent back (measured)."""


async def serve(
    gate: Gate,
    host: str,
    port: int,
    *,
    ready: Callable[[str], None],
    stop: asyncio.Event,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Answer requests until `stop` is set. `ready` gets the address once the door is open; port 0 takes a free one."""
    listener = _listen(host, port, tls)
    hall = Hall(gate)
    often = gc.get_threshold()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(hall),
        sock=listener,
        backlog=_BACKLOG,
        ssl=tls,
        ssl_handshake_timeout=_HANDSHAKE_SECONDS if tls else None,
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
    return f"{'https' if secure else 'http'}://{in_url(host)}:{port}"


def _listen(host: str, port: int, tls: ssl.SSLContext | None) -> socket.socket:
    if tls is None and not is_loopback(host):
        raise InvalidInput(
            f"{host} is open to the network, and nothing encrypts what passes",
            hint="give a certificate (`tls` in mesh.yaml, or --tls-certificate and --tls-key), or listen on 127.0.0.1",
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
