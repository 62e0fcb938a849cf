"""Session timers in both roles, with a peer that says exactly what the test wants and time moved by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.sip.session.timer import SessionExpires, is_too_brief, min_se_of
from videobar.sip.syntax.message import Request, Response
from videobar.sip.syntax.uri import SipUri

SDP = "v=0\ns=raw\n"


@pytest.fixture
async def room(phone: Any, scheduler: Any) -> Any:
    return await phone(scheduler=scheduler)


def ok(request: Request, peer: Any, *headers: tuple[str, str], body: bytes = b"") -> Response:
    response = Response.to_request(request, 200, tag="rawtag")
    response.headers.add("contact", f"<sip:raw@127.0.0.1:{peer.port}>")
    for name, value in headers:
        response.headers.add(name, value)
    if body:
        response.headers.add("content-type", "application/sdp")
        response.body = body
    return response


async def call_out(room: Any, peer: Any, recorder: Any, *headers: tuple[str, str]) -> tuple[Any, Request]:
    """A call of ours that the peer takes with these headers in its 200."""
    session = room.call(SipUri("127.0.0.1", "raw", peer.port), recorder)
    invite = await peer.next()
    peer.send(ok(invite, peer, *headers, body=b"v=0\r\n"), room.port)
    await recorder.wait("established")
    assert (await peer.next()).method == "ACK"
    return session, invite


async def call_in(room: Any, peer: Any, eventually: Any, extra: str) -> tuple[Any, Response]:
    """A call of the peer that we take: the session and our 200."""
    peer.send(peer.request("INVITE", branch="i", body=SDP, extra=extra), room.port)
    session = (await eventually(lambda: room.incoming))[0]
    session.accept(b"v=0\r\ns=ours\r\n")
    while (answer := await peer.next()).status != 200:
        pass
    peer.send(peer.request("ACK", branch="a", to_tag=session.local_tag), room.port)
    await session.listener.wait("established")
    return session, answer


class TestCaller:
    async def test_a_timer_is_proposed_and_nothing_follows_where_it_is_not_taken_up(
        self, room: Any, peer: Any, recorder: Any, scheduler: Any
    ) -> None:
        _, invite = await call_out(room, peer, recorder)
        assert (invite.headers.get("session-expires"), invite.headers.get("min-se")) == ("1800", "90")
        sent = room.transport.counters.sent
        scheduler.advance(100_000)
        assert room.transport.counters.sent == sent

    async def test_we_refresh_by_update_where_the_far_end_knows_it(
        self, room: Any, peer: Any, recorder: Any, scheduler: Any
    ) -> None:
        await call_out(
            room, peer, recorder, ("session-expires", "200;refresher=uac"), ("allow", "INVITE, ACK, UPDATE")
        )
        for _ in range(3):
            scheduler.advance(100)
            update = await peer.next()
            assert (update.method, update.body) == ("UPDATE", b"")
            assert update.headers.get("session-expires") == "200;refresher=uac"
            peer.send(ok(update, peer, ("session-expires", "200;refresher=uac")), room.port)
            await settled(room, peer)
        assert recorder.names == ["established"]

    async def test_without_update_what_holds_is_offered_again(
        self, room: Any, peer: Any, recorder: Any, scheduler: Any
    ) -> None:
        _, invite = await call_out(
            room, peer, recorder, ("session-expires", "200;refresher=uac"), ("allow", "INVITE, ACK, BYE")
        )
        scheduler.advance(100)
        again = await peer.next()
        assert (again.method, again.body) == ("INVITE", invite.body)
        peer.send(ok(again, peer, ("session-expires", "300;refresher=uac"), body=b"v=0\r\n"), room.port)
        assert (await peer.next()).method == "ACK"
        await settled(room, peer)
        scheduler.advance(149)
        await settled(room, peer)
        scheduler.advance(1)
        assert (await peer.next()).headers.get("session-expires") == "300;refresher=uac"

    async def test_an_update_that_is_not_known_after_all_becomes_an_invite(
        self, room: Any, peer: Any, recorder: Any, scheduler: Any, eventually: Any
    ) -> None:
        await call_out(room, peer, recorder, ("session-expires", "200;refresher=uac"))
        scheduler.advance(100)
        peer.send(Response.to_request(await peer.next(), 405), room.port)
        await settled(room, peer)
        scheduler.advance(0)
        assert (await peer.next()).method == "INVITE"

    async def test_too_brief_for_somebody_on_the_way(self, room: Any, peer: Any, recorder: Any) -> None:
        room.call(SipUri("127.0.0.1", "raw", peer.port), recorder)
        refusal = Response.to_request(await peer.next(), 422, tag="x")
        refusal.headers.add("min-se", "3600")
        peer.send(refusal, room.port)
        assert (await peer.next()).method == "ACK"
        again = await peer.next()
        assert (again.headers.get("session-expires"), again.headers.get("min-se")) == ("3600", "3600")
        peer.send(refusal_like(again, "3600"), room.port)
        await recorder.wait("ended")
        assert recorder.ended.status == 422

    async def test_a_far_end_that_does_not_refresh_is_hung_up_on(
        self, room: Any, peer: Any, recorder: Any, scheduler: Any
    ) -> None:
        await call_out(room, peer, recorder, ("session-expires", "90;refresher=uas"))
        scheduler.advance(59)
        await settled(room, peer)
        scheduler.advance(1)
        bye = await peer.next()
        assert bye.method == "BYE"
        assert "cause=408" in bye.headers.get("reason")
        assert (recorder.ended.status, recorder.ended.by.value) == (408, "timeout")

    @pytest.mark.parametrize("status", [408, 481])
    async def test_a_refresh_that_shows_that_the_call_is_gone(
        self, room: Any, peer: Any, recorder: Any, scheduler: Any, status: int
    ) -> None:
        await call_out(room, peer, recorder, ("session-expires", "200;refresher=uac"))
        scheduler.advance(100)
        peer.send(Response.to_request(await peer.next(), status), room.port)
        await recorder.wait("ended")
        assert recorder.ended.status == status

    async def test_a_refresh_that_nobody_answers(
        self, room: Any, peer: Any, recorder: Any, scheduler: Any
    ) -> None:
        await call_out(room, peer, recorder, ("session-expires", "200;refresher=uac"))
        scheduler.advance(133)
        assert recorder.ended.by.value == "timeout"

    async def test_a_refusal_for_the_moment_is_tried_again(
        self, room: Any, peer: Any, recorder: Any, scheduler: Any
    ) -> None:
        await call_out(room, peer, recorder, ("session-expires", "200;refresher=uac"))
        scheduler.advance(100)
        peer.send(Response.to_request(await peer.next(), 500), room.port)
        await settled(room, peer)
        scheduler.advance(5)
        again = await peer.next()
        assert again.method == "UPDATE"
        assert recorder.ended is None

    async def test_the_timer_dies_with_the_session(
        self, room: Any, peer: Any, recorder: Any, scheduler: Any
    ) -> None:
        session, _ = await call_out(room, peer, recorder, ("session-expires", "200;refresher=uac"))
        session.hang_up()
        peer.send(ok(await peer.next(), peer), room.port)
        await settled(room, peer)
        scheduler.advance(1000)
        assert scheduler.waiting == 0


class TestCalled:
    @pytest.mark.parametrize(
        ("asked", "granted", "require"),
        [
            ("Supported: timer\nSession-Expires: 300;refresher=uac\n", "300;refresher=uac", "timer"),
            ("Supported: timer\nSession-Expires: 300\n", "300;refresher=uac", "timer"),
            ("Supported: timer\nx: 300;refresher=UAS\n", "300;refresher=uas", None),
            ("Session-Expires: 300\n", "300;refresher=uas", None),
            ("Session-Expires: 10\n", "90;refresher=uas", None),
            ("Supported: timer\n", "1800;refresher=uas", None),
            ("Supported: timer\nMin-SE: 2400\n", "2400;refresher=uas", None),
            ("", None, None),
            ("Supported: timer\nSession-Expires: soon\n", "1800;refresher=uas", None),
        ],
    )
    async def test_what_is_granted(
        self, room: Any, peer: Any, eventually: Any, asked: str, granted: str | None, require: str | None
    ) -> None:
        _, answer = await call_in(room, peer, eventually, asked)
        assert answer.headers.get("session-expires") == granted
        assert answer.headers.get("require") == require

    async def test_their_refresh_is_answered_and_counts(
        self, room: Any, peer: Any, eventually: Any, scheduler: Any
    ) -> None:
        session, _ = await call_in(
            room, peer, eventually, "Supported: timer\nSession-Expires: 90;refresher=uac\n"
        )
        for number in range(3):
            scheduler.advance(50)
            extra = "Supported: timer\nSession-Expires: 90;refresher=uac\n"
            text = peer.request(
                "UPDATE", branch=f"u{number}", cseq=number + 2, to_tag=session.local_tag, extra=extra
            )
            peer.send(text, room.port)
            answer = await peer.next()
            assert (answer.status, answer.headers.get("session-expires")) == (200, "90;refresher=uac")
        scheduler.advance(60)
        assert session.listener.ended.by.value == "timeout"

    async def test_we_refresh_where_that_is_our_part(
        self, room: Any, peer: Any, eventually: Any, scheduler: Any
    ) -> None:
        await call_in(
            room, peer, eventually, "Supported: timer\nAllow: UPDATE\nSession-Expires: 90;refresher=uas\n"
        )
        scheduler.advance(45)
        update = await peer.next()
        assert (update.method, update.headers.get("session-expires")) == ("UPDATE", "90;refresher=uac")

    async def test_a_refresh_that_asks_for_too_little_changes_nothing(
        self, room: Any, peer: Any, eventually: Any, scheduler: Any
    ) -> None:
        session, _ = await call_in(
            room, peer, eventually, "Supported: timer\nSession-Expires: 90;refresher=uac\n"
        )
        extra = "Supported: timer\nSession-Expires: 30\n"
        peer.send(
            peer.request("UPDATE", branch="u", cseq=2, to_tag=session.local_tag, extra=extra), room.port
        )
        answer = await peer.next()
        assert (answer.status, answer.headers.get("min-se")) == (422, "90")
        scheduler.advance(60)
        assert session.listener.ended.by.value == "timeout"


def refusal_like(request: Request, min_se: str) -> Response:
    refusal = Response.to_request(request, 422, tag="x")
    refusal.headers.add("min-se", min_se)
    return refusal


async def settled(room: Any, peer: Any) -> None:
    """Everything that was sent has arrived, both ways, and nothing was left to be read."""
    branch = f"probe{len(peer.messages)}"
    peer.send(peer.request("OPTIONS", branch=branch, cseq=900), room.port)
    answer = await peer.next()
    assert isinstance(answer, Response), answer
    assert answer.cseq_method == "OPTIONS"


@given(st.text(max_size=30))
def test_any_header_is_a_bounded_interval_or_none(text: str) -> None:
    request = Request(method="INVITE", target="sip:a@h")
    try:
        request.headers.add("session-expires", text)
        request.headers.add("min-se", text)
        request.headers.add("supported", "timer")
    except ValueError:
        return
    found = SessionExpires.of(request)
    assert found is None or 0 <= found.seconds <= 7 * 24 * 3600
    assert 90 <= min_se_of(request) <= 7 * 24 * 3600
    assert is_too_brief(request) == (found is not None and found.seconds < 90)
