"""Signs for machines: alive, ready, and the numbers that Prometheus collects."""

from __future__ import annotations

from weft.events.views import CURSORS
from weft.model.errors import Unavailable, WeftError
from weft.serving.http.answer import Answer, as_json
from weft.serving.http.call import Call
from weft.serving.http.desk import Desk
from weft.serving.vitals import Vitals
from weft.telemetry import metrics


class Signs:
    """Routes without credentials; they tell nothing of what the mesh holds but counts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._vitals = Vitals(desk.door.house)

    async def alive(self, _: Call) -> Answer:
        """GET whether the process answers, and how durable its acknowledgements are."""
        return as_json({"status": "ok", "durability": self._desk.settings.durability})

    async def ready(self, _: Call) -> Answer:
        """GET whether log and state answer too."""
        house = self._desk.door.house
        try:
            await house.log.topics()
            await house.state.get(CURSORS, "")
        except WeftError as error:
            raise Unavailable("not ready: the log or the state does not answer") from error
        return as_json({"status": "ok"})

    async def metrics(self, _: Call) -> Answer:
        """GET all counters; those of tables as the state store has them, whichever process did the work."""
        self._desk.metrics.tables(await self._vitals.figures(self._desk.door.house.mesh()))
        return Answer(self._desk.metrics.text(), media=metrics.MEDIA.encode())
