"""The supervisor, with a real child process that speaks the protocol but makes no calls."""

from __future__ import annotations

import asyncio
import os
import signal
import socket

import pytest
from tests.waiting import until

from videobar.clock import SystemClock
from videobar.engine.process import supervisor as link_module
from videobar.engine.process.configuration import EngineConfiguration
from videobar.engine.process.interface import Engine
from videobar.engine.process.supervisor import EngineSupervisor
from videobar.engine.signalling.sip_sockets import bind_sip_sockets
from videobar.errors import EngineUnavailable
from videobar.room.calls.port import Ended
from videobar.room.video import Snapshot
from videobar.vocabulary import EngineState

CONFIGURATION = EngineConfiguration(
    product="test/1",
    user="room",
    codecs=("pcmu",),
    first_rtp_port=20000,
    last_rtp_port=20099,
    response_seconds=5,
)

CHILD = """
import asyncio, os, signal, socket, sys
import msgspec
from videobar.engine.process import protocol
from videobar.engine.process.protocol import *
from videobar.engine.process.rpc import Unanswered
from videobar.room.calls.port import Ended

async def main():
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=int(sys.argv[1])))
    send = lambda report: writer.write(protocol.frame(report))
    answer = lambda number, what: send(Answered(number, msgspec.Raw(msgspec.msgpack.encode(what))))
    assert isinstance(await protocol.read(reader, protocol.configurations), EngineConfiguration)
    send(Ready())
    ticks = 0
    tick = 1
    while (message := await protocol.read(reader, protocol.messages)) is not None:
        match (type(message).__name__, *msgspec.structs.astuple(message)):
            case ("statistics", number):
                answer(number, {})
            case ("snapshot", number, _):
                send(Unanswered(number, "no camera"))
            case ("set_microphones_muted", muted):
                send(Ended("greeting", 0, str(muted)))
            case ("pulse", number):
                ticks += tick
                answer(number, ticks)
            case ("hang_up", "silence"):
                tick = 0
            case ("hang_up", "die"):
                os.kill(os.getpid(), signal.SIGKILL)
            case ("hang_up", "babble"):
                writer.write(protocol.LENGTH.pack(2) + b"\\xc1\\xc1")
            case ("hang_up", leg):
                send(Ended(leg, 16))
            case ("Stop",):
                return

asyncio.run(main())
"""


@pytest.fixture
async def linked(monkeypatch, tmp_path):
    child = tmp_path / "child.py"
    child.write_text(CHILD)
    real = asyncio.create_subprocess_exec

    async def spawn(program, *arguments, **options):
        assert arguments[:2] == ("-m", "videobar.engine.process.host")
        return await real(program, str(child), *arguments[2:], **options)

    monkeypatch.setattr(link_module.asyncio, "create_subprocess_exec", spawn)
    heard, lost = [], []
    sockets = bind_sip_sockets(["127.0.0.1"], 0)
    link = EngineSupervisor(
        CONFIGURATION,
        sockets=sockets,
        clock=SystemClock(),
        on_report=heard.append,
        on_lost=lambda: lost.append(True),
    )
    link.heard, link.lost = heard, lost
    link.send(Engine.set_microphones_muted, True)
    yield link
    await link.stop(1.0)


async def test_nothing_runs_until_it_is_needed(linked):
    linked.listen()
    assert (linked.state, linked.pid) == (EngineState.IDLE, None)
    assert linked.sip_port > 0
    with pytest.raises(EngineUnavailable):
        await linked.ask(Engine.statistics)


async def test_a_command_starts_it_and_waits_for_it(linked):
    linked.send(Engine.hang_up, "leg-1")
    assert linked.state is EngineState.STARTING
    await until(lambda: len(linked.heard) == 2, "both reports")
    assert linked.heard == [Ended("greeting", 0, "True"), Ended("leg-1", 16)]
    assert linked.state is EngineState.RUNNING
    assert await linked.ask(Engine.statistics) == {}


async def test_a_datagram_on_the_sip_port_starts_it(linked):
    linked.listen()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.sendto(b"hello", ("127.0.0.1", linked.sip_port))
    await until(lambda: linked.state is EngineState.RUNNING, "running")


async def test_a_connection_to_the_sip_port_starts_it(linked):
    linked.listen()
    with socket.create_connection(("127.0.0.1", linked.sip_port)):
        await until(lambda: linked.state is EngineState.RUNNING, "running")


