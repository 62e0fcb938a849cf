"""The tables of RFC 3261 section 17, with time moved by hand: each retransmission at its exact second."""

from typing import Any

import pytest

from videobar.sip.syntax.message import Request, Response, parse_message
from videobar.sip.transaction.client import InviteClientTransaction, NonInviteClientTransaction
from videobar.sip.transaction.server import InviteServerTransaction, NonInviteServerTransaction
from videobar.sip.transaction.state_machine import Failure, State, Timers


def request(method: str) -> Request:
    text = (
        f"{method} sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nRoute: <sip:r@h;lr>\r\n"
        f"From: <sip:b@h>;tag=1\r\nTo: <sip:a@h>\r\nCall-ID: c\r\nCSeq: 5 {method}\r\n\r\n"
    )
    message = parse_message(text.encode())
    assert isinstance(message, Request)
    return message


class Bench:
    """One transaction, the seconds at which it sent, and what it reported."""

    def __init__(self, scheduler: Any, kind: Any, method: str, *, reliable: bool = False) -> None:
        self.scheduler = scheduler
        self.request = request(method)
        self.sent: list[tuple[float, bytes]] = []
        self.responses: list[int] = []
        self.failures: list[Failure] = []
        self.acks = 0
        self.terminated_at: list[float] = []
        options: dict[str, Any] = {
            "scheduler": scheduler,
            "timers": Timers(),
            "reliable": reliable,
            "on_terminated": lambda: self.terminated_at.append(scheduler.now),
        }
        if "Client" in kind.__name__:
            options["on_response"] = lambda response: self.responses.append(response.status)
            options["on_failure"] = self.failures.append
        self.transaction = kind(self.request, self._send, **options)
        if "Client" in kind.__name__:
            self.transaction.start()
        else:
            self.transaction.on_failure = self.failures.append
            self.transaction.on_ack = self._acked

    def _send(self, data: bytes) -> None:
        self.sent.append((self.scheduler.now, data))

    def _acked(self, ack: Request) -> None:
        self.acks += 1

    @property
    def times(self) -> list[float]:
        return [round(at, 6) for at, _ in self.sent]

    def hears(self, status: int) -> None:
        self.transaction.receive(Response.to_request(self.request, status, tag="far"))

    def says(self, status: int) -> None:
        self.transaction.respond(Response.to_request(self.request, status, tag="here"))

    def methods(self) -> list[str]:
        return [data.split(b" ")[0].decode() for _, data in self.sent]


class TestInviteClient:
    @pytest.fixture
    def bench(self, scheduler: Any) -> Bench:
        return Bench(scheduler, InviteClientTransaction, "INVITE")

    def test_doubles_timer_a_until_timer_b(self, bench: Bench) -> None:
        bench.scheduler.advance(31.9)
        assert bench.times == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
        assert bench.failures == []
        bench.scheduler.advance(0.1)
        assert bench.failures == [Failure.TIMEOUT]
        assert bench.terminated_at == [32.0]
        assert bench.scheduler.waiting == 0

    def test_a_provisional_response_ends_the_waiting(self, bench: Bench) -> None:
        bench.hears(100)
        bench.scheduler.advance(1000)
        bench.hears(180)
        assert bench.times == [0]
        assert bench.responses == [100, 180]
        assert bench.transaction.state is State.PROCEEDING

    def test_acknowledges_a_refusal_each_time_it_comes_and_delivers_it_once(self, bench: Bench) -> None:
        bench.hears(486)
        bench.scheduler.advance(1)
        bench.hears(486)
        assert bench.methods() == ["INVITE", "ACK", "ACK"]
        ack = parse_message(bench.sent[-1][1])
        assert ack.via.branch == "z9hG4bK1"
        assert (ack.to.tag, ack.cseq, ack.cseq_method) == ("far", 5, "ACK")
        assert ack.headers.all("route") == ["<sip:r@h;lr>"]
        assert bench.responses == [486]
        bench.scheduler.advance(30.9)
        assert bench.terminated_at == []
        bench.scheduler.advance(0.1)
        assert bench.terminated_at == [32.0]

    def test_delivers_every_2xx_for_64_t1(self, bench: Bench) -> None:
        for _ in range(3):
            bench.hears(200)
        bench.hears(486)
        assert bench.responses == [200, 200, 200]
        bench.scheduler.advance(32)
        assert bench.transaction.state is State.TERMINATED
        bench.hears(200)
        assert len(bench.responses) == 3

    def test_a_broken_transport_is_reported_once(self, bench: Bench) -> None:
        bench.transaction.transport_failed()
        bench.transaction.transport_failed()
        assert bench.failures == [Failure.TRANSPORT]
        assert bench.scheduler.waiting == 0

    def test_reliable_transports_see_one_invite_and_no_timer_d(self, scheduler: Any) -> None:
        bench = Bench(scheduler, InviteClientTransaction, "INVITE", reliable=True)
        scheduler.advance(31.9)
        assert bench.times == [0]
        bench.hears(486)
        scheduler.advance(0)
        assert bench.terminated_at == [31.9]

    def test_reliable_transports_time_out_too(self, scheduler: Any) -> None:
        bench = Bench(scheduler, InviteClientTransaction, "INVITE", reliable=True)
        scheduler.advance(32)
        assert bench.failures == [Failure.TIMEOUT]


