"""The ASGI face, driven by hand-made messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from videobar.errors import RequestTooLarge
from videobar.server.asgi import AsgiFace
from videobar.server.messages import CLIENT_GONE, ClientGone, HttpRequest, HttpResponse


class Exchange:
    """One request: the messages that come in, and those that went out."""

    def __init__(self, *incoming: dict[str, Any], headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        self.incoming = list(incoming)
        self.sent: list[dict[str, Any]] = []
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "raw_path": b"/rest/a%2Fb",
            "query_string": b"x=1",
            "headers": list(headers),
            "client": ("::ffff:10.0.0.5", 1234),
        }

    async def receive(self) -> dict[str, Any]:
        if not self.incoming:
            await asyncio.Event().wait()
        return self.incoming.pop(0)

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def is_complete(self) -> bool:
        return bool(self.sent) and self.sent[-1].get("more_body", False) is False and len(self.sent) > 1


def part(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.fixture
def run(clock: Any) -> Any:
    async def go(exchange: Exchange, limit: int = 10) -> Exchange:
        async def echo(request: HttpRequest) -> HttpResponse:
            assert (request.method, request.path, request.query) == ("POST", "/rest/a%2Fb", b"x=1")
            assert request.client == "10.0.0.5"
            try:
                return HttpResponse(200, [], await request.read_body(limit))
            except RequestTooLarge:
                return HttpResponse(413, [])
            except ClientGone:
                return HttpResponse(CLIENT_GONE, [])

        await AsgiFace(echo, clock)(exchange.scope, exchange.receive, exchange.send)
        return exchange

    return go


async def test_a_body_in_parts(run: Any) -> None:
    exchange = await run(Exchange(part(b"12", more=True), part(b"", more=True), part(b"34")))
    assert exchange.sent[0]["status"] == 200
    assert exchange.body == b"1234"


async def test_a_body_of_just_the_limit(run: Any) -> None:
    assert (await run(Exchange(part(b"x" * 10)))).sent[0]["status"] == 200


async def test_an_announced_length_is_enough_to_refuse(run: Any) -> None:
    exchange = await run(Exchange(headers=[(b"content-length", b"11")]))
    assert exchange.sent[0]["status"] == 413


async def test_parts_are_counted_and_reading_stops(run: Any) -> None:
    exchange = await run(Exchange(*[part(b"x" * 6, more=True)] * 5))
    assert exchange.sent[0]["status"] == 413
    assert len(exchange.incoming) == 3
    assert (await run(Exchange(part(b"x" * 11)))).sent[0]["status"] == 413


@pytest.mark.parametrize("before", [(), (part(b"1", more=True),)])
async def test_a_client_that_goes_away_gets_nothing(run: Any, before: tuple[dict[str, Any], ...]) -> None:
    assert (await run(Exchange(*before, {"type": "http.disconnect"}))).sent == []


@pytest.mark.parametrize("length", [b"x", b"-1", b"9" * 5000, b"\xb2"])
async def test_an_odd_length_is_not_believed(run: Any, length: bytes) -> None:
    exchange = await run(Exchange(part(b"1"), headers=[(b"content-length", length)]))
    assert exchange.sent[0]["status"] == 200


async def test_a_slow_body_is_refused(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("videobar.server.asgi.BODY_SECONDS", 0.0)
    caught: list[Exception] = []

    async def handle(request: HttpRequest) -> HttpResponse:
        try:
            await request.read_body(10)
        except Exception as error:
            caught.append(error)
        return HttpResponse(400, [])

    exchange = Exchange(part(b"1", more=True))
    await AsgiFace(handle, clock)(exchange.scope, exchange.receive, exchange.send)
    assert str(caught[0]).startswith("InvalidRequest: body: did not arrive")


async def test_the_date_is_room_time(run: Any, clock: Any) -> None:
    clock.epoch_ms = 784_111_777_999
    exchange = await run(Exchange(part(b"")))
    assert exchange.sent[0]["headers"][0] == (b"date", b"Sun, 06 Nov 1994 08:49:37 GMT")


async def test_other_protocols_are_left_alone(run: Any) -> None:
    exchange = Exchange()
    exchange.scope = {"type": "lifespan"}
    assert (await run(exchange)).sent == []


async def test_a_cancelled_request_ends_without_an_answer(clock: Any) -> None:
    async def handle(request: HttpRequest) -> HttpResponse:
        await asyncio.Event().wait()
        return HttpResponse(200, [])

    exchange = Exchange()
    task = asyncio.create_task(AsgiFace(handle, clock)(exchange.scope, exchange.receive, exchange.send))
    await asyncio.sleep(0)
    task.cancel()
    await task
    assert exchange.sent == []


class TestStreams:
    @pytest.fixture
    def stream(self, clock: Any) -> Any:
        async def go(chunks: list[bytes], length: int | None = None) -> Exchange:
            closed = []

            async def produce() -> AsyncIterator[bytes]:
                try:
                    for chunk in chunks:
                        if chunk == b"break":
                            raise OSError("the disk broke")
                        yield chunk
                finally:
                    closed.append(True)

            async def handle(request: HttpRequest) -> HttpResponse:
                headers = [] if length is None else [(b"content-length", b"%d" % length)]
                return HttpResponse(200, headers, produce())

            exchange = Exchange()
            await AsgiFace(handle, clock)(exchange.scope, exchange.receive, exchange.send)
            assert closed == [True]
            return exchange

        return go

    @pytest.mark.parametrize("length", [None, 7])
    async def test_whole(self, stream: Any, length: int | None) -> None:
        exchange = await stream([b"one ", b"", b"two"], length)
        assert exchange.body == b"one two"
        assert exchange.is_complete

    async def test_empty(self, stream: Any) -> None:
        exchange = await stream([], 0)
        assert exchange.body == b""
        assert exchange.is_complete

    @pytest.mark.parametrize(
        ("chunks", "length", "sent"),
        [
            ([b"one ", b"break"], 7, b"one "),
            ([b"one ", b"break"], None, b"one "),
            ([b"one "], 7, b"one "),
            ([b"one ", b"two", b"three"], 7, b"one two"),
        ],
        ids=["breaks", "breaks without length", "too short", "too long"],
    )
    async def test_what_goes_wrong_stays_incomplete(
        self,
        stream: Any,
        chunks: list[bytes],
        length: int | None,
        sent: bytes,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        exchange = await stream(chunks, length)
        assert exchange.body == sent
        assert not exchange.is_complete
        assert "download" in caplog.text
