"""One thread that commits what piled up while its last commit was on its way to the disk."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from weft.backends.sqlite.database import DiskFault
from weft.model.errors import Unavailable, WeftError

Work = TypeVar("Work")
Result = TypeVar("Result")

GROUP_JOBS = 4096
GROUP_BYTES = 32 * 2**20


@dataclass(slots=True, eq=False)
class _Job(Generic[Work, Result]):
    work: Work
    weight: int
    future: asyncio.Future[Result]


class _Stop:
    """Ends the thread once all before it is done."""


class GroupWriter(Generic[Work, Result]):
    """Hands groups of work to `commit`, which answers for each with a result or the error that refuses it alone.

    An error that `commit` raises refuses the whole group. The thread starts with the first piece of work.
    """

    def __init__(self, name: str, commit: Callable[[Sequence[Work]], Sequence[Result | WeftError]]) -> None:
        self._name = name
        self._commit = commit
        self._queue: SimpleQueue[_Job[Work, Result] | _Stop] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._over = False
        self._broken = False

    async def submit(self, work: Work, *, weight: int = 0) -> Result:
        """What `commit` answered for this piece, once its group is committed."""
        if self._over:
            raise Unavailable(f"{self._name} is closed", hint="open it again")
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"weft {self._name}", daemon=True)
            self._thread.start()
        job = _Job[Work, Result](work, weight, asyncio.get_running_loop().create_future())
        self._queue.put(job)
        if self._over:
            self._refuse_the_rest([])
        return await job.future

    async def close(self) -> None:
        """Finish what was submitted, then end the thread."""
        self._over = True
        if self._thread is not None:
            self._queue.put(_Stop())
            # The thread may be ending by itself just now, and never see this: only its end is sure to come.
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        group: list[_Job[Work, Result]] = []
        over = False
        try:
            while not over and not self._broken:
                group, over = self._take()
                if group:
                    outcomes = self._outcomes([job.work for job in group])
                    _answer([job.future for job in group], outcomes)
                    group = []
        finally:
            self._over = True
            self._refuse_the_rest(group)

    def _take(self) -> tuple[list[_Job[Work, Result]], bool]:
        """What waits, and whether nothing comes after it."""
        group: list[_Job[Work, Result]] = []
        weight = 0
        item = self._queue.get()
        while isinstance(item, _Job):
            group.append(item)
            weight += item.weight
            if len(group) >= GROUP_JOBS or weight >= GROUP_BYTES:
                return group, False
            try:
                item = self._queue.get_nowait()
            except Empty:
                return group, False
        return group, True

    def _outcomes(self, works: Sequence[Work]) -> Sequence[Result | WeftError]:
        try:
            return self._commit(works)
        except WeftError as error:
            self._broken = isinstance(error, DiskFault)
            return [error] * len(works)

    def _refuse_the_rest(self, group: list[_Job[Work, Result]]) -> None:
        """Nobody waits for a thread that is gone, whatever ended it."""
        error = Unavailable(f"{self._name} has stopped writing", hint="open it again")
        while not self._queue.empty():
            item = self._queue.get_nowait()
            if isinstance(item, _Job):
                group.append(item)
        _answer([job.future for job in group], [error] * len(group))


def _answer(futures: Sequence[asyncio.Future[Result]], outcomes: Sequence[Result | WeftError]) -> None:
    """Wake the event loop once for a whole group: each wake-up costs a system call."""
    if not futures:
        return
    try:
        futures[0].get_loop().call_soon_threadsafe(_resolve, futures, outcomes)
    except RuntimeError:
        # The loop was closed without closing us: nobody is left to hear the answer.
        return


def _resolve(futures: Sequence[asyncio.Future[Result]], outcomes: Sequence[Result | WeftError]) -> None:
    for future, outcome in zip(futures, outcomes, strict=True):
        if future.done():
            continue
        if isinstance(outcome, WeftError):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