class TestNonInviteClient:
    @pytest.fixture
    def bench(self, scheduler: Any) -> Bench:
        return Bench(scheduler, NonInviteClientTransaction, "BYE")

    def test_doubles_timer_e_up_to_t2_until_timer_f(self, bench: Bench) -> None:
        bench.scheduler.advance(31.9)
        assert bench.times == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        bench.scheduler.advance(0.1)
        assert bench.failures == [Failure.TIMEOUT]
        assert bench.scheduler.waiting == 0

    def test_a_provisional_response_slows_it_to_t2_but_f_goes_on(self, bench: Bench) -> None:
        bench.scheduler.advance(1)
        bench.hears(100)
        bench.scheduler.advance(31)
        assert bench.times == [0, 0.5, 5, 9, 13, 17, 21, 25, 29]
        assert bench.failures == [Failure.TIMEOUT]

    def test_absorbs_repeated_answers_for_t4(self, bench: Bench) -> None:
        bench.hears(200)
        bench.hears(200)
        bench.scheduler.advance(4.9)
        assert bench.terminated_at == []
        bench.scheduler.advance(0.1)
        assert bench.responses == [200]
        assert bench.terminated_at == [5.0]

    def test_reliable_transports_send_once_and_end_at_once(self, scheduler: Any) -> None:
        bench = Bench(scheduler, NonInviteClientTransaction, "BYE", reliable=True)
        scheduler.advance(20)
        assert bench.times == [0]
        bench.hears(200)
        scheduler.advance(0)
        assert bench.terminated_at == [20.0]


class TestInviteServer:
    @pytest.fixture
    def bench(self, scheduler: Any) -> Bench:
        return Bench(scheduler, InviteServerTransaction, "INVITE")

    def test_repeats_a_refusal_with_timer_g_until_timer_h(self, bench: Bench) -> None:
        bench.says(486)
        bench.scheduler.advance(31.9)
        assert bench.times == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        bench.scheduler.advance(0.1)
        assert bench.failures == [Failure.TIMEOUT]
        assert bench.scheduler.waiting == 0

    def test_the_ack_ends_it_after_timer_i(self, bench: Bench) -> None:
        bench.says(486)
        bench.transaction.receive(request("ACK"))
        bench.scheduler.advance(4.9)
        bench.transaction.receive(request("ACK"))
        bench.transaction.receive(bench.request)
        assert bench.times == [0]
        bench.scheduler.advance(0.1)
        assert bench.terminated_at == [5.0]
        assert bench.failures == []

    def test_answers_a_repeated_invite_with_the_last_response(self, bench: Bench) -> None:
        bench.transaction.receive(bench.request)
        assert bench.sent == []
        for status in (100, 180):
            bench.says(status)
            bench.transaction.receive(bench.request)
        assert [data[8:11] for _, data in bench.sent] == [b"100", b"100", b"180", b"180"]

    def test_leaves_the_repetition_of_a_2xx_to_its_user(self, bench: Bench) -> None:
        bench.says(200)
        bench.scheduler.advance(10)
        bench.transaction.receive(bench.request)
        assert bench.times == [0]
        bench.says(200)
        bench.says(486)
        assert bench.times == [0, 10]
        bench.transaction.receive(request("ACK"))
        assert bench.acks == 1
        bench.scheduler.advance(22)
        assert bench.terminated_at == [32.0]

    def test_only_one_final_response_leaves(self, bench: Bench) -> None:
        bench.says(486)
        bench.says(200)
        bench.says(180)
        assert [data[8:11] for _, data in bench.sent] == [b"486"]

    def test_reliable_transports_repeat_nothing(self, scheduler: Any) -> None:
        bench = Bench(scheduler, InviteServerTransaction, "INVITE", reliable=True)
        bench.says(486)
        scheduler.advance(20)
        assert bench.times == [0]
        bench.transaction.receive(request("ACK"))
        scheduler.advance(0)
        assert bench.terminated_at == [20.0]


class TestNonInviteServer:
    @pytest.fixture
    def bench(self, scheduler: Any) -> Bench:
        return Bench(scheduler, NonInviteServerTransaction, "BYE")

    def test_repeats_its_answer_when_asked_for_64_t1(self, bench: Bench) -> None:
        bench.transaction.receive(bench.request)
        assert bench.sent == []
        bench.says(200)
        for _ in range(3):
            bench.scheduler.advance(1)
            bench.transaction.receive(bench.request)
        bench.says(500)
        assert bench.times == [0, 1, 2, 3]
        assert len({data for _, data in bench.sent}) == 1
        bench.scheduler.advance(29)
        assert bench.terminated_at == [32.0]
        bench.transaction.receive(bench.request)
        assert bench.times == [0, 1, 2, 3]

    def test_a_provisional_answer_is_repeated_too(self, bench: Bench) -> None:
        bench.says(100)
        bench.transaction.receive(bench.request)
        assert bench.times == [0, 0]


def test_the_timers_scale_with_t1() -> None:
    assert Timers().timeout == 32
    assert Timers(t1=0.01).timeout == pytest.approx(0.64)
