"""Point reads: GET of one row by key over HTTP with a JWT, one worker, 32 connections; the promise is >= 10,000 requests/s
and p95 < 10 ms. The peer in the same run is FastAPI, which returns the row from a dict after checking the same JWT.

    python benchmarks/point_reads.py [--rows 100000] [--seconds 5] [--rounds 3] [--peer /path/to/python-with-fastapi]

Needs `wrk` (apt-get install wrk), else a small client of our own drives, which is itself the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 32
PRODUCT = "payments-data-product"

WRK = """
local counter = 0
function init(args) counter = math.random(0, ROWS - 1) end
function request()
  counter = (counter + 7919) % ROWS
  return wrk.format("GET", string.format("PATH", counter))
end
function done(summary, latency)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  print(string.format("FIGURES %f %f %f %f %d", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000, failed))
end
"""

PEER = """
import json, sys
import jwt, uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request

PUBLIC = jwt.PyJWK.from_dict(json.loads(sys.argv[2])).key
ALGORITHM = json.loads(sys.argv[2]).get("alg", "ES256")
ROWS = {f"p{i}": {"payment_id": f"p{i}", "customer_id": i + 1, "amount": 10.5, "currency": "EUR", "status": "PENDING",
        "payment_method": {"type": "CARD", "last_four": "1234"}, "created_at": "2026-01-02T03:04:05Z"} for i in range(int(sys.argv[1]))}
app = FastAPI()

def who(request: Request):
    try:
        return jwt.decode(request.headers["authorization"][7:], PUBLIC, algorithms=[ALGORITHM], options={"verify_aud": False})
    except Exception as error:
        raise HTTPException(401) from error

@app.get("/api/v1/products/{product}/{table}/{key}")
async def row(product: str, table: str, key: str, claims: dict = Depends(who)):
    if key not in ROWS:
        raise HTTPException(404)
    return ROWS[key]

