"""An agent against a peer that says exactly what the test wants, with time moved by hand."""

from typing import Any

import pytest

from videobar.sip.errors import UnsupportedTransport
from videobar.sip.session.digest import Credentials
from videobar.sip.session.states import SessionState
from videobar.sip.syntax.message import Request, Response
from videobar.sip.syntax.uri import SipUri

SDP = "v=0\ns=raw\n"
BODY = b"v=0\r\ns=raw\r\n"


@pytest.fixture
async def room(phone: Any, scheduler: Any) -> Any:
    return await phone(scheduler=scheduler)


async def called(room: Any, peer: Any, recorder: Any) -> tuple[Any, Request]:
    """A call of the agent to the peer: the session, and the INVITE that came."""
    session = room.call(SipUri("127.0.0.1", "raw", peer.port), recorder)
    return session, await peer.next()


def ok(
    request: Request, peer: Any, tag: str = "rawtag", body: bytes = b"v=0\r\n", status: int = 200
) -> Response:
    response = Response.to_request(request, status, tag=tag)
    response.headers.add("contact", f"<sip:raw@127.0.0.1:{peer.port}>;isfocus")
    response.headers.add("server", "raw/9")
    if body:
        response.headers.add("content-type", "application/sdp")
        response.body = body
    return response


async def established_in(room: Any, peer: Any, eventually: Any) -> tuple[Any, str]:
    """A call of the peer that the agent has answered: the session, and its tag."""
    peer.send(peer.request("INVITE", branch="i", body=SDP), room.port)
    session = (await eventually(lambda: room.incoming))[0]
    session.accept(b"v=0\r\n")
    assert (await peer.next()).status == 100
    answer = await peer.next()
    assert answer.status == 200
    peer.send(peer.request("ACK", branch="a", to_tag=answer.to.tag), room.port)
    await session.listener.wait("established")
    return session, answer.to.tag


