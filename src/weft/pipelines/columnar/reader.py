"""A bulk file on its way into the lake: judged piece by piece in worker threads, staged as Parquet, committed by others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from weft.model.column import Column
from weft.model.row import Checked
from weft.pipelines.columnar import measure
from weft.pipelines.columnar.grammar import Clean, Grammar, grammar_of
from weft.pipelines.columnar.layout import SAMPLE, learnt
from weft.pipelines.columnar.proof import Judge, Read, Verdicts, is_readable, verdicts
from weft.pipelines.columnar.rows import Piece
from weft.pipelines.columnar.schema import Unprovable
from weft.pipelines.columnar.staged import Held, Load, Room, Staged

THREADS = 2
Count = Callable[[Sequence[Checked]], tuple[int, int, datetime | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a bulk load needs to know of a contract, as plain values and two calls."""

    schema: Mapping[str, Any]
    columns: tuple[Column, ...]
    types: pa.Schema
    """The columns in Arrow."""
    judge: Judge
    """The exact verdicts on rows as received."""
    read: Read
    """Typed columns of lines that are known to fit them."""
    count: Count
    """Required fields present, required fields wanted, newest event time."""
    clean: Clean = field(default_factory=dict[str, "Sequence[Callable[[str], str]]"])
    key: tuple[str, ...] = ()
    """Columns that every row has to have, and that name it."""
    times: tuple[str, ...] = ()
    """Columns that tell when a row's event happened, best first."""
    until: datetime | None = None
    """Event times after this are not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one piece."""

    figures: measure.Figures
    bad: Sequence[tuple[int, Checked]]
    held: Held


class BulkReader:
    """Takes in many rows at once, with a few threads that hold the interpreter only for the rows that need a judge."""

    def __init__(self, *, threads: int = THREADS, room: Room | None = None) -> None:
        self._count = threads
        self._room = room or Room()
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="weft-bulk")

    async def stage(self, found: Iterator[Piece], rules: Rules, load: Load) -> Staged:
        """Judge all pieces and stage their bronze files; nothing is committed. On failure nothing is left behind."""
        staged = Staged(load, self._threads, self._room)
        try:
            await self._stage(staged, found, rules)
            await asyncio.to_thread(staged.finish)
        except BaseException:
            await asyncio.to_thread(staged.discard)
            raise
        return staged

    async def close(self) -> None:
        """Let go of the threads."""
        await asyncio.to_thread(self._threads.shutdown)

    async def _stage(self, staged: Staged, found: Iterator[Piece], rules: Rules) -> None:
        loop = asyncio.get_running_loop()
        first = await asyncio.to_thread(next, found, None)
        grammar = None if first is None else await asyncio.to_thread(_grammar, first, rules)
        running: list[asyncio.Future[Outcome]] = []
        piece, number = first, 0
        try:
            while piece is not None:
                running.append(loop.run_in_executor(self._threads, _judged, staged, number, piece, rules, grammar))
                if len(running) > self._count:
                    _keep(staged, await running.pop(0))
                piece, number = await asyncio.to_thread(next, found, None), number + 1
            while running:
                _keep(staged, await running.pop(0))
        finally:
            await asyncio.gather(*running, return_exceptions=True)


def _judged(staged: Staged, number: int, piece: Piece, rules: Rules, grammar: Grammar | None) -> Outcome:
    """Judge one piece and stage what can be staged of it. Runs in a worker thread."""
    found = verdicts(piece, grammar, rules.types, rules.judge, rules.read)
    return Outcome(figures=_figures(found, rules), bad=found.bad, held=staged.take(number, found))


def _keep(staged: Staged, outcome: Outcome) -> None:
    staged.keep(outcome.figures, outcome.bad, outcome.held)


def _grammar(piece: Piece, rules: Rules) -> Grammar | None:
    """How the file's rows are proven; None when each has to be judged."""
    layout = learnt(piece.line(index) for index in range(min(piece.count, SAMPLE)))
    if layout is None:
        return None
    try:
        grammar = grammar_of(rules.schema, rules.columns, layout, rules.clean, rules.key)
    except Unprovable:
        return None
    return grammar if is_readable(grammar, rules.types) else None


def _figures(found: Verdicts, rules: Rules) -> measure.Figures:
    proven = found.rows.slice(0, found.proven)
    present, wanted = measure.presence(proven, rules.columns)
    judged_present, judged_wanted, judged_newest = rules.count([checked for _, checked in found.judged])
    newest = measure.newest(proven, rules.times, rules.until)
    return measure.Figures(
        rows=len(found.lines),
        good=found.rows.num_rows,
        proven=found.proven,
        present=present + judged_present,
        wanted=wanted + judged_wanted,
        newest=max(filter(None, (newest, judged_newest)), default=None),
    )
