"""The server: uvicorn inside our own event loop, one worker, stopped by an event, drained before it goes."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import ssl
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from weft.model.errors import Environment, InvalidInput
from weft.serving.http.protocol import GuardedProtocol
from weft.serving.http.session import is_loopback

DRAIN = 10
"""Seconds that requests under way get when the server stops."""
_BACKLOG = 2048
_RARELY = (20_000, 20, 50)
"""Answers leave few cycles behind: looking for them less often gives a busy door some per cent back (measured)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Certificate chain and private key, as PEM files."""

    certificate: Path
    key: Path


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: who starts us also stops us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """See uvicorn."""
        yield


async def serve(
    app: ASGIApp,
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
    config = uvicorn.Config(
        app,
        http=GuardedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # nobody outside may say who they are, not even by X-Forwarded-For
        server_header=False,
        date_header=True,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=DRAIN,
        backlog=_BACKLOG,
    )
    config.load()
    config.ssl = context
    server = _Server(config)
    often = gc.get_threshold()
    stopping = asyncio.create_task(_stop_with(server, stop))
    telling = asyncio.create_task(_tell(server, listener, ready, tls))
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in (stopping, telling):
            task.cancel()
        listener.close()
        gc.set_threshold(*often)
        gc.unfreeze()


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


async def _tell(server: uvicorn.Server, listener: socket.socket, ready: Callable[[str], None], tls: Tls | None) -> None:
    while not server.started:
        await asyncio.sleep(0.005)
    # What lives by now lives on: the collector need not walk it again and again (notes: p99 of 120 ms without this).
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_RARELY)
    host, port = listener.getsockname()[:2]
    ready(f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}")


async def _stop_with(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True