class TestRequests:
    async def test_options_say_what_is_understood(self, room: Any, peer: Any) -> None:
        peer.send(peer.request("OPTIONS", branch="1"), room.port)
        answer = await peer.next()
        assert answer.status == 200
        assert answer.headers.items_of("allow") == [
            "INVITE",
            "ACK",
            "BYE",
            "CANCEL",
            "OPTIONS",
            "INFO",
            "UPDATE",
            "PRACK",
        ]
        assert answer.headers.items_of("supported") == ["100rel", "timer"]
        assert answer.headers.items_of("accept") == ["application/sdp", "multipart/mixed"]
        assert answer.headers.get("server") == "videobar-test/1"
        assert answer.via.parameter("received") == "127.0.0.1"
        assert answer.via.parameter("rport") == str(peer.port)

    @pytest.mark.parametrize(
        ("method", "more", "status"),
        [
            ("BYE", {"to_tag": "unknown"}, 481),
            ("INVITE", {"to_tag": "unknown"}, 481),
            ("BYE", {}, 481),
            ("CANCEL", {}, 481),
            ("MESSAGE", {}, 405),
            ("REFER", {"to_tag": "unknown"}, 405),
            ("SUBSCRIBE", {}, 405),
            ("PRACK", {"to_tag": "unknown"}, 481),
            ("PRACK", {}, 481),
            ("INVITE", {"extra": "Require: 100rel, replaces\n"}, 420),
            ("INVITE", {"extra": "Supported: timer\nSession-Expires: 60\n"}, 422),
            ("INVITE", {"extra": "Content-Type: text/html\n", "body": "v=0"}, 415),
            ("OPTIONS", {"extra": "To: <sip:twice@h>\n"}, 400),
            ("INVITE", {"extra": "Record-Route: broken\n"}, 400),
        ],
    )
    async def test_refusals(
        self, room: Any, peer: Any, method: str, more: dict[str, str], status: int
    ) -> None:
        text = peer.request(method, branch="1", **more)
        if status == 415:
            text = text.replace("Content-Type: application/sdp\n", "")
        peer.send(text, room.port)
        answer = await peer.next()
        assert answer.status == status
        assert answer.to.tag if status != 400 else True
        if status == 420:
            assert answer.headers.items_of("unsupported") == ["replaces"]
        if status == 422:
            assert answer.headers.get("min-se") == "90"
        if status == 415:
            assert answer.headers.items_of("accept") == ["application/sdp", "multipart/mixed"]
            assert answer.headers.get("accept-encoding") == "identity"
        if status == 405:
            assert "INVITE" in answer.headers.items_of("allow")
        assert room.incoming == []

    async def test_another_scheme_is_refused(self, room: Any, peer: Any) -> None:
        peer.send(
            peer.request("INVITE", branch="1").replace("INVITE sip:room@127.0.0.1 ", "INVITE tel:+49 "),
            room.port,
        )
        assert (await peer.next()).status == 416

    async def test_a_request_that_comes_by_two_ways_is_merged(self, room: Any, peer: Any) -> None:
        peer.send(peer.request("INVITE", branch="one"), room.port)
        assert (await peer.next()).status == 100
        peer.send(peer.request("INVITE", branch="two"), room.port)
        assert (await peer.next()).status == 482
        assert len(room.incoming) == 1

    async def test_a_repeated_request_gets_the_same_answer(self, room: Any, peer: Any) -> None:
        for _ in range(2):
            peer.send(peer.request("OPTIONS", branch="1"), room.port)
        first, second = await peer.next(), await peer.next()
        assert bytes(first) == bytes(second)

    async def test_without_rport_the_answer_goes_to_the_port_in_via(self, room: Any, peer: Any) -> None:
        text = peer.request("OPTIONS", branch="1").replace(";rport", "")
        peer.send(text, room.port)
        assert (await peer.next()).via.parameter("rport") is None

    async def test_noise_does_no_harm(self, room: Any, peer: Any) -> None:
        good = peer.request("OPTIONS", branch="1")
        for noise in (
            b"\x00\xff" * 50,
            b"\r\n\r\n",
            b"SIP/2.0 200 OK\r\n\r\n",
            b"INVITE x SIP/2.0\r\nVia: x\r\n\r\n",
        ):
            peer.send(noise, room.port)
        for at in range(0, len(good), 7):
            peer.send(good[:at] + good[at + 3 :], room.port)
        peer.messages.clear()
        peer.send(peer.request("OPTIONS", branch="last", cseq=77), room.port)
        while (await peer.next()).headers.get("cseq") != "77 OPTIONS":
            pass

    async def test_the_hundred_and_first_call_is_refused(self, room: Any, peer: Any, eventually: Any) -> None:
        for number in range(101):
            text = peer.request("INVITE", branch=str(number)).replace("raw-call", f"call-{number}")
            peer.send(text, room.port)
            await eventually(lambda number=number: len(peer.messages) > number)
        assert [message.status for message in peer.messages] == [100] * 100 + [503]

    async def test_an_owner_that_fails_answers_500(self, phone: Any, peer: Any, scheduler: Any) -> None:
        def fail(session: Any) -> None:
            raise RuntimeError("broken owner")

        room = await phone(fail, scheduler=scheduler)
        peer.send(peer.request("INVITE", branch="1"), room.port)
        assert [(await peer.next()).status for _ in range(2)] == [100, 500]


