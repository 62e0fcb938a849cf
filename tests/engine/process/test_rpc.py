"""Remote procedure calls: messages made of an interface, its proxy and its server."""

from __future__ import annotations

import asyncio
import inspect
from typing import Protocol

import msgspec
import pytest
from tests.waiting import until

from videobar.engine.endpoint import Endpoint
from videobar.engine.process.interface import ENGINE, Engine
from videobar.engine.process.rpc import Interface, Server, Unanswered, proxy
from videobar.room.calls.port import DialOrder, Refusal
from videobar.room.delivery import Delivery, if_running, kept


class Lamp(Protocol):
    on: bool

    @kept
    def dim(self, percent: int, *, colour: str = "white") -> None: ...

    @kept
    @if_running
    def lock(self) -> None: ...

    @if_running
    def blink(self, times: tuple[int, ...]) -> None: ...

    def switch(self, refusal: Refusal | None) -> None: ...

    async def hours(self, which: str) -> dict[str, int]: ...

    def model(self) -> str: ...


LAMP = Interface(Lamp)


class Shining:
    def __init__(self):
        self.done = []

    def dim(self, percent, colour="white"):
        self.done.append(("dim", percent, colour))

    def lock(self):
        raise RuntimeError("no key")

    def blink(self, times):
        self.done.append(("blink", times))

    def switch(self, refusal):
        self.done.append(("switch", refusal))

    async def hours(self, which):
        return {which: {"all": 7}[which]}


class Here:
    """Hands calls to a server in this process, as bytes."""

    def __init__(self, server, reports):
        self.server, self.reports = server, reports
        self.decoder = msgspec.msgpack.Decoder(LAMP.messages)
        self.asked = 0

    def send(self, command, *args, **kwargs):
        message = LAMP.method(command).message(*args, **kwargs)
        self.server.handle(self.decoder.decode(msgspec.msgpack.encode(message)))

    async def ask(self, request, *args, **kwargs):
        self.asked += 1
        method = LAMP.method(request)
        self.server.handle(method.message(self.asked, *args, **kwargs))
        report = (await until(lambda: [each for each in self.reports if each.number == self.asked], "it"))[0]
        if isinstance(report, Unanswered):
            raise LookupError(report.detail)
        return method.answer.decode(report.answer)


@proxy(LAMP, lambda lamp: lamp.caller)
class Remote(Lamp):
    def __init__(self, caller):
        self.caller = caller

    def model(self):
        return "here"

    def switch(self, refusal):
        self.caller.send(Lamp.switch, refusal or Refusal.BUSY)


@pytest.fixture
async def lamp():
    shining, reports = Shining(), []
    server = Server(LAMP, shining, reports.append)
    remote = Remote(Here(server, reports))
    remote.done = shining.done
    yield remote
    server.close()


async def test_commands_arrive_with_their_types(lamp):
    lamp.dim(30)
    lamp.dim(percent=40, colour="red")
    lamp.blink((1, 2))
    lamp.switch(None)
    assert lamp.done == [
        ("dim", 30, "white"),
        ("dim", 40, "red"),
        ("blink", (1, 2)),
        ("switch", Refusal.BUSY),
    ]


async def test_requests_are_answered(lamp):
    assert await lamp.hours("all") == {"all": 7}
    with pytest.raises(LookupError, match="none"):
        await lamp.hours("none")


async def test_what_returns_at_once_is_local(lamp):
    assert "model" not in LAMP.methods
    assert lamp.model() == "here"


async def test_a_command_that_fails_ends_nothing(lamp, caplog):
    lamp.lock()
    assert "no key" in caplog.text
    lamp.dim(1)
    assert lamp.done == [("dim", 1, "white")]


async def test_a_server_that_is_closed_answers_nothing():
    reports = []
    server = Server(LAMP, Shining(), reports.append)
    server.handle(LAMP.method(Lamp.hours).message(1, "all"))
    server.close()
    await asyncio.sleep(0)
    assert reports == []


def test_marks_tell_how_commands_are_delivered():
    assert {name: method.delivery for name, method in LAMP.methods.items()} == {
        "dim": Delivery(kept=True, starts=True),
        "lock": Delivery(kept=True, starts=False),
        "blink": Delivery(kept=False, starts=False),
        "switch": Delivery(),
        "hours": Delivery(),
    }


@pytest.mark.parametrize("wrong", ["lacking", "other parameters"])
def test_an_implementation_must_have_every_method(wrong):
    class Dark(Shining):
        blink = None if wrong == "lacking" else (lambda self, count: None)

    with pytest.raises(TypeError, match="blink"):
        Server(LAMP, Dark(), lambda report: None)


def test_arguments_of_another_type_are_not_accepted():
    wrong = msgspec.msgpack.encode(LAMP.method(Lamp.dim).message("much"))
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(wrong, type=LAMP.messages)


def test_the_endpoint_takes_what_the_interface_says():
    for name in ENGINE.methods:
        declared = inspect.signature(getattr(Engine, name))
        implemented = inspect.signature(getattr(Endpoint, name))
        assert implemented.parameters == declared.parameters, name


def test_every_message_of_the_engine_can_be_read_again():
    order = DialOrder("sip:a@example.com", rate_kbps=512)
    dialled = ENGINE.method(Engine.dial).message("out-1", order)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(dialled), type=ENGINE.messages) == dialled
    assert set(ENGINE.methods) == {cls.__struct_config__.tag for cls in ENGINE.messages.__args__}
