"""The thread that commits: whatever ends it, nobody waits for it in vain."""

import asyncio
import threading

import pytest

from weft.backends.sqlite.database import DiskFault
from weft.backends.sqlite.writer import GroupWriter
from weft.model.errors import Unavailable


async def test_a_close_that_meets_a_thread_that_ends_by_itself_comes_back():
    emptied, closing = threading.Event(), threading.Event()

    def fail(_works):
        raise DiskFault("the disk failed")

    writer = GroupWriter("file", fail)
    refuse = writer._refuse_the_rest

    def linger(group):
        refuse(group)
        if threading.current_thread() is writer._thread:
            emptied.set()
            closing.wait(10)

    writer._refuse_the_rest = linger
    with pytest.raises(Unavailable):
        await writer.submit("work")
    assert await asyncio.to_thread(emptied.wait, 10)
    task = asyncio.create_task(writer.close())
    await asyncio.sleep(0.01)
    closing.set()
    async with asyncio.timeout(10):
        await task


async def test_what_was_submitted_before_a_close_is_done():
    done = []

    def commit(works):
        done.extend(works)
        return works

    writer = GroupWriter("file", commit)
    waiting = [asyncio.create_task(writer.submit(number)) for number in range(100)]
    await asyncio.sleep(0)
    await writer.close()
    assert await asyncio.gather(*waiting) == list(range(100))
    assert done == list(range(100))
    with pytest.raises(Unavailable):
        await writer.submit(0)