class TestIncoming:
    async def test_what_is_known_of_the_caller(self, room: Any, peer: Any, eventually: Any) -> None:
        extra = "User-Agent: Codec/7\nRecord-Route: <sip:127.0.0.1:1;lr>\n"
        peer.send(peer.request("INVITE", branch="i", body=SDP, extra=extra), room.port)
        session = (await eventually(lambda: room.incoming))[0]
        assert (session.remote.display_name, session.remote_agent) == ("Raw", "Codec/7")
        assert (session.transport_name, session.call_id, session.offer) == ("UDP", "raw-call", BODY)
        assert session.direction.value == "incoming"
        session.ring()
        assert (await peer.next()).status == 100
        ringing = await peer.next()
        assert (ringing.status, ringing.headers.get("record-route")) == (180, "<sip:127.0.0.1:1;lr>")
        assert ringing.to.tag == session.local_tag
        assert str(ringing.addresses("contact")[0].uri) == f"sip:127.0.0.1:{room.port}".replace(
            "sip:", "sip:room@"
        )

    async def test_ringing_is_repeated_every_minute(
        self, room: Any, peer: Any, scheduler: Any, eventually: Any
    ) -> None:
        peer.send(peer.request("INVITE", branch="i"), room.port)
        (await eventually(lambda: room.incoming))[0].ring()
        scheduler.advance(125)
        assert [(await peer.next()).status for _ in range(4)] == [100, 180, 180, 180]

    async def test_a_200_is_repeated_until_64_t1_and_then_the_call_ends(
        self, room: Any, peer: Any, scheduler: Any, eventually: Any
    ) -> None:
        """To a peer that has acknowledged something before."""
        earlier, _ = await established_in(room, peer, eventually)
        earlier.hang_up()
        bye = await peer.next_new()
        peer.send(Response.to_request(bye, 200), room.port)
        await eventually(lambda: earlier.is_released)
        already = len(peer.messages)
        peer.send(peer.request("INVITE", branch="again", cseq=9, body=SDP), room.port)
        session = (await eventually(lambda: room.incoming[1:]))[0]
        session.accept(b"v=0\r\n")
        times = []
        for _ in range(320):
            before = room.transport.counters.sent
            scheduler.advance(0.1)
            times += [round(scheduler.now, 1)] * (room.transport.counters.sent - before)
        assert times == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5, 32.0]
        ended = session.listener.ended
        assert (ended.status, ended.by.value) == (408, "timeout")
        await eventually(lambda: len(peer.messages) == already + 13)
        bye = peer.messages[-1]
        assert bye.method == "BYE"
        assert "cause=408" in bye.headers.get("reason")

    async def test_ack_stops_the_repetition(
        self, room: Any, peer: Any, scheduler: Any, eventually: Any
    ) -> None:
        session, _ = await established_in(room, peer, eventually)
        sent = room.transport.counters.sent
        scheduler.advance(60)
        assert room.transport.counters.sent == sent
        assert session.listener.events == [("established", (None,))]

    async def test_an_ack_with_another_number_does_not_count(
        self, room: Any, peer: Any, eventually: Any
    ) -> None:
        peer.send(peer.request("INVITE", branch="i", body=SDP), room.port)
        session = (await eventually(lambda: room.incoming))[0]
        session.accept(b"v=0\r\n")
        peer.send(peer.request("ACK", branch="a", cseq=9, to_tag=session.local_tag), room.port)
        peer.send(peer.request("OPTIONS", branch="o", cseq=2), room.port)
        await eventually(lambda: len(peer.messages) == 3)
        assert session.state is SessionState.ACCEPTED

    async def test_the_answer_to_a_late_offer_is_in_the_ack(
        self, room: Any, peer: Any, eventually: Any
    ) -> None:
        peer.send(peer.request("INVITE", branch="i"), room.port)
        session = (await eventually(lambda: room.incoming))[0]
        assert session.offer is None
        session.accept(b"v=0\r\ns=our offer\r\n")
        assert [(await peer.next()).status for _ in range(2)] == [100, 200]
        peer.send(peer.request("ACK", branch="a", to_tag=session.local_tag, body=SDP), room.port)
        assert await session.listener.wait("established") == (BODY,)

    async def test_cancel(self, room: Any, peer: Any, eventually: Any) -> None:
        peer.send(peer.request("INVITE", branch="i"), room.port)
        session = (await eventually(lambda: room.incoming))[0]
        session.ring()
        reason = 'Reason: SIP;cause=200;text="Call completed elsewhere"\n'
        for _ in range(2):
            peer.send(peer.request("CANCEL", branch="i", extra=reason), room.port)
        await session.listener.wait("ended")
        assert (session.listener.ended.status, session.listener.ended.by.value) == (487, "remote")
        assert session.listener.ended.reason == "Call completed elsewhere"
        await eventually(lambda: len(peer.messages) >= 5)
        got = [(message.status, message.cseq_method) for message in peer.messages]
        assert got.count((200, "CANCEL")) == 2
        assert got.count((487, "INVITE")) == 1
        tags = {message.to.tag for message in peer.messages if message.status > 100}
        assert tags == {session.local_tag}
        session.reject(486)
        session.hang_up()

    async def test_a_cancel_that_is_late_changes_nothing(self, room: Any, peer: Any, eventually: Any) -> None:
        session, _ = await established_in(room, peer, eventually)
        peer.send(peer.request("CANCEL", branch="i"), room.port)
        assert (await peer.next()).status == 200
        assert session.state is SessionState.ESTABLISHED

    async def test_a_bye_before_the_answer(self, room: Any, peer: Any, eventually: Any) -> None:
        peer.send(peer.request("INVITE", branch="i"), room.port)
        session = (await eventually(lambda: room.incoming))[0]
        session.ring()
        peer.send(peer.request("BYE", branch="b", cseq=2, to_tag=session.local_tag), room.port)
        await session.listener.wait("ended")
        await eventually(lambda: len(peer.messages) == 4)
        got = {(message.status, message.cseq_method) for message in peer.messages}
        assert got >= {(200, "BYE"), (487, "INVITE")}

    async def test_rejecting_needs_the_status_of_a_refusal(
        self, room: Any, peer: Any, eventually: Any
    ) -> None:
        peer.send(peer.request("INVITE", branch="i"), room.port)
        session = (await eventually(lambda: room.incoming))[0]
        with pytest.raises(ValueError, match="200"):
            session.reject(200)
        session.reject(603, "Not Today")
        assert (await peer.next()).status == 100
        answer = await peer.next()
        assert (answer.status, answer.reason) == (603, "Not Today")

    async def test_hanging_up_before_the_ack_waits_for_it(
        self, room: Any, peer: Any, eventually: Any
    ) -> None:
        peer.send(peer.request("INVITE", branch="i", body=SDP), room.port)
        session = (await eventually(lambda: room.incoming))[0]
        session.accept(b"v=0\r\n")
        session.hang_up()
        assert session.listener.ended.by.value == "local"
        assert [(await peer.next()).status for _ in range(2)] == [100, 200]
        peer.send(peer.request("ACK", branch="a", to_tag=session.local_tag), room.port)
        bye = await peer.next()
        assert bye.method == "BYE"
        peer.send(Response.to_request(bye, 200), room.port)
        await eventually(lambda: session.is_released)
        assert session.listener.names == ["ended"]


