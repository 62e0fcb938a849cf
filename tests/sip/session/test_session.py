"""Two agents on loopback, over UDP and TCP, on the real clock with short timers."""

from typing import Any

import pytest

from videobar.sip.errors import InvalidState, OfferRefused
from videobar.sip.session.states import SessionState
from videobar.sip.syntax.uri import SipUri
from videobar.sip.transaction.state_machine import Timers

OFFER = b"v=0\r\ns=offer\r\na=tool:" + b"-" * 700 + b"\r\n"
ANSWER, CHANGE = b"v=0\r\ns=called\r\n", b"v=0\r\ns=change\r\n"
FAST = Timers(t1=0.02, t2=0.08, t4=0.1)


@pytest.fixture(params=["UDP", "TCP"])
def protocol(request: Any) -> Any:
    return request.param


@pytest.fixture
async def pair(phone: Any) -> Any:
    return await phone(), await phone()


async def connected(pair: Any, protocol: str, recorder: Any, eventually: Any) -> tuple[Any, Any]:
    """Both sessions of a call that stands."""
    caller, called = pair
    session = caller.call(called.uri(protocol), recorder)
    incoming = (await eventually(lambda: called.incoming))[0]
    incoming.accept(ANSWER)
    await recorder.wait("established")
    await incoming.listener.wait("established")
    return session, incoming


async def test_a_call(pair: Any, protocol: str, recorder: Any, eventually: Any) -> None:
    caller, called = pair
    session = caller.call(called.uri(protocol), recorder)
    assert session.state is SessionState.CALLING
    incoming = (await eventually(lambda: called.incoming))[0]
    incoming.ring()
    incoming.ring()
    await recorder.wait("progress", 3)
    assert session.state is SessionState.EARLY
    incoming.accept(ANSWER)
    await recorder.wait("established")
    await incoming.listener.wait("established")
    assert [status for status, _ in recorder.named("progress")] == [100, 180, 180]
    assert (incoming.offer, recorder.named("established")) == (OFFER, [(ANSWER,)])
    assert incoming.listener.events == [("established", (None,))]
    assert incoming.remote.display_name == "The Caller"
    assert session.transport_name == incoming.transport_name == protocol
    assert session.call_id == incoming.call_id
    assert session.remote_agent == incoming.remote_agent == "videobar-test/1"
    assert (session.state, incoming.state) == (SessionState.ESTABLISHED, SessionState.ESTABLISHED)


@pytest.mark.parametrize("by_caller", [True, False])
async def test_either_side_hangs_up(
    pair: Any, protocol: str, recorder: Any, eventually: Any, by_caller: bool
) -> None:
    session, incoming = await connected(pair, protocol, recorder, eventually)
    first, second = (session, incoming) if by_caller else (incoming, session)
    first.hang_up()
    first.hang_up()
    ended = (await second.listener.wait("ended"))[0]
    assert ended.by.value == "remote"
    assert first.listener.ended.by.value == "local"
    await eventually(lambda: not any(each.agent._sessions for each in pair))
    second.hang_up()
    assert second.listener.names.count("ended") == 1


async def test_both_hang_up_at_once(pair: Any, protocol: str, recorder: Any, eventually: Any) -> None:
    session, incoming = await connected(pair, protocol, recorder, eventually)
    session.hang_up()
    incoming.hang_up()
    await eventually(lambda: not any(each.agent._sessions for each in pair))
    assert session.listener.ended.by.value == incoming.listener.ended.by.value == "local"


async def test_the_caller_cancels(pair: Any, protocol: str, recorder: Any, eventually: Any) -> None:
    caller, called = pair
    session = caller.call(called.uri(protocol), recorder)
    incoming = (await eventually(lambda: called.incoming))[0]
    incoming.ring()
    await recorder.wait("progress", 2)
    session.hang_up()
    ended = (await incoming.listener.wait("ended"))[0]
    assert (ended.status, ended.by.value) == (487, "remote")
    assert (recorder.ended.status, recorder.ended.by.value) == (487, "local")
    await eventually(lambda: not caller.agent._sessions)


