"""Every keeper of keys keeps its promises."""

import pytest

from weft.backends.keys.file import FileKeys
from weft.testing.keys import KeysContract


class TestFileKeys(KeysContract):
    @pytest.fixture
    def open_keys(self, tmp_path):
        return lambda: FileKeys.open(f"file:{tmp_path}/keys", tmp_path / "mesh")


class TestFileKeysInTheUsersConfiguration(KeysContract):
    @pytest.fixture
    def open_keys(self, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        return lambda: FileKeys.open("file:", tmp_path / "mesh")