class TestInDialog:
    async def test_requests_out_of_order_are_refused(self, room: Any, peer: Any, eventually: Any) -> None:
        session, tag = await established_in(room, peer, eventually)
        peer.send(peer.request("INFO", branch="1", cseq=5, to_tag=tag), room.port)
        peer.send(peer.request("INFO", branch="2", cseq=4, to_tag=tag), room.port)
        assert [(await peer.next()).status for _ in range(2)] == [200, 500]
        assert len(session.listener.named("info")) == 1

    async def test_a_stranger_with_the_right_tag_is_refused(
        self, room: Any, peer: Any, eventually: Any
    ) -> None:
        session, tag = await established_in(room, peer, eventually)
        for old, new in (("raw-call", "other-call"), ("tag=rawtag", "tag=stranger")):
            peer.send(peer.request("BYE", branch=new[:5], cseq=5, to_tag=tag).replace(old, new), room.port)
            assert (await peer.next()).status == 481
        assert session.state is SessionState.ESTABLISHED

    async def test_update_with_and_without_an_offer(self, room: Any, peer: Any, eventually: Any) -> None:
        session, tag = await established_in(room, peer, eventually)
        peer.send(peer.request("UPDATE", branch="1", cseq=2, to_tag=tag), room.port)
        empty = await peer.next()
        assert (empty.status, empty.body) == (200, b"")
        peer.send(peer.request("UPDATE", branch="2", cseq=3, to_tag=tag, body=SDP), room.port)
        full = await peer.next()
        assert (full.status, full.body) == (200, b"v=0\r\ns=answer\r\n")
        assert len(session.listener.named("offer")) == 1

    async def test_a_late_offer_in_a_reinvite(self, room: Any, peer: Any, eventually: Any) -> None:
        session, tag = await established_in(room, peer, eventually)
        peer.send(peer.request("INVITE", branch="1", cseq=2, to_tag=tag), room.port)
        assert (await peer.next()).body == b"v=0\r\ns=answer\r\n"
        peer.send(peer.request("INVITE", branch="2", cseq=3, to_tag=tag, body=SDP), room.port)
        early = await peer.next()
        assert early.status == 500
        assert 0 <= int(early.headers.get("retry-after")) <= 10
        peer.send(peer.request("ACK", branch="a2", cseq=2, to_tag=tag, body=SDP), room.port)
        await session.listener.wait("answer")
        assert session.listener.named("offer") == [(None,)]

    async def test_our_offer_meets_theirs(
        self, room: Any, peer: Any, scheduler: Any, eventually: Any
    ) -> None:
        session, tag = await established_in(room, peer, eventually)
        session.reinvite(b"v=0\r\ns=change\r\n")
        ours = await peer.next()
        assert (ours.method, ours.body) == ("INVITE", b"v=0\r\ns=change\r\n")
        peer.send(peer.request("INVITE", branch="1", cseq=2, to_tag=tag, body=SDP), room.port)
        assert (await peer.next()).status == 491
        peer.send(peer.request("ACK", branch="1", cseq=2, to_tag=tag), room.port)
        peer.send(Response.to_request(ours, 491), room.port)
        assert (await peer.next()).method == "ACK"
        scheduler.advance(2.0)
        again = await peer.next()
        assert (again.method, again.body, again.cseq) == ("INVITE", ours.body, ours.cseq + 1)
        peer.send(ok(again, peer), room.port)
        await session.listener.wait("answer")
        assert session.listener.named("refused") == []

    async def test_of_offers_that_wait_the_last_is_sent(self, room: Any, peer: Any, eventually: Any) -> None:
        session, _ = await established_in(room, peer, eventually)
        for text in (b"v=0\r\ns=1\r\n", b"v=0\r\ns=2\r\n", b"v=0\r\ns=3\r\n"):
            session.reinvite(text)
        first = await peer.next()
        peer.send(ok(first, peer), room.port)
        assert (await peer.next()).method == "ACK"
        second = await peer.next()
        assert (first.body, second.body) == (b"v=0\r\ns=1\r\n", b"v=0\r\ns=3\r\n")
        peer.send(Response.to_request(second, 488), room.port)
        assert await session.listener.wait("refused") == (488, "Not Acceptable Here")
        assert session.state is SessionState.ESTABLISHED

    @pytest.mark.parametrize("status", [481, 408])
    async def test_a_reinvite_to_a_call_that_is_gone_ends_it(
        self, room: Any, peer: Any, eventually: Any, status: int
    ) -> None:
        session, _ = await established_in(room, peer, eventually)
        session.reinvite(b"v=0\r\n")
        peer.send(Response.to_request(await peer.next(), status), room.port)
        await session.listener.wait("ended")
        assert (session.listener.ended.status, session.listener.ended.by.value) == (status, "remote")

    async def test_a_far_end_that_is_busy_with_another_offer_is_asked_again_once(
        self, room: Any, peer: Any, scheduler: Any, eventually: Any
    ) -> None:
        session, _ = await established_in(room, peer, eventually)
        session.reinvite(b"v=0\r\ns=change\r\n")
        for delay in ("3 (busy);duration=9", "3"):
            offer = await peer.next()
            assert (offer.method, offer.body) == ("INVITE", b"v=0\r\ns=change\r\n")
            refusal = Response.to_request(offer, 500)
            refusal.headers.add("retry-after", delay)
            peer.send(refusal, room.port)
            assert (await peer.next()).method == "ACK"
            assert (not session.offers.awaits_retry) is (delay == "3")
            scheduler.advance(2.9)
            assert peer.read == len(peer.messages)
            scheduler.advance(0.1)
        assert session.listener.named("refused") == [(500, "Server Internal Error")]

    @pytest.mark.parametrize(("status", "delay"), [(500, "11"), (500, "soon"), (503, "1")])
    async def test_others_that_refuse_an_offer_are_not_asked_again(
        self, room: Any, peer: Any, eventually: Any, status: int, delay: str
    ) -> None:
        session, _ = await established_in(room, peer, eventually)
        session.reinvite(b"v=0\r\n")
        refusal = Response.to_request(await peer.next(), status)
        refusal.headers.add("retry-after", delay)
        peer.send(refusal, room.port)
        assert (await session.listener.wait("refused"))[0] == status
        assert not session.offers.awaits_retry

    async def test_options_say_what_is_understood_here_too(
        self, room: Any, peer: Any, eventually: Any
    ) -> None:
        _, tag = await established_in(room, peer, eventually)
        peer.send(peer.request("OPTIONS", branch="o", cseq=2, to_tag=tag), room.port)
        answer = await peer.next()
        assert answer.status == 200
        assert "UPDATE" in answer.headers.items_of("allow")
        assert answer.headers.get("accept")
        assert answer.headers.items_of("supported") == ["100rel", "timer"]

    @pytest.mark.parametrize("contact", ["sip:raw@nowhere.invalid:5099", "sip:raw@[2001:db8::1]"])
    async def test_a_far_end_whose_contact_leads_nowhere_is_answered_where_it_spoke(
        self, room: Any, peer: Any, eventually: Any, contact: str
    ) -> None:
        invite = peer.request("INVITE", branch="i", body=SDP)
        peer.send(
            invite.replace(f"<sip:raw@127.0.0.1:{peer.port}>\nSubject", f"<{contact}>\nSubject"), room.port
        )
        session = (await eventually(lambda: room.incoming))[0]
        session.accept(b"v=0\r\n")
        assert [(await peer.next()).status for _ in range(2)] == [100, 200]
        peer.send(peer.request("ACK", branch="a", to_tag=session.local_tag), room.port)
        await session.listener.wait("established")
        session.hang_up()
        bye = await peer.next()
        assert (bye.method, bye.target) == ("BYE", contact)

    async def test_a_reinvite_that_nobody_answers_ends_the_call(
        self, room: Any, peer: Any, scheduler: Any, eventually: Any
    ) -> None:
        session, _ = await established_in(room, peer, eventually)
        session.reinvite(b"v=0\r\n")
        scheduler.advance(32)
        assert (session.listener.ended.status, session.listener.ended.by.value) == (408, "timeout")

    @pytest.mark.parametrize("status", [200, 405, 500])
    async def test_a_far_end_that_answers_a_question_however_is_there(
        self, room: Any, peer: Any, eventually: Any, status: int
    ) -> None:
        session, _ = await established_in(room, peer, eventually)
        for _ in range(2):
            session.probe()
            session.probe()
            asked = await peer.next()
            assert (asked.method, asked.to.tag, asked.body) == ("OPTIONS", "rawtag", b"")
            peer.send(Response.to_request(asked, status), room.port)
            await eventually(lambda: not session._probing)
        assert session.state is SessionState.ESTABLISHED
        assert session.listener.ended is None

    @pytest.mark.parametrize("status", [481, 408])
    async def test_a_far_end_that_knows_of_no_call_ends_it(
        self, room: Any, peer: Any, eventually: Any, status: int
    ) -> None:
        session, _ = await established_in(room, peer, eventually)
        session.probe()
        peer.send(Response.to_request(await peer.next(), status, "Gone \udcff"), room.port)
        await session.listener.wait("ended")
        ended = session.listener.ended
        assert (ended.status, ended.by.value, ended.reason) == (status, "remote", "Gone \ufffd")

    async def test_a_far_end_that_says_nothing_is_gone(
        self, room: Any, peer: Any, scheduler: Any, eventually: Any
    ) -> None:
        session, _ = await established_in(room, peer, eventually)
        session.probe()
        scheduler.advance(31)
        assert session.state is SessionState.ESTABLISHED
        scheduler.advance(1)
        assert (session.listener.ended.status, session.listener.ended.by.value) == (408, "timeout")

    async def test_nobody_is_asked_before_the_call_stands_or_after_it(
        self, room: Any, peer: Any, eventually: Any
    ) -> None:
        peer.send(peer.request("INVITE", branch="i"), room.port)
        session = (await eventually(lambda: room.incoming))[0]
        session.probe()
        session.reject(486)
        session.probe()
        assert [(await peer.next()).status for _ in range(2)] == [100, 486]
        assert len(peer.messages) == 2

    async def test_a_reinvite_that_is_pending_for_ever_is_given_up(
        self, room: Any, peer: Any, scheduler: Any, eventually: Any
    ) -> None:
        session, _ = await established_in(room, peer, eventually)
        session.reinvite(b"v=0\r\n")
        peer.send(Response.to_request(await peer.next(), 100), room.port)
        peer.send(peer.request("OPTIONS", branch="o", cseq=2), room.port)
        assert (await peer.next()).status == 200
        scheduler.advance(179)
        assert session.state is SessionState.ESTABLISHED
        scheduler.advance(1)
        assert session.listener.ended.by.value == "timeout"