@pytest.mark.parametrize(("status", "reason"), [(486, None), (603, "Go Away"), (404, None)])
async def test_the_called_one_refuses(
    pair: Any, protocol: str, recorder: Any, status: int, reason: str | None, eventually: Any
) -> None:
    caller, called = pair
    caller.call(called.uri(protocol), recorder)
    (await eventually(lambda: called.incoming))[0].reject(status, reason)
    ended = (await recorder.wait("ended"))[0]
    assert (ended.status, ended.by.value) == (status, "remote")
    assert ended.reason == (reason or {486: "Busy Here", 404: "Not Found"}[status])


@pytest.mark.parametrize("by_caller", [True, False])
async def test_either_side_changes_the_session(
    pair: Any, protocol: str, recorder: Any, eventually: Any, by_caller: bool
) -> None:
    sessions = await connected(pair, protocol, recorder, eventually)
    first, second = sessions if by_caller else sessions[::-1]
    for count in (1, 2):
        first.reinvite(CHANGE)
        assert await first.listener.wait("answer", count) == (b"v=0\r\ns=answer\r\n",)
    assert second.listener.named("offer") == [(CHANGE,), (CHANGE,)]
    second.listener.answer = OfferRefused(488, "No")
    first.reinvite(CHANGE)
    assert await first.listener.wait("refused") == (488, "No")
    second.listener.answer = None
    first.reinvite(CHANGE)
    assert await first.listener.wait("refused", 2) == (488, "Not Acceptable Here")
    assert {each.state for each in sessions} == {SessionState.ESTABLISHED}


async def test_both_change_it_at_once(
    phone: Any, protocol: str, recorder: Any, eventually: Any, scheduler: Any
) -> None:
    class Dice:
        """The shortest delays that RFC 3261 section 14.1 allows."""

        def randint(self, low: int, high: int) -> int:
            return low

    pair = [await phone(rng=Dice(), scheduler=scheduler) for _ in range(2)]
    session, incoming = await connected(pair, protocol, recorder, eventually)
    session.reinvite(CHANGE)
    incoming.reinvite(CHANGE)
    await eventually(lambda: session.offers.awaits_retry and incoming.offers.awaits_retry)
    scheduler.advance(0)
    await incoming.listener.wait("answer")
    scheduler.advance(2.09)
    assert len(incoming.listener.named("offer")) == 0
    scheduler.advance(0.01)
    await recorder.wait("answer")
    assert recorder.named("refused") == incoming.listener.named("refused") == []


async def test_info_goes_both_ways(pair: Any, protocol: str, recorder: Any, eventually: Any) -> None:
    session, incoming = await connected(pair, protocol, recorder, eventually)
    session.send_info("application/media_control+xml", b"<xml/>")
    incoming.send_info("application/dtmf-relay", b"Signal=5")
    assert await incoming.listener.wait("info") == ("application/media_control+xml", b"<xml/>")
    assert await recorder.wait("info") == ("application/dtmf-relay", b"Signal=5")


async def test_what_a_state_does_not_allow(pair: Any, recorder: Any, eventually: Any) -> None:
    caller, called = pair
    session = caller.call(called.uri(), recorder)
    for wrong in (session.ring, lambda: session.accept(ANSWER), lambda: session.reject(486)):
        with pytest.raises(InvalidState):
            wrong()
    with pytest.raises(InvalidState):
        session.reinvite(CHANGE)
    incoming = (await eventually(lambda: called.incoming))[0]
    incoming.accept(ANSWER)
    with pytest.raises(InvalidState):
        incoming.accept(ANSWER)
    await recorder.wait("established")
    session.hang_up()
    for wrong in (lambda: session.reinvite(CHANGE), lambda: session.send_info("a/b", b"")):
        with pytest.raises(InvalidState):
            wrong()


async def test_a_dead_port_ends_the_call_at_once(pair: Any, protocol: str, recorder: Any) -> None:
    caller, called = pair
    await called.agent.close()
    caller.call(called.uri(protocol), recorder)
    ended = (await recorder.wait("ended"))[0]
    assert (ended.status, ended.by.value) == (None, "network")
    assert not caller.agent._sessions


