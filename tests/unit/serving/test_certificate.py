"""The door over TLS: real handshakes, files that do not fit, and certificates that are renewed while callers come."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from certificates import NOW, certificate, trusting
from weft.model.errors import Environment
from weft.model.mesh import Tls
from weft.serving.http.app import build_app
from weft.serving.http.certificate import Certificate
from weft.serving.http.server import serve

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def files(tmp_path: Path) -> Tls:
    return certificate(tmp_path / "tls", "localhost")


@asynccontextmanager
async def opened(world: Any, used: Certificate) -> AsyncIterator[int]:
    stop, told = asyncio.Event(), asyncio.get_running_loop().create_future()
    door = serve(build_app(world.desk), "127.0.0.1", 0, ready=told.set_result, stop=stop, tls=used.context)
    serving = asyncio.create_task(door)
    address = await told
    assert address.startswith("https://")
    yield int(address.rpartition(":")[2])
    stop.set()
    await serving


async def connect(port: int, caller: ssl.SSLContext) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port, ssl=caller, server_hostname="localhost")


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(HEALTH)
    return await reader.readuntil(b"\r\n")


async def shown(port: int, caller: ssl.SSLContext) -> bytes:
    """The certificate that a new caller is shown."""
    _, writer = await connect(port, caller)
    found = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return found


def put(new: Tls, old: Tls) -> None:
    """As tools that renew certificates do it: each file is replaced whole."""
    for source, target in ((new.certificate, old.certificate), (new.key, old.key)):
        shutil.copyfile(source, f"{target}.new")
        Path(f"{target}.new").replace(target)


async def test_a_caller_who_trusts_the_certificate_is_answered_over_tls_1_3(world: Any, files: Tls) -> None:
    async with opened(world, Certificate(files)) as port:
        reader, writer = await connect(port, trusting(files))
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"
        assert await ask(reader, writer) == b"HTTP/1.1 200 OK\r\n"
        writer.close()


async def test_tls_1_2_is_refused(world: Any, files: Tls) -> None:
    caller = trusting(files)
    caller.maximum_version = ssl.TLSVersion.TLSv1_2
    async with opened(world, Certificate(files)) as port:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await connect(port, caller)
        assert await shown(port, trusting(files))


async def test_a_caller_without_tls_is_told_nothing(world: Any, files: Tls) -> None:
    async with opened(world, Certificate(files)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEALTH)
        assert not (await reader.read()).startswith(b"HTTP")
        writer.close()


async def test_a_renewed_certificate_is_shown_to_the_next_caller_and_disturbs_nobody(
    world: Any, files: Tls, tmp_path: Path
) -> None:
    used, before = Certificate(files), trusting(files)
    async with opened(world, used) as port:
        reader, writer = await connect(port, before)
        old = await shown(port, before)
        assert not used.renew()
        renewed = certificate(tmp_path / "renewed", "localhost")
        put(renewed, files)
        assert await shown(port, before) == old
        assert used.renew()
        assert await shown(port, trusting(renewed)) != old
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(port, before)
        assert await ask(reader, writer) == b"HTTP/1.1 200 OK\r\n"
        writer.close()


async def test_broken_new_files_leave_the_old_ones_in_use_until_they_are_mended(
    world: Any, files: Tls, tmp_path: Path
) -> None:
    used, before = Certificate(files), trusting(files)
    renewed = certificate(tmp_path / "renewed", "localhost")
    async with opened(world, used) as port:
        old = await shown(port, before)
        shutil.copyfile(renewed.certificate, files.certificate)  # the key has not come yet
        with pytest.raises(Environment, match="does not belong"):
            used.renew()
        assert not used.renew()
        assert await shown(port, before) == old
        put(renewed, files)
        assert used.renew()
        assert await shown(port, trusting(renewed)) != old


def test_files_that_vanish_are_told_once(files: Tls) -> None:
    used = Certificate(files)
    Path(files.key).unlink()
    with pytest.raises(Environment, match="cannot be read"):
        used.renew()
    assert not used.renew()


def test_a_key_of_another_certificate_is_refused(files: Tls, tmp_path: Path) -> None:
    other = certificate(tmp_path / "other", "localhost")
    with pytest.raises(Environment, match="does not belong") as refused:
        Certificate(Tls(certificate=files.certificate, key=other.key))
    assert other.key in refused.value.message


def test_a_key_behind_a_passphrase_is_refused_and_nobody_is_asked(tmp_path: Path) -> None:
    with pytest.raises(Environment, match="locked by a passphrase"):
        Certificate(certificate(tmp_path / "tls", "localhost", passphrase=b"open sesame"))


@pytest.mark.parametrize("broken", ["certificate", "key"])
def test_a_file_that_is_not_there_or_holds_something_else_is_named(files: Tls, broken: str) -> None:
    path = Path(getattr(files, broken))
    path.write_text("-----BEGIN NOTHING-----\n")
    with pytest.raises(Environment, match=f"{path} holds no .* in PEM"):
        Certificate(files)
    path.unlink()
    with pytest.raises(Environment, match=f"the TLS {broken} {path} cannot be read: No such file"):
        Certificate(files)


def test_chain_and_key_may_be_one_file(files: Tls) -> None:
    both = Path(files.certificate).with_name("both.pem")
    both.write_bytes(Path(files.certificate).read_bytes() + Path(files.key).read_bytes())
    assert Certificate(Tls(certificate=str(both), key=str(both))).names == ("localhost",)


def test_a_certificate_in_order_concerns_nobody(tmp_path: Path) -> None:
    used = Certificate(certificate(tmp_path, "mesh.example.com", "*.teams.example.com", "192.0.2.1"))
    hosts = ("Mesh.example.com", "payments.teams.example.com", "192.0.2.1")
    assert list(used.concerns(NOW, hosts)) == []
    assert list(used.concerns(NOW, ())) == []
    assert used.hosts == ("mesh.example.com", "192.0.2.1")


@pytest.mark.parametrize(
    ("names", "hosts", "begins", "days", "told"),
    [
        (["a.example"], [], -40, -1, "expired on"),
        (["a.example"], [], -40, 13, "expires on"),
        (["a.example"], [], 1, 90, "valid from"),
        (["a.example"], ["a.example", "b.example"], -40, 90, "not for b.example: it names a.example"),
        (["*.example"], ["a.b.example"], -40, 90, "not for a.b.example"),
        (["*.example"], [], -40, 90, "no single host"),
        ([], [], -40, 90, "no single host"),
    ],
)
def test_what_will_trouble_callers_is_told(
    tmp_path: Path, names: list[str], hosts: list[str], begins: int, days: int, told: str
) -> None:
    used = Certificate(certificate(tmp_path, *names, begins=timedelta(days=begins), days=days))
    (concern,) = used.concerns(NOW, hosts)
    assert told in concern


def test_a_key_that_anyone_may_read_is_told(files: Tls) -> None:
    Path(files.key).chmod(0o644)
    (concern,) = Certificate(files).concerns(NOW, ())
    assert f"chmod o-r {files.key}" in concern
