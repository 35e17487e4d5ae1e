"""Raw bytes against a real server: no request is smuggled, no head is endless, and the door closes when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from weft.model.errors import Environment, InvalidInput
from weft.serving.http import connection
from weft.serving.http.app import build_app
from weft.serving.http.server import serve

Good = Callable[..., dict[str, Any]]
BASE = "/api/v1/products/payments-data-product"
OK = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
async def port(world: Any) -> AsyncIterator[int]:
    stop, told = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(build_app(world.desk), "127.0.0.1", 0, ready=told.set_result, stop=stop))
    yield int((await told).rpartition(":")[2])
    stop.set()
    await serving


async def talk(port: int, *parts: bytes, patience: float = 5.0) -> tuple[list[int], bytes]:
    """Send, read until the server closes or falls silent; the statuses of all answers and their text."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        for part in parts:
            writer.write(part)
            await writer.drain()
        while chunk := await asyncio.wait_for(reader.read(65536), 0.4 if received else patience):
            received += chunk
    writer.close()
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)], received


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n"
CASES = {
    "length and chunked": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunked and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n" + SMUGGLED,
    "two equal lengths": POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    "a list of lengths": POST + b"Content-Length: 4, 4\r\n\r\nabcd" + SMUGGLED,
    "a signed length": POST + b"Content-Length: +4\r\n\r\nabcd" + SMUGGLED,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + SMUGGLED,
    "a hexadecimal length": POST + b"Content-Length: 0x4\r\n\r\nabcd" + SMUGGLED,
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "identity and chunked": POST
    + b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + SMUGGLED,
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunked, then more": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a folded header": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a bare line feed": b"GET /healthz HTTP/1.1\nHost: localhost\n\n" + SMUGGLED,
    "a carriage return inside": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n" + SMUGGLED,
    "a chunk size that overflows": POST + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" + SMUGGLED,
    "a chunk size with a sign": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + SMUGGLED,
    "chunked in HTTP/1.0": b"POST /oauth/token HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
    "an absolute target": b"GET http://evil/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an authority as target": b"CONNECT evil:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an asterisk as target": b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no version": b"GET /healthz\r\n\r\n",
    "a NUL in a header": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n" + SMUGGLED,
    "a NUL in the path": b"GET /healthz\0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a path that is no ASCII": b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "steps in the path": b"GET /assets/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "encoded steps in the path": b"GET /assets/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "TLS on a plain port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 40,
}


@pytest.mark.parametrize("name", CASES)
async def test_an_ambiguous_request_gets_one_refusal_and_nothing_behind_it_is_read(port: int, name: str) -> None:
    statuses = (await talk(port, CASES[name]))[0]
    assert statuses == [400]


async def test_refusals_of_the_protocol_are_problems_too(port: int) -> None:
    _, text = await talk(port, CASES["two lengths"])
    assert b"application/problem+json" in text
    assert b"httptools" not in text


async def test_lawful_requests_one_after_another_are_all_answered(port: int) -> None:
    chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"
    assert (await talk(port, OK + chunked + OK))[0] == [200, 400, 200]


async def test_an_answer_without_a_body_does_not_hold_up_the_next(port: int) -> None:
    head = OK.replace(b"GET", b"HEAD")
    assert (await talk(port, head + OK))[0] == [200, 200]
    assert (await talk(port, head))[0] == [200]


async def test_a_caller_may_wait_for_leave_to_send_the_body(world: Any, port: int, good: Good) -> None:
    token, body = await world.token("paula"), json.dumps(good(1)).encode()
    head = f"POST {BASE}/ingest/payment HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    head += f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.encode())
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(body)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 202 ")
    writer.close()


async def test_a_large_answer_arrives_whole(world: Any, port: int, good: Good) -> None:
    await world.publish(*(good(i, note="x" * 2000) for i in range(500)))
    token = await world.token("paula")
    request = f"GET {BASE}/payment?size=500 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    statuses, text = await talk(port, request.encode(), patience=20)
    head, _, body = text.partition(b"\r\n\r\n")
    assert statuses == [200]
    assert len(body) == int(re.search(rb"content-length: (\d+)", head)[1])


