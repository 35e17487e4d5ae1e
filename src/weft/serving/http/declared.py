"""The paths that products declare, such as `/payments/{payment_id}/status`, beside the standard ones."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from weft.model.errors import NotFound
from weft.model.key import key_text
from weft.model.mesh import Mesh
from weft.model.product import Endpoint, Product
from weft.serving.http.answer import Answer, as_json
from weft.serving.http.call import Call
from weft.serving.http.data import Data
from weft.serving.http.desk import Desk
from weft.serving.http.operation import Handler, Operation, Path, Paths


class Declared:
    """Answers what the fixed paths leave over, with the paths of the mesh as it stands."""

    def __init__(self, desk: Desk, data: Data) -> None:
        self._desk = desk
        self._data = data
        self._mesh: Mesh | None = None
        self._paths = Paths(())

    def find(self, parts: Sequence[str], verb: str) -> Path | None:
        """See Paths."""
        mesh = self._desk.door.house.mesh()
        if mesh is not self._mesh:
            found = [self._operations(product, one) for product in mesh.products for one in product.endpoints]
            self._paths = Paths(operation for operations in found for operation in operations)
            self._mesh = mesh
        return self._paths.find(parts, verb)

    def _operations(self, product: Product, endpoint: Endpoint) -> list[Operation]:
        return [
            Operation(method=method, path=endpoint.path, handler=handler, summary="", tag="data")
            for method, handler in self._handlers(product, endpoint)
        ]

    def _handlers(self, product: Product, endpoint: Endpoint) -> list[tuple[str, Handler]]:
        name, table = product.name, endpoint.table

        async def get(call: Call) -> Answer:
            return await self._data.one(call, name, table, _key(call))

        async def field(call: Call) -> Answer:
            return await self._field(call, name, endpoint)

        async def search(call: Call) -> Answer:
            return await self._data.searched(call, name, table)

        async def listed(call: Call) -> Answer:
            return await self._data.listed(call, name, table)

        match endpoint.operation:
            case "get":
                return [("GET", get)]
            case "field":
                return [("GET", field)]
            case "search":
                return [("POST", search), ("GET", listed)]
            case "list":
                return [("GET", listed)]

    async def _field(self, call: Call, product: str, endpoint: Endpoint) -> Answer:
        answer = await self._data.one(call, product, endpoint.table, _key(call))
        if answer.status != 200:  # noqa: PLR2004 - 304: the caller has the row, and so its field
            return answer
        row = msgspec.json.decode(answer.body, type=dict[str, msgspec.Raw])
        if endpoint.field not in row:
            raise NotFound(f"the row has no {endpoint.field} that you may see")
        return as_json({endpoint.field: row[endpoint.field]}, headers=answer.headers)


def _key(call: Call) -> str:
    return key_text([call.param(name) for name in call.params])