async def test_a_name_that_does_not_exist_ends_the_call(pair: Any, protocol: str, recorder: Any) -> None:
    parameters = (("transport", protocol.lower()),)
    pair[0].call(SipUri("no-such-host.invalid", parameters=parameters), recorder)
    ended = (await recorder.wait("ended"))[0]
    assert ended.by.value == "network"
    assert "no-such-host.invalid cannot be resolved" in ended.reason


async def test_hanging_up_while_the_name_is_resolved(pair: Any, recorder: Any) -> None:
    session = pair[0].call(SipUri("localhost", port=pair[1].port), recorder)
    session.hang_up()
    await pair[0].agent.close()
    assert recorder.names == ["ended"]
    assert pair[1].transport.counters.received == 0


async def test_closing_ends_every_kind_of_session(
    phone: Any, recorder: Any, new_recorder: Any, eventually: Any
) -> None:
    a, b = await phone(), await phone()
    await connected((a, b), "UDP", recorder, eventually)
    ringing, waiting = new_recorder(), new_recorder()
    a.call(b.uri(), ringing)
    await ringing.wait("progress")
    b.call(a.uri("TCP"), waiting)
    await eventually(lambda: a.incoming)
    await a.agent.close()
    await a.agent.close()
    for each in (*b.incoming, *a.incoming):
        await each.listener.wait("ended")
    assert recorder.ended.by.value == "local"
    assert (await waiting.wait("ended"))[0].status == 480
    assert [each.listener.ended.by.value for each in b.incoming] == ["remote", "remote"]
    await eventually(lambda: not b.agent._sessions)


async def test_a_listener_that_fails_does_not_stop_the_call(
    pair: Any, recorder: Any, eventually: Any, caplog: Any
) -> None:
    session, incoming = await connected(pair, "UDP", recorder, eventually)

    def fail(*arguments: Any) -> None:
        raise RuntimeError("broken listener")

    incoming.listener.on_info = fail
    session.send_info("a/b", b"1")
    await eventually(lambda: "broken listener" in caplog.text)
    session.hang_up()
    await incoming.listener.wait("ended")


async def test_half_of_all_datagrams_are_lost_and_all_calls_complete(
    phone: Any, new_recorder: Any, eventually: Any
) -> None:
    """Each side loses every second datagram; calls, changes, refusals and ends still come through."""

    def every_second() -> Any:
        seen = [0]

        def drop(data: bytes) -> bool:
            seen[0] += 1
            return seen[0] % 2 == 1

        return drop

    a, b = await phone(timers=FAST), await phone(timers=FAST)
    a.transport.drop, b.transport.drop = every_second(), every_second()
    for number in range(10):
        listener = new_recorder()
        session = a.call(b.uri(), listener)
        incoming = (await eventually(lambda number=number: b.incoming[number:]))[0]
        if number % 5 == 4:
            incoming.reject(486)
            assert (await listener.wait("ended"))[0].status == 486
            continue
        incoming.accept(ANSWER)
        await listener.wait("established")
        await incoming.listener.wait("established")
        session.reinvite(CHANGE)
        await listener.wait("answer")
        (session if number % 2 else incoming).hang_up()
        await listener.wait("ended")
        await incoming.listener.wait("ended")
    await eventually(lambda: not a.agent._sessions and not b.agent._sessions)
    assert a.transport.counters.dropped > 20
    assert b.transport.counters.dropped > 20


async def test_a_broken_connection_does_not_end_the_call(pair: Any, recorder: Any, eventually: Any) -> None:
    session, incoming = await connected(pair, "TCP", recorder, eventually)
    for connection in list(pair[1].transport._connections.values()):
        connection.close()
    await eventually(lambda: not pair[0].transport._connections)
    session.reinvite(CHANGE)
    await recorder.wait("answer")
    incoming.hang_up()
    await recorder.wait("ended")
