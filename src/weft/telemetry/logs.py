"""The log of a process: one JSON object a line, which no value can break up or colour."""

from __future__ import annotations

import asyncio
from typing import Literal, TextIO

import msgspec

from weft.ports.clock import Clock
from weft.telemetry import trace

Level = Literal["debug", "info", "warning", "error"]
_ORDER: dict[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_LINGER = 0.05
_MOST = 512

# JSON escapes what lies below U+0020; terminals also obey the C1 controls, and some readers break lines at U+2028.
_UNSAFE = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029)}
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Log:
    """Writes lines in small groups, so that a busy door does not pay a system call for each."""

    def __init__(self, out: TextIO, clock: Clock, *, level: Level = "info") -> None:
        self._out = out
        self._clock = clock
        self._least = _ORDER[level]
        self._lines: list[str] = []
        self._due: asyncio.TimerHandle | None = None

    def write(self, level: Level, event: str, **fields: object) -> None:
        """One line, with the trace at hand. Field values are what JSON can hold."""
        if _ORDER[level] < self._least:
            return
        at = trace.current.get()
        line: dict[str, object] = {"time": self._clock.now(), "level": level, "event": event}
        if at is not None:
            line["trace"], line["span"] = at.id, at.span
        line.update(fields)
        text = _encode(line).decode()
        self._lines.append(text if text.isascii() else text.translate(_UNSAFE))
        if level == "error" or len(self._lines) >= _MOST:
            self.flush()
        elif self._due is None:
            self._flush_soon()

    def _flush_soon(self) -> None:
        try:
            self._due = asyncio.get_running_loop().call_later(_LINGER, self.flush)
        except RuntimeError:  # no loop runs: nobody would come back for the line
            self.flush()

    def flush(self) -> None:
        """Hand over what was collected."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        lines, self._lines = self._lines, []
        if lines:
            self._out.write("\n".join(lines) + "\n")
            self._out.flush()