async def test_a_killed_process_is_reported_and_replaced(linked):
    linked.start()
    await until(lambda: linked.state is EngineState.RUNNING, "running")
    first = linked.pid
    question = asyncio.ensure_future(linked.ask(Engine.statistics))
    os.kill(first, signal.SIGKILL)
    await until(lambda: linked.lost, "the loss")
    try:
        await question  # it may have been answered before the process died
    except EngineUnavailable:
        pass
    await until(lambda: linked.state is EngineState.RUNNING, "running again")
    assert linked.pid != first
    assert linked.restarts == 1
    assert len(linked.lost) == 1
    linked.send(Engine.hang_up, "leg-2")
    await until(lambda: Ended("leg-2", 16) in linked.heard, "an answer of the new process")


@pytest.fixture
def fast_pulse(monkeypatch):
    monkeypatch.setattr(link_module, "PULSE_S", 0.02)
    monkeypatch.setattr(link_module, "QUESTION_S", 0.5)


async def test_a_process_that_hangs_is_replaced(linked, fast_pulse):
    linked.start()
    await until(lambda: linked.state is EngineState.RUNNING, "running")
    first = linked.pid
    os.kill(first, signal.SIGSTOP)
    await until(lambda: linked.lost, "the loss")
    await until(lambda: linked.state is EngineState.RUNNING, "running again")
    assert linked.pid != first
    assert linked.restarts == 1


@pytest.mark.parametrize(
    "way", ["silence", "babble"], ids=["its sound clock stands still", "it talks nonsense"]
)
async def test_a_process_that_makes_no_sense_is_replaced(linked, fast_pulse, way):
    linked.start()
    await until(lambda: linked.state is EngineState.RUNNING, "running")
    first = linked.pid
    linked.send(Engine.hang_up, way)
    await until(lambda: linked.lost, "the loss")
    await until(lambda: linked.state is EngineState.RUNNING, "running again")
    assert linked.pid != first


async def test_a_process_that_works_is_left_alone(linked, monkeypatch):
    monkeypatch.setattr(link_module, "PULSE_S", 0.001)
    linked.start()
    await until(lambda: linked._asked > 20, "many pulses")
    assert (linked.state, linked.restarts) == (EngineState.RUNNING, 0)


async def test_a_process_that_never_gets_ready_is_replaced(linked, monkeypatch):
    monkeypatch.setattr(link_module, "HUNG_START_S", 0.02)
    linked.start()
    await until(lambda: linked.restarts, "a second try")


async def test_a_question_to_a_dying_process_fails(linked):
    linked.start()
    await until(lambda: linked.state is EngineState.RUNNING, "running")
    linked.send(Engine.hang_up, "die")
    with pytest.raises(EngineUnavailable):
        await linked.ask(Engine.statistics)


async def test_questions_asked_at_once_get_their_own_answers(linked):
    linked.start()
    await linked.running()
    answers = await asyncio.gather(
        linked.ask(Engine.statistics),
        linked.ask(Engine.snapshot, Snapshot.NEAR),
        linked.ask(Engine.statistics),
        return_exceptions=True,
    )
    assert answers[0] == answers[2] == {}
    assert isinstance(answers[1], EngineUnavailable)
    assert "no camera" in answers[1].detail


async def test_a_listener_that_fails_does_not_end_the_supervision(linked, caplog):
    def fail(*_):
        raise RuntimeError("a defect")

    linked._on_report, linked._on_lost = fail, fail
    linked.send(Engine.hang_up, "leg-1")
    await until(lambda: caplog.text.count("a defect") >= 2, "both reports")
    assert await linked.ask(Engine.statistics) == {}
    first = linked.pid
    linked.send(Engine.hang_up, "die")
    await until(
        lambda: linked.pid not in (None, first) and linked.state is EngineState.RUNNING, "a new process"
    )


async def test_a_process_that_cannot_be_started_is_tried_again(linked, monkeypatch):
    spawn = link_module.asyncio.create_subprocess_exec
    failures = []

    async def fail_once(*arguments, **options):
        if not failures:
            failures.append(True)
            raise OSError("no more processes")
        return await spawn(*arguments, **options)

    monkeypatch.setattr(link_module.asyncio, "create_subprocess_exec", fail_once)
    linked.start()
    await until(lambda: linked.state is EngineState.RUNNING, "running")
    assert linked.restarts == 1


async def test_stopping_before_it_ran_and_twice(linked):
    await linked.stop(1.0)
    await linked.stop(1.0)
    linked.send(Engine.hang_up, "leg")
    assert linked.state is EngineState.IDLE


async def test_stopping_in_the_middle_of_a_start(linked):
    linked.start()
    await linked.stop(1.0)
    assert linked.pid is None