async def test_a_head_without_end_is_cut_off(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = 0
    with contextlib.suppress(ConnectionError):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ")
        while sent < 16 << 20:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536
            await asyncio.sleep(0)
    assert sent < 16 << 20
    writer.close()


async def test_too_many_headers_are_told_so(port: int) -> None:
    many = b"".join(b"X-%d: 1\r\n" % i for i in range(200))
    assert (await talk(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + many + b"\r\n"))[0] == [431]
    assert (await talk(port, b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"))[0] == [414]


async def test_a_body_that_is_too_large_is_refused_before_it_has_come(world: Any, port: int) -> None:
    token = await world.token("paula")
    head = f"POST {BASE}/ingest/payment HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    statuses, _ = await talk(port, head.encode() + b"Content-Length: 999999999\r\n\r\n")
    assert statuses == [413]


async def test_the_door_opens_to_the_network_only_with_tls(world: Any) -> None:
    with pytest.raises(InvalidInput, match="open to the network"):
        await serve(build_app(world.desk), "0.0.0.0", 0, ready=print, stop=asyncio.Event())


async def test_a_port_that_is_taken_is_told_by_its_number(world: Any, port: int) -> None:
    with pytest.raises(Environment, match=str(port)):
        await serve(build_app(world.desk), "127.0.0.1", port, ready=print, stop=asyncio.Event())


async def test_requests_under_way_are_answered_when_the_door_closes(world: Any, good: Good) -> None:
    stop, told = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(build_app(world.desk), "127.0.0.1", 0, ready=told.set_result, stop=stop))
    port = int((await told).rpartition(":")[2])
    token = await world.token("paula")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET {BASE}/payment/p1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nWeft-Position: 1\r\n\r\n"
    writer.write(request.encode())
    await asyncio.sleep(0.1)
    stop.set()
    await world.publish(good(1))
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    writer.close()
    await serving


@pytest.mark.parametrize("cut", [0, 3, 40])
async def test_a_large_body_may_come_in_one_piece_with_its_head(world: Any, port: int, good: Good, cut: int) -> None:
    body = json.dumps([good(number) for number in range(1500)]).encode()
    assert len(body) > 200_000
    lines = [
        f"POST {BASE}/ingest/payment HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {await world.token('paula')}",
    ]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    request = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    at = request.index(b"\r\n\r\n") + cut
    statuses, text = await talk(port, request[:at], request[at:])
    assert statuses == [202], text[:300]


async def test_a_bad_request_is_refused_after_the_answers_to_those_before_it(port: int) -> None:
    assert (await talk(port, OK + OK + CASES["two lengths"]))[0] == [200, 200, 400]


async def test_a_thousand_requests_in_one_breath_are_all_answered(port: int) -> None:
    assert (await talk(port, OK * 1000))[0] == [200] * 1000


async def test_who_has_said_all_still_gets_the_answer(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(OK)
    writer.write_eof()
    assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_a_caller_of_another_protocol_is_answered_in_this_one_and_let_go(port: int) -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    statuses, text = await talk(port, OK.replace(b"\r\n\r\n", b"\r\n" + upgrade + b"\r\n"), OK)
    assert statuses == [200]
    assert b"connection: close" in text


async def test_a_refusal_reaches_a_caller_who_is_still_sending(world: Any, port: int) -> None:
    head = f"POST {BASE}/ingest/payment HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {await world.token('paula')}\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.encode() + b"Content-Length: 20000000\r\n\r\n")
    for _ in range(20):
        writer.write(b"x" * 1_000_000)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 413 ")
    writer.close()


async def test_a_caller_who_takes_no_answers_is_not_read_any_further(world: Any, port: int, good: Good) -> None:
    await world.publish(*(good(i, note="x" * 2000) for i in range(200)))
    request = f"GET {BASE}/payment?size=200 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {await world.token('paula')}\r\n\r\n"
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    many, sent = request.encode() * 1000, 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            while sent < 200:
                writer.write(many)
                await writer.drain()
                sent += 1
    assert sent < 200
    writer.transport.abort()


@pytest.mark.parametrize("said", [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: ", OK])
async def test_a_silent_caller_is_let_go(port: int, said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.1)
    monkeypatch.setattr(connection, "IDLE_SECONDS", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    with contextlib.suppress(ConnectionResetError):
        async with asyncio.timeout(5):
            await reader.read()
    writer.close()


async def test_a_body_that_stops_coming_is_refused(world: Any, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.1)
    head = f"POST {BASE}/ingest/payment HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {await world.token('paula')}\r\n"
    assert (await talk(port, head.encode() + b"Content-Length: 100\r\n\r\n{"))[0] == [503]
