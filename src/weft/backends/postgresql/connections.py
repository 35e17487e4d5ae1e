"""A few connections to one PostgreSQL, lent to whoever asks, with its errors told as ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from weft.model.errors import Corrupt, Environment, InvalidInput, Unavailable

Connection = psycopg.AsyncConnection[tuple[object, ...]]


@contextmanager
def told(place: str) -> Generator[None]:
    """Turn what psycopg raises into what Weft promises to raise."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise Unavailable(
            f"{place}: {_line(error)}", hint="check that it runs and lets us in, then try again"
        ) from error
    except psycopg.ProgrammingError as error:
        raise Environment(
            f"{place}: {_line(error)}", hint="check the rights of its user, and who else uses its tables"
        ) from error
    except psycopg.Error as error:
        raise Corrupt(f"{place}: {_line(error)}", hint="check the database") from error


def _line(error: psycopg.Error) -> str:
    return str(error).strip().partition("\n")[0]


class Connections:
    """Opens a connection when none is free, up to `most`; a broken one is thrown away."""

    def __init__(self, url: str, *, most: int = 4) -> None:
        try:
            info = conninfo_to_dict(url)
        except psycopg.ProgrammingError:
            # Without its cause: that would print the URL, and the URL may hold a password.
            raise InvalidInput("this is no PostgreSQL URL", hint="postgresql://user@host:5432/database") from None
        self.place = f"postgresql://{info.get('host', '')}:{info.get('port', '5432')}/{info.get('dbname', '')}"
        self._url = url
        self._free: list[Connection] = []
        self._room = asyncio.Semaphore(most)
        self._closed = False

    def check_open(self) -> None:
        """Refuse with Unavailable once closed."""
        if self._closed:
            raise Unavailable(f"{self.place} is closed", hint="open it again")

    @asynccontextmanager
    async def lend(self) -> AsyncGenerator[Connection]:
        """A connection for the time of the block, in autocommit: a statement is a transaction unless one is begun."""
        async with self._room:
            self.check_open()
            with told(self.place):
                connection = self._free.pop() if self._free else await self._connect()
                try:
                    yield connection
                finally:
                    await self._take_back(connection)

    async def close(self) -> None:
        """Close what is free; what is lent closes when it comes back."""
        self._closed = True
        while self._free:
            await self._free.pop().close()

    async def _connect(self) -> Connection:
        connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=10, client_encoding="UTF8"
        )
        if connection.info.parameter_status("server_encoding") != "UTF8":
            await connection.close()
            raise Environment(f"{self.place} does not keep text in UTF-8", hint="CREATE DATABASE … ENCODING 'UTF8'")
        return connection

    async def _take_back(self, connection: Connection) -> None:
        if self._closed or connection.info.transaction_status != TransactionStatus.IDLE:
            await connection.close()
        else:
            self._free.append(connection)
