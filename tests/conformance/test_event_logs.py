"""Every event log keeps its promises."""

import pytest

from weft.backends.event_logs.file import FileLog
from weft.backends.event_logs.memory import MemoryLog
from weft.testing.event_log import EventLogContract, SharedLogContract
from weft.testing.event_log_model import LogMachine


class TestMemoryLog(EventLogContract):
    @pytest.fixture
    def open_log(self, tmp_path):
        return lambda: MemoryLog.open("memory:", tmp_path)


class TestFileLog(SharedLogContract):
    @pytest.fixture
    def open_log(self, tmp_path):
        return lambda: FileLog.open("file:", tmp_path)


class TestFileLogKeptByTheSystem(SharedLogContract):
    @pytest.fixture
    def open_log(self, tmp_path):
        return lambda: FileLog.open(f"file:{tmp_path}/elsewhere?durability=os", tmp_path)


class MemoryLogMachine(LogMachine):
    open_log = staticmethod(lambda folder: MemoryLog.open("memory:", folder))


class FileLogMachine(LogMachine):
    open_log = staticmethod(lambda folder: FileLog.open("file:", folder))
    reopens = True


TestMemoryLogModel = MemoryLogMachine.TestCase
TestFileLogModel = FileLogMachine.TestCase


def test_what_an_engine_cannot_do_is_told_with_a_reason(tmp_path):
    memory = MemoryLog.open("memory:", tmp_path).capabilities
    file = FileLog.open("file:", tmp_path).capabilities
    assert (memory.durability, memory.shared, [name for name, _ in memory.reasons]) == ("memory", False, ["shared"])
    assert (file.durability, file.shared, file.once, file.partitions, file.reasons) == ("fsync", True, True, 1, ())
