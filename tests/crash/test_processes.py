"""A real `weft up`, its door or its worker killed: it comes back, and every acknowledged row is there once."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from crash.oracle import Counted, Sent, count
from crash.rig import PRODUCT, TABLE, make_folder, payment

WEFT = str(Path(sys.executable).with_name("weft"))
PEOPLE = "apiVersion: w/v1\nkind: Identities\nspec: {users: [{id: paula, name: Paula, roles: [payments-team]}]}\n"
ROUNDS = 8


class Running:
    """`weft up` as a child process."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder
        self.key = key
        said = folder / "up.txt"
        with said.open("w") as out, (folder / "up.err").open("a") as err:
            self.process = subprocess.Popen([WEFT, "-C", str(folder), "up", "--port", "0"], stdout=out, stderr=err)
        while "http://" not in said.read_text():
            assert self.process.poll() is None, (folder / "up.err").read_text()[-2000:]
            time.sleep(0.02)
        self.address = next(word for word in said.read_text().split() if word.startswith("http://")).rstrip("/")

    def post(self, rows: list[dict]) -> None:
        url = f"{self.address}/api/v1/products/{PRODUCT}/ingest/{TABLE}"
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        with urllib.request.urlopen(
            urllib.request.Request(url, json.dumps(rows).encode(), headers), timeout=20
        ) as answer:
            assert answer.status == 202

    def worker(self) -> int:
        """The process id of the worker, once there is one."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        while not (found := children.read_text().split()):
            time.sleep(0.02)
        return int(found[0])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.mark.crash
@pytest.mark.slow
def test_whichever_process_is_killed_every_acknowledged_row_is_there_once(tmp_path: Path) -> None:
    folder, chance = tmp_path / "mesh", random.Random(3)
    make_folder(folder)
    (folder / "people.yaml").write_text(PEOPLE)
    subprocess.run([WEFT, "-C", str(folder), "apply", "--yes"], check=True, capture_output=True)
    key = subprocess.run(
        [WEFT, "-C", str(folder), "access", "key", "paula"], check=True, capture_output=True, text=True
    ).stdout.split()[-1]
    acknowledged: dict[str, bool] = {}
    mesh = Running(folder, key)
    for number in range(ROUNDS):
        for _ in range(5):
            rows = [payment(chance, good=chance.random() > 0.2) for _ in range(20)]
            mesh.post(rows)
            acknowledged |= {row["payment_id"]: row["currency"] == "EUR" for row in rows}
        time.sleep(chance.random() * 0.5)
        if number % 2:
            os.kill(mesh.worker(), signal.SIGKILL)
        else:
            mesh.kill()
            mesh = Running(folder, key)
    mesh.process.terminate()
    assert mesh.process.wait(30) == 0
    subprocess.run([WEFT, "-C", str(folder), "run"], check=True, capture_output=True)
    sent = Sent(filed={}, tried=acknowledged, acknowledged=acknowledged)
    assert asyncio.run(count(folder, PRODUCT, TABLE, sent)) == Counted(lost=[], doubled=[], leaked=[], findings=[])
