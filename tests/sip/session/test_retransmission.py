"""Reliable provisional responses (RFC 3262) in both roles."""

from __future__ import annotations

from typing import Any

import pytest

from videobar.sip.session.retransmission import read_rack
from videobar.sip.syntax.message import Request, Response
from videobar.sip.syntax.uri import SipUri

SDP = "v=0\ns=raw\n"


@pytest.fixture
async def room(phone: Any, scheduler: Any) -> Any:
    return await phone(scheduler=scheduler)


def provisional(
    invite: Request, peer: Any, number: str, status: int = 183, body: bytes = b"", tag: str = "rawtag"
) -> Response:
    response = Response.to_request(invite, status, tag=tag)
    response.headers.add("contact", f"<sip:raw@127.0.0.1:{peer.port}>")
    response.headers.add("require", "100rel")
    response.headers.add("rseq", number)
    if body:
        response.headers.add("content-type", "application/sdp")
        response.body = body
    return response


def answered(request: Request, peer: Any, body: bytes = b"") -> Response:
    response = Response.to_request(request, 200, tag="rawtag")
    response.headers.add("contact", f"<sip:raw@127.0.0.1:{peer.port}>")
    if body:
        response.headers.add("content-type", "application/sdp")
        response.body = body
    return response


class TestCaller:
    async def test_each_is_acknowledged_and_its_answer_counts_when_the_call_is_taken(
        self, room: Any, peer: Any, recorder: Any
    ) -> None:
        session = room.call(SipUri("127.0.0.1", "raw", peer.port), recorder)
        invite = await peer.next()
        peer.send(provisional(invite, peer, "7", body=b"v=0\r\ns=early\r\n"), room.port)
        prack = await peer.next()
        assert (prack.method, prack.headers.get("rack")) == ("PRACK", f"7 {invite.cseq} INVITE")
        assert prack.cseq == invite.cseq + 1
        assert prack.target == f"sip:raw@127.0.0.1:{peer.port}"
        peer.send(answered(prack, peer), room.port)
        peer.send(provisional(invite, peer, "8", 180), room.port)
        second = await peer.next()
        assert second.headers.get("rack") == f"8 {invite.cseq} INVITE"
        peer.send(answered(second, peer), room.port)
        peer.send(answered(invite, peer), room.port)
        assert (await recorder.wait("established"))[0] == b"v=0\r\ns=early\r\n"
        assert [status for status, _ in recorder.named("progress")] == [183, 180]
        ack = await peer.next()
        assert (ack.method, ack.cseq) == ("ACK", invite.cseq)
        session.hang_up()
        assert (await peer.next()).cseq == second.cseq + 1

    async def test_repetitions_and_gaps_are_passed_over(
        self, room: Any, peer: Any, recorder: Any, eventually: Any
    ) -> None:
        room.call(SipUri("127.0.0.1", "raw", peer.port), recorder)
        invite = await peer.next()
        for number in ("7", "7", "9", "5", "nonsense", "0", "99999999999"):
            peer.send(provisional(invite, peer, number), room.port)
        peer.send(answered(invite, peer, b"v=0\r\n"), room.port)
        await recorder.wait("established")
        assert [status for status, _ in recorder.named("progress")] == [183]
        assert sum(getattr(each, "method", "") == "PRACK" for each in peer.messages) <= 1

    async def test_one_without_a_tag_or_number_is_passed_over(
        self, room: Any, peer: Any, recorder: Any
    ) -> None:
        room.call(SipUri("127.0.0.1", "raw", peer.port), recorder)
        invite = await peer.next()
        peer.send(provisional(invite, peer, "7", tag=""), room.port)
        peer.send(answered(invite, peer, b"v=0\r\n"), room.port)
        await recorder.wait("established")
        assert recorder.named("progress") == []

    @pytest.mark.parametrize("final", [b"v=0\r\ns=final\r\n", b""])
    async def test_early_media_without_reliability_counts_where_nothing_else_answers(
        self, room: Any, peer: Any, recorder: Any, final: bytes
    ) -> None:
        room.call(SipUri("127.0.0.1", "raw", peer.port), recorder)
        invite = await peer.next()
        early = provisional(invite, peer, "1", body=b"v=0\r\ns=early\r\n")
        early.headers.remove("require")
        early.headers.remove("rseq")
        peer.send(early, room.port)
        assert await recorder.wait("progress") == (183, b"v=0\r\ns=early\r\n")
        peer.send(answered(invite, peer, final), room.port)
        assert (await recorder.wait("established"))[0] == (final or b"v=0\r\ns=early\r\n")


