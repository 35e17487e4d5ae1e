"""Where a running mesh can be found: the block of addresses, a free port, a browser."""

from __future__ import annotations

import os
import socket
import sys
import webbrowser
from pathlib import Path

from weft.cli.answer import fields
from weft.cli.terminal import Terminal
from weft.platform.supervise import journal_file

_PORT = 8420


def show_addresses(terminal: Terminal, address: str, folder: Path) -> None:
    """What to open, what to call, and how to stop."""
    pairs = [
        ("portal", f"{address}/"),
        ("API", f"{address}/api/v1/products"),
        ("OpenAPI", f"{address}/openapi.json"),
        ("metrics", f"{address}/metrics"),
        ("folder", str(folder)),
    ]
    if sys.stderr.isatty():
        pairs.append(("log", str(journal_file(folder))))
    terminal.data(f"{terminal.paint('bold', 'The mesh is up.')}\n{fields(terminal, pairs)}")
    terminal.say(f"Ctrl-C stops it, and so does: weft -C {folder} down")


def free_port(wanted: int | None) -> int:
    """The port that was asked for; else the usual one, or any when that is taken."""
    if wanted is not None:
        return wanted
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", _PORT))
        except OSError:
            return 0
    return _PORT


def open_browser(address: str) -> None:
    """Open the portal, where a person sits before a screen."""
    has_screen = sys.platform in {"darwin", "win32"} or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())
    if has_screen and sys.stdout.isatty():
        webbrowser.open(address)
