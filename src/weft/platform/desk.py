"""What the HTTP port is handed, put together from an opened mesh."""

from __future__ import annotations

from pathlib import Path

import weft
from weft._kit.hosts import in_url, is_wildcard
from weft.platform.node import Node
from weft.serving.http.desk import Desk, Settings
from weft.telemetry.logs import Log


def portal_folder() -> Path | None:
    """The built portal inside the package; None where it was not built."""
    folder = Path(weft.__file__).parent / "portal" / "static"
    return folder if (folder / "index.html").is_file() else None


def make_desk(node: Node, log: Log, *hosts: str, secure: bool = False) -> Desk:
    """The desk of a node that answers under these host names, and over TLS only if it is secure."""
    settings = Settings(
        name=node.mesh.name,
        environment=node.environment.name,
        version=weft.__version__,
        durability=node.engines.log.capabilities.durability,
        hosts=tuple(in_url(host) for host in hosts if not is_wildcard(host)),
        portal_folder=portal_folder(),
        secure=secure,
    )
    return Desk(
        door=node.door,
        identity=node.identity(),
        ingest=node.ingest.take,
        metrics=node.metrics,
        log=log,
        settings=settings,
        clock=node.clock,
        ids=node.ids,
    )
