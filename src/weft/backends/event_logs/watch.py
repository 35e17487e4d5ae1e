"""Wakes those who wait for a topic to grow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

POLL_SECONDS = 0.005
"""How often other processes' appends are looked for, while someone waits."""


class Watch:
    """Everyone who waits in this process, woken by appends here and, when `changed` is given, by those elsewhere."""

    def __init__(self, changed: Callable[[], bool] | None = None) -> None:
        self._changed = changed
        self._sleepers: set[asyncio.Future[None]] = set()
        self._poll: asyncio.Task[None] | None = None

    async def until(self, grown: Callable[[], bool], *, seconds: float) -> bool:
        """Sleep until `grown` or the time is up; tells which."""
        try:
            async with asyncio.timeout(seconds):
                while not grown():
                    await self._sleep()
        except TimeoutError:
            return grown()
        return True

    def wake(self) -> None:
        """Let everyone look again."""
        for sleeper in self._sleepers:
            if not sleeper.done():
                sleeper.set_result(None)

    async def _sleep(self) -> None:
        sleeper = asyncio.get_running_loop().create_future()
        self._sleepers.add(sleeper)
        if self._poll is None and self._changed is not None:
            self._poll = asyncio.create_task(self._look_elsewhere(self._changed))
        try:
            await sleeper
        finally:
            self._sleepers.discard(sleeper)

    async def _look_elsewhere(self, changed: Callable[[], bool]) -> None:
        try:
            while self._sleepers:
                if changed():
                    self.wake()
                await asyncio.sleep(POLL_SECONDS)
        finally:
            self._poll = None
            # Whoever sleeps still must hear of a failed look, or of the end.
            self.wake()
