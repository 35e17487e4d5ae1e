"""Keys in files: nobody else's, outside the data, durable, and gone when destroyed."""

import os
import stat
import subprocess
import sys

import pytest

from weft.backends.durable import write_once
from weft.backends.keys import file
from weft.backends.keys.file import FileKeys
from weft.model.errors import Corrupt, Environment, InvalidInput, NotFound, Unavailable
from weft.testing.clock import CountedIds


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "secrets" / "keys"


@pytest.fixture
def keys(folder, tmp_path):
    return FileKeys.open(f"file:{folder}", tmp_path / "mesh")


def held_in(folder):
    """Every byte under a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_only_the_owner_may_read(keys, folder):
    await keys.key("a")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())] == [0o700, 0o600]


async def test_keys_do_not_lie_with_the_data(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    mesh = tmp_path / "mesh" / ".weft"
    key = await FileKeys.open("file:", mesh).key("a")
    mesh_id = (mesh / "mesh-id").read_text()
    assert [path.name for path in (tmp_path / "config" / "weft" / "keys").iterdir()] == [mesh_id]
    assert key not in held_in(mesh)
    assert key in held_in(tmp_path / "config")


async def test_each_mesh_has_its_own_keys_wherever_its_folder_goes(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    key = await FileKeys.open("file:", tmp_path / "one").key("a")
    assert await FileKeys.open("file:", tmp_path / "two").key("a") != key
    (tmp_path / "one").rename(tmp_path / "moved")
    assert await FileKeys.open("file:", tmp_path / "moved").key("a") == key


@pytest.mark.parametrize("inside", ["", "/keys", "/../.weft/keys"])
def test_a_folder_among_the_data_is_refused(tmp_path, inside):
    with pytest.raises(InvalidInput, match="would lie with the data"):
        FileKeys.open(f"file:{tmp_path}/.weft{inside}", tmp_path / ".weft")


def test_a_mesh_id_that_leads_elsewhere_is_refused(tmp_path):
    (tmp_path / "mesh-id").write_text("../../etc")
    with pytest.raises(Corrupt):
        FileKeys.open("file:", tmp_path)


async def test_a_destroyed_key_leaves_none_of_its_bytes(keys, folder):
    key = await keys.key("a")
    assert key in held_in(folder)
    twin = folder / "twin"
    os.link(folder / "a.key", twin)
    await keys.destroy("a")
    assert key not in held_in(folder)
    assert twin.read_bytes() == bytes(32)


async def test_a_kill_while_destroying_leaves_the_key_destroyed(keys, folder):
    await keys.key("a")
    (folder / "a.key.gone").touch()
    with pytest.raises(NotFound):
        await keys.key("a")
    assert await keys.names() == []
    await keys.destroy("a")
    assert not (folder / "a.key").exists()


async def test_a_kill_while_making_leaves_no_key(keys, folder):
    folder.mkdir(parents=True)
    (folder / ".a.key.draft").write_bytes(b"half")
    assert len(await keys.key("a")) == 32
    assert await keys.names() == ["a"]


async def test_a_key_that_is_destroyed_while_it_is_made_stays_destroyed(keys, folder, monkeypatch):
    def destroyed_meanwhile(path, content, *, mode):
        path.with_name("a.key.gone").touch()
        return write_once(path, content, mode=mode)

    monkeypatch.setattr(file, "write_once", destroyed_meanwhile)
    with pytest.raises(NotFound):
        await keys.key("a")
    assert not (folder / "a.key").exists()


async def test_a_key_that_others_may_read_is_refused(keys, folder):
    await keys.key("a")
    (folder / "a.key").chmod(0o640)
    with pytest.raises(Environment, match="chmod 600"):
        await keys.key("a")


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
async def test_a_key_of_another_length_is_refused(keys, folder, content):
    await keys.key("a")
    (folder / "a.key").write_bytes(content)
    with pytest.raises(Corrupt):
        await keys.key("a")


async def test_a_name_cannot_leave_the_folder(keys, folder, tmp_path):
    for name in ("../up", "/etc/x", "..", "a\0b"):
        await keys.key(name)
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {folder}
    assert set(await keys.names()) == {"../up", "/etc/x", "..", "a\0b"}


async def test_an_endless_name_is_refused(keys):
    with pytest.raises(InvalidInput):
        await keys.key("é" * 100)


async def test_a_key_is_as_random_as_its_ids(tmp_path):
    first = FileKeys.open(f"file:{tmp_path}/1", tmp_path / "mesh", ids=CountedIds())
    second = FileKeys.open(f"file:{tmp_path}/2", tmp_path / "mesh", ids=CountedIds())
    assert await first.key("a") == await second.key("a") != await first.key("b")


async def test_closed_keys_refuse(keys):
    await keys.close()
    with pytest.raises(Unavailable):
        await keys.key("a")


def test_racing_processes_get_the_same_key(folder, tmp_path):
    script = (
        "import asyncio, sys; from pathlib import Path; from weft.backends.keys.file import FileKeys\n"
        "print(asyncio.run(FileKeys.open('file:' + sys.argv[1], Path(sys.argv[2])).key('a')).hex())"
    )
    command = [sys.executable, "-c", script, str(folder), str(tmp_path / "mesh")]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    told = {racer.communicate()[0] for racer in racers}
    assert [racer.returncode for racer in racers] == [0, 0, 0, 0]
    assert len(told) == 1
    assert len(told.pop().strip()) == 64