class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print("READY http://127.0.0.1:%d" % self.servers[0].sockets[0].getsockname()[1], flush=True)

Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False)).run()
"""


@dataclass(frozen=True, slots=True)
class Figures:
    rps: float
    p50: float
    p95: float
    p99: float
    failed: int


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--seconds", type=int, default=5)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--user", default="paula", help="paula sees all, ana sees through masks")
    arguments.add_argument("--peer", default="/tmp/peer/bin/python")
    arguments.add_argument("--door", help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.door:
        run_door(Path(chosen.door), chosen.rows, chosen.user)
        return
    with tempfile.TemporaryDirectory() as folder:
        bench(chosen, folder)


def bench(chosen: argparse.Namespace, folder: str) -> None:
    door = start([sys.executable, __file__, "--door", folder, "--rows", str(chosen.rows), "--user", chosen.user])
    url, token, key = door.line("READY").split(" ", 2)
    peer = None
    if Path(chosen.peer).exists():
        peer = start([chosen.peer, "-c", PEER, str(chosen.rows), key])
        peer_url = peer.line("READY")
    ours: list[Figures] = []
    theirs: list[Figures] = []
    for _ in range(chosen.rounds):
        used = door.cpu()
        ours.append(drive(url, token, chosen))
        show("weft", ours[-1], (door.cpu() - used) / (ours[-1].rps * chosen.seconds) * 1e6)
        if peer:
            used = peer.cpu()
            theirs.append(drive(peer_url, token, chosen))
            show("fastapi", theirs[-1], (peer.cpu() - used) / (theirs[-1].rps * chosen.seconds) * 1e6)
    for process in filter(None, (door, peer)):
        process.stop()
    median = statistics.median(one.rps for one in ours)
    print(
        f"median {median:,.0f} requests/s, p95 {statistics.median(one.p95 for one in ours):.2f} ms (promised: 10,000 and 10)"
    )
    if theirs:
        print(f"ratio to FastAPI: {median / statistics.median(one.rps for one in theirs):.1f}")


def show(name: str, found: Figures, micros: float) -> None:
    print(
        f"{name:8} {found.rps:9,.0f} requests/s   p50 {found.p50:6.2f}  p95 {found.p95:6.2f}  p99 {found.p99:6.2f} ms"
        f"   {micros:5.0f} us CPU/request   failed {found.failed}"
    )


class Child:
    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def line(self, word: str) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(word):
                return line.removeprefix(word).strip()
        raise SystemExit(f"the child ended: {self._process.wait()}")

    def cpu(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(15)


def start(command: list[str]) -> Child:
    return Child(command)


def drive(url: str, token: str, chosen: argparse.Namespace) -> Figures:
    path = f"/api/v1/products/{PRODUCT}/payment/p%d"
    if shutil.which("wrk") is None:
        return asyncio.run(drive_ourselves(url, path, token, chosen))
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(WRK.replace("ROWS", str(chosen.rows)).replace("PATH", path))
        script.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{chosen.seconds}s", "-s", script.name]
        command += ["-H", f"Authorization: Bearer {token}", url]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    line = next(line for line in told.splitlines() if line.startswith("FIGURES"))
    rps, p50, p95, p99, failed = line.split()[1:]
    return Figures(float(rps), float(p50), float(p95), float(p99), int(failed))


async def drive_ourselves(url: str, path: str, token: str, chosen: argparse.Namespace) -> Figures:
    host, _, port = url.removeprefix("http://").partition(":")
    times: list[float] = []
    failed = 0
    ends = time.perf_counter() + chosen.seconds

    async def one(number: int) -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection(host, int(port))
        while time.perf_counter() < ends:
            number = (number + 7919) % chosen.rows
            began = time.perf_counter()
            head = f"GET {path % number} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
            writer.write(head.encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            failed += b" 200 " not in answer[:16]
            times.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(one(i * 1000) for i in range(CONNECTIONS)))
    cuts = statistics.quantiles(times, n=100)
    return Figures(len(times) / chosen.seconds, cuts[49] * 1e3, cuts[94] * 1e3, cuts[98] * 1e3, failed)


def run_door(folder: Path, rows: int, user: str) -> None:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(door(folder, rows, user))


async def door(folder: Path, rows: int, user: str) -> None:
    from weft._kit.clock import SystemClock, SystemIds
    from weft.backends.engines.duckdb import DuckdbEngine
    from weft.backends.event_logs.file import FileLog
    from weft.backends.identities.embedded import EmbeddedIdentity
    from weft.backends.keys.file import FileKeys
    from weft.backends.state_stores.sqlite import SqliteState
    from weft.backends.table_stores.delta import DeltaTables
    from weft.events.views import ROW_RECEIVED, KeyedView, Projected
    from weft.governance.audit import AuditTrail
    from weft.model.event import Event
    from weft.serving.door import Door
    from weft.serving.http.app import build_app
    from weft.serving.http.desk import Desk, Settings
    from weft.serving.http.server import serve
    from weft.serving.reader import House
    from weft.telemetry.logs import Log
    from weft.telemetry.metrics import Metrics

    clock, ids, mesh, metrics = SystemClock(), SystemIds(), bank(), Metrics()
    state = SqliteState.open("sqlite:", folder)
    log = FileLog.open("file:", folder)
    view = KeyedView(f"{PRODUCT}/payment", state)
    now = clock.now()
    for begin in range(0, rows, 2000):
        numbers = range(begin, min(rows, begin + 2000))
        events = [
            Event(id=f"event-{i}", type=ROW_RECEIVED, source="bench", time=now, data=row(i), key=f"p{i}")
            for i in numbers
        ]
        await log.append(view.topic, events)
        await view.advance(log, lambda record: Projected(record.event.key, record.event.data))
    keys = FileKeys.open(f"file:{folder / 'keys'}", folder / "data")
    identity = EmbeddedIdentity.open(
        "embedded:", identities=lambda: mesh.identities, state=state, keys=keys, clock=clock, ids=ids
    )
    house = House(
        mesh=lambda: mesh,
        log=log,
        state=state,
        tables=DeltaTables.open("file:", folder, clock=clock),
        engine=DuckdbEngine.open("duckdb:", folder, clock=clock),
        audit=AuditTrail(state, clock),
        clock=clock,
        salt="salt",
        metrics=metrics,
    )
    desk = Desk(
        door=Door(house),
        identity=identity,
        ingest=None,
        metrics=metrics,
        log=Log(sys.stderr, clock),
        settings=Settings(name="bank"),
        clock=clock,
        ids=ids,
    )
    token = (await identity.issue(await identity.find(user), seconds=3600)).text
    jwk = json.dumps((await identity.jwks())["keys"][0])
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    profile = os.environ.get("WEFT_PROFILE")
    if profile:
        import cProfile

        watch = cProfile.Profile()
        watch.enable()
    await serve(
        build_app(desk), "127.0.0.1", 0, ready=lambda url: print("READY", url, token, jwk, flush=True), stop=stop
    )
    if profile:
        watch.disable()
        watch.dump_stats(profile)
    await house.audit.flush()


def row(number: int) -> bytes:
    return (
        f'{{"payment_id":"p{number}","customer_id":{number + 1},"amount":10.50,"currency":"EUR","status":"PENDING",'
        '"payment_method":{"type":"CARD","last_four":"1234"},"created_at":"2026-01-02T03:04:05Z"}'
    ).encode()


def bank() -> object:
    from weft.model.column import Column
    from weft.model.mesh import Identities, Mesh, User
    from weft.model.product import Grant, Product, Table

    columns = (
        Column(name="payment_id", kind="string", required=True),
        Column(name="customer_id", kind="integer", required=True, classification="restricted"),
        Column(name="amount", kind="decimal", scale=2),
        Column(name="currency", kind="string"),
        Column(name="status", kind="string"),
        Column(
            name="payment_method",
            kind="object",
            fields=(
                Column(name="type", kind="string"),
                Column(name="last_four", kind="string", classification="confidential"),
            ),
        ),
        Column(name="created_at", kind="timestamp"),
    )
    product = Product(
        name=PRODUCT,
        domain="payments",
        version="1.0.0",
        owner="payments-team@banking.com",
        file="payments.yaml",
        tables=(Table(name="payment", layer="silver", columns=columns, key=("payment_id",)),),
        access=(
            Grant(role="payments-team", permissions=frozenset({"read", "write", "admin"})),
            Grant(role="analytics-team", permissions=frozenset({"read"})),
        ),
    )
    users = (
        User(id="paula", name="Paula", roles=frozenset({"payments-team"})),
        User(id="ana", name="Ana", roles=frozenset({"analytics-team"})),
    )
    return Mesh(name="bank", folder="bank", products=(product,), identities=Identities(users=users))


if __name__ == "__main__":
    main()