class TestOutgoing:
    async def test_the_invite_says_who_and_where_we_are(self, room: Any, peer: Any, recorder: Any) -> None:
        session, invite = await called(room, peer, recorder)
        assert invite.target == f"sip:raw@127.0.0.1:{peer.port}"
        assert str(invite.from_.uri) == "sip:caller@example.org"
        assert invite.from_.tag == session.local_tag
        assert (invite.via.host, invite.via.port, invite.via.parameter("rport")) == (
            "127.0.0.1",
            room.port,
            "",
        )
        assert invite.via.branch.startswith("z9hG4bK")
        assert str(invite.addresses("contact")[0].uri) == f"sip:caller@127.0.0.1:{room.port}"
        assert invite.headers.get("user-agent") == "videobar-test/1"
        assert invite.headers.items_of("supported") == ["100rel", "timer"]
        assert invite.headers.get("require") is None
        assert "127.0.0.1" not in invite.call_id

    async def test_each_2xx_is_acknowledged_and_a_fork_is_ended(
        self, room: Any, peer: Any, recorder: Any, eventually: Any
    ) -> None:
        session, invite = await called(room, peer, recorder)
        for tag in ("one", "one", "two"):
            peer.send(ok(invite, peer, tag), room.port)
        await eventually(lambda: len(peer.messages) == 5)
        requests = [(message.method, message.to.tag) for message in peer.messages[1:]]
        assert requests == [("ACK", "one"), ("ACK", "one"), ("ACK", "two"), ("BYE", "two")]
        assert bytes(peer.messages[1]) == bytes(peer.messages[2])
        assert recorder.names == ["established"]
        assert (session.remote_agent, session.remote_is_focus) == ("raw/9", True)
        peer.send(ok(invite, peer, "two"), room.port)
        await eventually(lambda: len(peer.messages) == 6)
        assert peer.messages[-1].method == "ACK"

    async def test_silence(self, room: Any, peer: Any, recorder: Any, scheduler: Any) -> None:
        await called(room, peer, recorder)
        scheduler.advance(32)
        assert (recorder.ended.status, recorder.ended.by.value) == (408, "timeout")
        assert room.agent.sessions == ()
        assert room.agent._sessions == {}

    async def test_silence_can_be_cut_short_and_a_late_ring_is_cancelled(
        self, room: Any, peer: Any, recorder: Any, scheduler: Any
    ) -> None:
        room.call(SipUri("127.0.0.1", "raw", peer.port), recorder, no_response_timeout=3.0)
        invite = await peer.next()
        scheduler.advance(2.9)
        assert recorder.ended is None
        scheduler.advance(0.1)
        assert (recorder.ended.status, recorder.ended.by.value) == (408, "timeout")
        peer.send(Response.to_request(invite, 180, tag="x"), room.port)
        while (message := await peer.next()).method == "INVITE":
            pass
        assert (message.method, message.via.branch, message.cseq) == (
            "CANCEL",
            invite.via.branch,
            invite.cseq,
        )
        assert recorder.names == ["ended"]

    async def test_hanging_up_waits_for_a_provisional_response(
        self, room: Any, peer: Any, recorder: Any, eventually: Any
    ) -> None:
        session, invite = await called(room, peer, recorder)
        session.hang_up()
        session.hang_up()
        assert recorder.ended.by.value == "local"
        assert len(peer.messages) == 1
        peer.send(Response.to_request(invite, 100), room.port)
        cancel = await peer.next()
        assert cancel.method == "CANCEL"
        peer.send(Response.to_request(cancel, 200), room.port)
        peer.send(Response.to_request(invite, 487, tag="x"), room.port)
        assert (await peer.next()).method == "ACK"
        await eventually(lambda: not room.agent._sessions)
        assert recorder.names == ["ended"]

    async def test_a_200_that_crosses_the_cancel_is_acknowledged_and_ended(
        self, room: Any, peer: Any, recorder: Any, eventually: Any
    ) -> None:
        session, invite = await called(room, peer, recorder)
        peer.send(Response.to_request(invite, 180, tag="x"), room.port)
        await recorder.wait("progress")
        session.hang_up()
        assert (await peer.next()).method == "CANCEL"
        peer.send(ok(invite, peer, "x"), room.port)
        assert (await peer.next()).method == "ACK"
        bye = await peer.next()
        assert (bye.method, bye.to.tag) == ("BYE", "x")
        peer.send(Response.to_request(bye, 200), room.port)
        await eventually(lambda: not room.agent._sessions)
        assert recorder.names == ["progress", "ended"]

    async def test_a_cancel_that_is_ignored_ends_after_64_t1(
        self, room: Any, peer: Any, recorder: Any, scheduler: Any
    ) -> None:
        session, invite = await called(room, peer, recorder)
        peer.send(Response.to_request(invite, 180, tag="x"), room.port)
        await recorder.wait("progress")
        session.hang_up()
        scheduler.advance(31.9)
        assert room.agent._sessions
        scheduler.advance(0.1)
        assert not room.agent._sessions

    @pytest.mark.parametrize("status", [302, 404, 486, 603])
    async def test_a_refusal_ends_it_with_its_status(
        self, room: Any, peer: Any, recorder: Any, status: int
    ) -> None:
        _, invite = await called(room, peer, recorder)
        peer.send(Response.to_request(invite, status, "No \u2026", tag="x"), room.port)
        assert (await peer.next()).method == "ACK"
        assert (recorder.ended.status, recorder.ended.reason) == (status, "No \u2026")
        assert recorder.ended.by.value == "remote"

    async def test_a_bye_of_the_called_one_before_the_answer_is_refused(
        self, room: Any, peer: Any, recorder: Any
    ) -> None:
        session, invite = await called(room, peer, recorder)
        peer.send(Response.to_request(invite, 180, tag="rawtag"), room.port)
        await recorder.wait("progress")
        text = peer.request("BYE", branch="b", to_tag=session.local_tag).replace("raw-call", session.call_id)
        peer.send(text, room.port)
        assert (await peer.next()).status == 481
        assert recorder.ended is None

    @pytest.mark.parametrize(("method", "status"), [("OPTIONS", 200), ("INFO", 200), ("PRACK", 481)])
    async def test_a_question_of_the_called_one_before_the_answer_is_answered(
        self, room: Any, peer: Any, recorder: Any, method: str, status: int
    ) -> None:
        session, invite = await called(room, peer, recorder)
        peer.send(Response.to_request(invite, 180, tag="rawtag"), room.port)
        await recorder.wait("progress")
        text = peer.request(method, branch="q", to_tag=session.local_tag)
        peer.send(text.replace("raw-call", session.call_id), room.port)
        assert (await peer.next()).status == status
        assert recorder.ended is None

    async def test_an_update_before_the_answer_is_pending(self, room: Any, peer: Any, recorder: Any) -> None:
        session, invite = await called(room, peer, recorder)
        peer.send(ok(invite, peer, "rawtag", b"", 183), room.port)
        await recorder.wait("progress")
        text = peer.request("UPDATE", branch="u", to_tag=session.local_tag, body=SDP)
        peer.send(text.replace("raw-call", session.call_id), room.port)
        assert (await peer.next()).status == 491

    async def test_an_unknown_transport_is_refused_clearly(self, room: Any, recorder: Any) -> None:
        for target in (
            SipUri("h", parameters=(("transport", "sctp"),)),
            SipUri("h", scheme="sips", parameters=(("transport", "udp"),)),
        ):
            with pytest.raises(UnsupportedTransport):
                room.call(target, recorder)
        assert room.agent.sessions == ()

    async def test_a_sips_address_is_not_called_through_a_proxy_without_tls(
        self, room: Any, recorder: Any
    ) -> None:
        with pytest.raises(UnsupportedTransport, match="proxy"):
            room.call(SipUri("h", scheme="sips"), recorder, route=(SipUri("127.0.0.1"),))
        assert room.agent.sessions == ()

    async def test_tls_without_a_certificate_of_ours_is_an_end_with_its_reason(
        self, room: Any, recorder: Any
    ) -> None:
        room.call(SipUri("127.0.0.1", scheme="sips"), recorder)
        await recorder.wait("ended")
        assert "TLS is not set up" in recorder.ended.reason

    async def test_a_challenge_is_answered(self, room: Any, peer: Any, recorder: Any) -> None:
        room.call(SipUri("127.0.0.1", "raw", peer.port), recorder, credentials=Credentials("u", "p"))
        first = await peer.next()
        refusal = Response.to_request(first, 407, tag="x")
        refusal.headers.add(
            "proxy-authenticate", 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'
        )
        peer.send(refusal, room.port)
        assert (await peer.next()).method == "ACK"
        second = await peer.next()
        assert (second.cseq, second.call_id, second.from_.tag) == (
            first.cseq + 1,
            first.call_id,
            first.from_.tag,
        )
        assert second.via.branch != first.via.branch
        assert "algorithm=SHA-256" in second.headers.get("proxy-authorization")
        refusal = Response.to_request(second, 407, tag="x")
        refusal.headers.add(
            "proxy-authenticate", 'Digest realm="r", nonce="n2", qop="auth", algorithm=SHA-256'
        )
        peer.send(refusal, room.port)
        await recorder.wait("ended")
        assert recorder.ended.status == 407
