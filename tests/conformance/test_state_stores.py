"""Every state store keeps its promises."""

from collections import defaultdict
from contextlib import ExitStack

import psycopg
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from weft.backends.state_stores.memory import MemoryState
from weft.backends.state_stores.postgresql import PostgresqlState
from weft.backends.state_stores.sqlite import SqliteState
from weft.testing.servers.postgres import database
from weft.testing.state_store import SharedStateContract, StateStoreContract
from weft.testing.state_store_model import StateMachine


class TestMemoryState(StateStoreContract):
    @pytest.fixture
    def open_state(self, tmp_path):
        return lambda: MemoryState.open("memory:", tmp_path)


class TestSqliteState(SharedStateContract):
    @pytest.fixture
    def open_state(self, tmp_path):
        return lambda: SqliteState.open("sqlite:", tmp_path)


@pytest.fixture(scope="module")
def url(postgres_server):
    """One database for the tests of a class, who empty it: making sixty would take a minute."""
    with database(postgres_server) as url:
        yield url


class TestPostgresqlState(SharedStateContract):
    @pytest.fixture
    def open_state(self, url, tmp_path):
        with psycopg.connect(url) as connection:
            connection.execute("DROP SCHEMA IF EXISTS weft CASCADE")
        return lambda: PostgresqlState.open(url, tmp_path)


class MemoryStateMachine(StateMachine):
    open_state = staticmethod(lambda folder: MemoryState.open("memory:", folder))


class SqliteStateMachine(StateMachine):
    open_state = staticmethod(lambda folder: SqliteState.open("sqlite:", folder))
    reopens = True


TestMemoryStateModel = MemoryStateMachine.TestCase
TestSqliteStateModel = SqliteStateMachine.TestCase


def test_postgresql_answers_like_a_dictionary(postgres_server):
    with ExitStack() as databases:
        urls = defaultdict(lambda: databases.enter_context(database(postgres_server)))

        class PostgresqlStateMachine(StateMachine):
            open_state = staticmethod(lambda folder: PostgresqlState.open(urls[folder], folder))
            reopens = True

        run_state_machine_as_test(PostgresqlStateMachine, settings=settings(max_examples=10))


def test_what_each_engine_can_do_is_told(tmp_path):
    memory = MemoryState.open("memory:", tmp_path).capabilities
    sqlite = SqliteState.open("sqlite:", tmp_path).capabilities
    postgresql = PostgresqlState.open("postgresql://nobody@nowhere/nothing", tmp_path).capabilities
    assert [(c.durable, c.shared) for c in (memory, sqlite, postgresql)] == [(False, False), (True, True), (True, True)]
