"""The `weft` program itself: what only a process of its own can show. Each costs its start, so they are few."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

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
    process = subprocess.Popen(
        [WEFT, "up", "--port", "0", "-C", copy], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
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
