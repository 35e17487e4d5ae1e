"""The `weft` program itself: what only a process of its own can show. Each costs its start, so they are few."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from certificates import certificate, trusting

WEFT = Path(sys.executable).with_name("weft")
HEAVY = {
    "pyarrow",
    "duckdb",
    "deltalake",
    "rich",
    "yaml",
    "msgspec",
    "sqlglot",
    "httptools",
    "asyncio",
    "jsonschema_rs",
}


def _weft(*arguments, **options):
    command = [str(WEFT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


def test_help_loads_nothing_heavy():
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", WEFT, "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in ended.stderr.splitlines() if "|" in line}
    assert "Usage: weft" in ended.stdout
    assert not HEAVY & loaded


def test_check_loads_no_engine(mesh):
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", WEFT, "check", mesh],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in ended.stderr.splitlines() if "|" in line}
    assert not {"pyarrow", "duckdb", "deltalake", "httptools", "rich", "sqlglot"} & loaded


def test_a_reader_that_goes_away_is_no_error(mesh):
    """As in `weft … | head -1`."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as nobody:
        ended = subprocess.run(
            [WEFT, "explain", "WEFT-1203"], stdout=nobody, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_debug_shows_the_traceback_and_nothing_else_does(tmp_path):
    assert "Traceback" not in _weft("product", "list", "-C", tmp_path).stderr
    assert "Traceback" in _weft("product", "list", "-C", tmp_path, "--debug").stderr


@pytest.fixture
def copy(mesh, tmp_path):
    return shutil.copytree(mesh, tmp_path / "copy")


@pytest.fixture
def running(copy):
    with _up(copy, "--port", "0") as started:
        yield started


@contextmanager
def _up(folder, *words):
    process = subprocess.Popen(
        [WEFT, "up", "-C", folder, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(6)]
        yield process, dict(line.split(maxsplit=1) for line in lines[1:])
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def test_a_mesh_runs_says_where_and_stops(copy, running, run):
    process, addresses = running
    with urllib.request.urlopen(addresses["portal"].strip() + "healthz", timeout=10) as answer:
        assert json.load(answer)["status"] == "ok"
    status = run("status", "-C", copy, "-o", "json").json
    assert status["running"]
    assert addresses["API"].startswith(status["address"])
    assert run("up", "-C", copy).code == 1
    while (ended := run("run", "-C", copy)).code == 0:
        pass  # until the worker has come up, the command does its work
    assert ended.code == 4
    more = copy.parent / "more.ndjson"
    more.write_text('{"thing_id": "d", "created_at": "2026-11-21T10:00:03Z"}\n')
    assert run("product", "publish", "first-product", more, "-C", copy).code == 0
    row = run("query", "SELECT thing_id FROM thing WHERE thing_id = 'd'", "-C", copy, "-o", "json").json
    assert row["rows"] == [["d"]]
    assert run("down", "-C", copy).code == 0
    assert process.wait(timeout=30) == 0
    assert run("status", "-C", copy, "-o", "json").json["running"] is False


DOOR = "http: 'https://0.0.0.0:0', tls: {certificate: '${env:TLS}/chain.pem', key: ../tls/key.pem}"


@pytest.fixture
def opened(copy, run, monkeypatch):
    """A mesh that is declared open to the network; its certificate, its process, and what it says of itself."""
    monkeypatch.setenv("TLS", str(copy.parent / "tls"))
    files = certificate(copy.parent / "tls", "localhost", "mesh.example.com")
    mesh = copy / "mesh.yaml"
    mesh.write_text(f"{mesh.read_text()}spec: {{environments: {{local: {{{DOOR}}}}}}}\n")
    assert run("check", copy).code == 0
    with _up(copy) as (process, addresses):
        yield files, process, addresses["portal"].strip()


def _caller(address, trust):
    return httpx2.Client(base_url=address, verify=trust, trust_env=False)


def test_over_tls_callers_come_under_the_names_of_the_certificate_and_leave_with_secure_cookies(copy, opened, run):
    files, process, address = opened
    secret = run("access", "key", "rita", "-C", copy).out.strip()
    with _caller(address, trusting(files)) as caller:
        assert caller.get("/healthz", headers={"host": "mesh.example.com:8443"}).status_code == 200
        for host in ("elsewhere.example.com", "0.0.0.0"):
            assert caller.get("/healthz", headers={"host": host}).status_code == 400
        signed_in = caller.post("/api/v1/session", json={"key": secret})
    assert signed_in.headers["strict-transport-security"] == "max-age=31536000"
    assert {"Secure", "HttpOnly", "SameSite=Strict"} <= set(signed_in.headers["set-cookie"].split("; "))
    status = run("status", "-C", copy, "-o", "json").json
    assert (status["running"], f"{status['address']}/") == (True, address)
    assert address.startswith("https://localhost:")
    assert run("down", "-C", copy).code == 0
    assert process.wait(timeout=30) == 0


def test_a_certificate_is_renewed_while_the_mesh_runs(copy, opened):
    files, _, address = opened
    before = trusting(files)
    with _caller(address, before) as staying:
        assert staying.get("/healthz").status_code == 200
        after = trusting(certificate(copy.parent / "tls", "localhost"))
        while not _answers(address, after):
            time.sleep(0.05)
        assert staying.get("/healthz").status_code == 200
    assert not _answers(address, before)


def _answers(address, trust):
    """Whether a new caller who trusts this certificate is answered."""
    try:
        with _caller(address, trust) as caller:
            return caller.get("/healthz").status_code == 200
    except httpx2.ConnectError:
        return False


def test_without_tls_the_door_does_not_open_to_the_network(copy):
    ended = _weft("up", "--host", "0.0.0.0", "--port", "0", "-C", copy)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "nothing encrypts what passes" in ended.stderr