class TestCalled:
    async def ringing(self, room: Any, peer: Any, eventually: Any) -> tuple[Any, Response]:
        peer.send(peer.request("INVITE", branch="i", body=SDP, extra="Require: 100rel\n"), room.port)
        session = (await eventually(lambda: room.incoming))[0]
        session.ring()
        assert (await peer.next()).status == 100
        return session, await peer.next()

    def prack(self, peer: Any, session: Any, rack: str, cseq: int = 2) -> str:
        return peer.request(
            "PRACK", branch=f"p{cseq}", cseq=cseq, to_tag=session.local_tag, extra=f"RAck: {rack}\n"
        )

    async def test_it_rings_until_that_is_acknowledged(
        self, room: Any, peer: Any, eventually: Any, scheduler: Any
    ) -> None:
        session, ringing = await self.ringing(room, peer, eventually)
        assert (ringing.status, ringing.headers.get("require")) == (180, "100rel")
        scheduler.advance(0.5)
        assert bytes(await peer.next()) == bytes(ringing)
        number = ringing.headers.get("rseq")
        peer.send(self.prack(peer, session, f"{number} 99 INVITE"), room.port)
        assert (await peer.next()).status == 481
        peer.send(self.prack(peer, session, f"{number} 1 INVITE", 3), room.port)
        assert (await peer.next()).status == 200
        sent = room.transport.counters.sent
        scheduler.advance(50)
        assert room.transport.counters.sent == sent
        session.accept(b"v=0\r\n")
        assert (await peer.next()).status == 200

    async def test_a_caller_who_never_acknowledges_is_refused(
        self, room: Any, peer: Any, eventually: Any, scheduler: Any
    ) -> None:
        session, _ = await self.ringing(room, peer, eventually)
        scheduler.advance(32)
        assert (session.listener.ended.status, session.listener.ended.by.value) == (504, "timeout")
        await eventually(lambda: peer.messages[-1].status == 504)

    async def test_answering_before_the_acknowledgement(
        self, room: Any, peer: Any, eventually: Any, scheduler: Any
    ) -> None:
        session, ringing = await self.ringing(room, peer, eventually)
        session.accept(b"v=0\r\n")
        assert (await peer.next()).status == 200
        peer.send(self.prack(peer, session, f"{ringing.headers.get('rseq')} 1 INVITE"), room.port)
        assert (await peer.next()).status == 200
        peer.send(peer.request("ACK", branch="a", to_tag=session.local_tag), room.port)
        await session.listener.wait("established")
        sent = room.transport.counters.sent
        scheduler.advance(100)
        assert room.transport.counters.sent == sent

    async def test_hanging_up_stops_the_repetition(
        self, room: Any, peer: Any, eventually: Any, scheduler: Any
    ) -> None:
        session, _ = await self.ringing(room, peer, eventually)
        session.reject(486)
        assert (await peer.next()).status == 486
        peer.send(peer.request("ACK", branch="i"), room.port)
        await eventually(lambda: session.is_released)
        scheduler.advance(100)
        assert all(message.status != 504 for message in peer.messages)


@pytest.mark.parametrize(
    "text", ["", "1", "1 2", "1 2 INVITE x", "a 1 INVITE", "1 99999999999 INVITE", "1 -2 INVITE"]
)
def test_what_is_no_acknowledgement(text: str) -> None:
    request = Request(method="PRACK", target="sip:a@h")
    request.headers.add("rack", text)
    assert read_rack(request) is None
