"""At no moment, on no port, for no role is a row to be seen that breaks its contract; and what was written can be read."""

from __future__ import annotations

import asyncio
import io
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from ports.conftest import PRODUCT, READERS, TABLE, Ports, open_ports

from weft._kit.clock import SystemClock
from weft.model.product import Source
from weft.pipelines.files import BulkShelf
from weft.pipelines.follow import Follower
from weft.pipelines.inbox import Inbox
from weft.pipelines.refine import Refiner
from weft.platform.supervise import keep_views
from weft.platform.worker import Worker
from weft.telemetry.logs import Log

KEYS = st.integers(1, 4).map("o{}".format)
GOOD = st.fixed_dictionaries({"order_id": KEYS, "amount": st.integers(100, 999), "status": st.just("PAID")})
BAD = st.one_of(
    st.fixed_dictionaries({"order_id": KEYS, "amount": st.integers(-9, -1), "status": st.just("PAID")}),
    st.fixed_dictionaries({"order_id": KEYS, "amount": st.integers(100, 999), "status": st.just("GONE")}),
    st.fixed_dictionaries({"order_id": KEYS, "status": st.just("PAID")}),
)
ROWS = st.lists(GOOD | BAD, min_size=1, max_size=4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), ROWS),
        st.tuples(st.just("file"), ROWS),
        st.sampled_from([("stage", 1), ("stage", 2), ("refine", None), ("view", None), ("take in", None)]),
    ),
    min_size=3,
    max_size=8,
)


class Pipeline:
    """The background work of one table, a step at a time, stopped between any two stages."""

    def __init__(self, ports: Ports, folder: Path) -> None:
        node = ports.mesh.node
        self.ports = ports
        product = node.mesh.products[0]
        table = product.tables[0]
        shelf = BulkShelf(node.workshop)
        source = Source(name="drop", kind="files", url="inbox", table=TABLE)
        self.inbox = Inbox(node.workshop, product, source, folder, shelf)
        self.follower = Follower(node.workshop, product, table)
        self._make = lambda: Refiner(node.workshop, product, table, shelf)
        self._folder = folder
        self._files = 0

    async def do(self, step: str, what: object) -> None:
        match step:
            case "publish":
                await self.ports.publish(*what)
            case "file":
                self._files += 1
                path = self._folder / "inbox" / f"{self._files}.ndjson"
                path.parent.mkdir(exist_ok=True)
                path.write_text("".join(json.dumps(row) + "\n" for row in what))
                await self.inbox.look()
            case "stage":
                refiner = self._make()  # only the first stages of a batch run, as when a kill comes after them
                refiner.stages = refiner.stages[:what]
                await refiner.advance()
            case "refine":
                await self._make().advance()
            case "view":
                await self.follower.advance()
            case "take in":
                await self.follower.take_in_bulk()


@settings(max_examples=8, deadline=None)
@given(steps=STEPS)
async def test_a_breaking_row_is_never_to_be_seen(steps: list[tuple[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_ports(Path(folder)) as ports:
            pipeline = Pipeline(ports, Path(folder))
            good: list[dict] = []
            for step, what in [*steps, ("refine", None), ("view", None)]:
                await pipeline.do(step, what)
                if isinstance(what, list):
                    good += [row for row in what if row.get("amount", -1) > 0 and row["status"] == "PAID"]
                await _check(ports, good)


async def _check(ports: Ports, good: list[dict]) -> None:
    for who in ("team", "analyst"):
        seen = {
            "REST by key": await ports.rest_rows(who, ["o1", "o2", "o3", "o4"]),
            "REST list": await ports.rest_list(who),
            "SQL": await ports.rest_query(who),
        }
        for port, rows in seen.items():
            assert isinstance(rows, dict), (who, port, rows)
            assert all(row in good for row in rows.values()), (who, port, rows)


async def test_who_may_not_write_cannot_see_quarantined_bytes(ports: Ports) -> None:
    await ports.publish({"order_id": "o1", "amount": -1, "status": "NEW"})
    await ports.mesh.refine()
    path = f"/api/v1/products/{PRODUCT}/quarantine/{TABLE}"
    answers = {who: (await ports.http.get(path, headers=ports.headers(who))).status_code for who in READERS}
    assert answers == {"team": 200, "fraud": 403, "analyst": 403, "auditor": 403, "stranger": 403}


async def test_what_was_written_can_be_read_on_every_port_at_its_position(ports: Ports) -> None:
    node, stop = ports.mesh.node, asyncio.Event()
    log = Log(io.StringIO(), SystemClock())
    worker = Worker(node, log)
    jobs = [asyncio.create_task(worker.run(stop)), asyncio.create_task(keep_views(node, stop, log))]
    for i in range(10):
        order = {"order_id": f"o{i % 3}", "amount": float(i), "status": "PAID"}
        receipt = await ports.publish(order, {"order_id": "bad"})
        headers = ports.headers("team") | {"Weft-Position": str(receipt.position)}
        base = f"/api/v1/products/{PRODUCT}/{TABLE}"
        by_key = await ports.http.get(f"{base}/{order['order_id']}", headers=headers)
        listed = await ports.http.get(f"{base}?order_id={order['order_id']}", headers=headers)
        searched = await ports.http.post(f"{base}/search", json={"filters": {"amount": i}}, headers=headers)
        assert by_key.json() == order
        assert listed.json()["items"] == searched.json()["items"] == [order]
    stop.set()
    await asyncio.gather(*jobs)
