"""The workshop's pytest plugin: real servers as fixtures. A missing one skips the test with its reason, and fails it in CI."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from weft.testing.servers.shared import Running, Server, borrowed

_SERVERS = {"postgres_server": "postgres"}
"""The fixture that starts a server → the mark of the tests that need it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the servers that it asks for, so that `-m "not postgres"` leaves them out."""
    for item in items:
        for fixture, mark in _SERVERS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


@pytest.fixture(scope="session")
def postgres_server(testrun_uid: str) -> Generator[Running]:
    """The run's PostgreSQL."""
    from weft.testing.servers.postgres import Postgres

    server = Postgres()
    demand(server)
    with borrowed(server, testrun_uid) as running:
        yield running


@pytest.fixture
def postgres(postgres_server: Running) -> Generator[str]:
    """The URL of a PostgreSQL database of the test's own."""
    from weft.testing.servers.postgres import database

    with database(postgres_server) as url:
        yield url


def demand(server: Server) -> None:
    """Go on only when the server can be started here."""
    if reason := server.missing():
        if os.environ.get("CI"):
            pytest.fail(f"CI must run every test: {reason}")
        pytest.skip(reason)
