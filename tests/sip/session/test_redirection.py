"""A call is redirected: where it goes next, and when it ends."""

from __future__ import annotations

from typing import Any

import pytest

from videobar.sip.session.redirection import MOST_TARGETS, TargetSet
from videobar.sip.session.states import SessionState
from videobar.sip.syntax.message import Response
from videobar.sip.syntax.uri import SipUri
from videobar.sip.transaction.state_machine import Timers

ANSWER = b"v=0\r\ns=called\r\n"
FAST = Timers(t1=0.02, t2=0.08, t4=0.1)


def redirection(invite: Any, *contacts: str, status: int = 302) -> Response:
    response = Response.to_request(invite, status, tag="x")
    for contact in contacts:
        response.headers.add("contact", contact)
    return response


async def refused(peer: Any, room: Any, *contacts: str, status: int = 302) -> Any:
    """The INVITE that came to `peer`, which refuses it."""
    invite = await peer.next_new()
    peer.send(redirection(invite, *contacts, status=status), room.port)
    assert (await peer.next_new()).method == "ACK"
    return invite


async def test_a_redirected_call_reaches_whom_it_is_sent_to(
    phone: Any, peer: Any, recorder: Any, eventually: Any
) -> None:
    room, called = await phone(timers=FAST), await phone()
    session = room.call(SipUri("127.0.0.1", "raw", peer.port), recorder)
    first = await refused(peer, room, f'"Elsewhere" <{called.uri()};method=INVITE?subject=x>;q=0.5')
    incoming = (await eventually(lambda: called.incoming))[0]
    assert incoming.call_id == first.call_id
    incoming.accept(ANSWER)
    assert await recorder.wait("established") == (ANSWER,)
    await incoming.listener.wait("established")
    session.hang_up()
    assert (await incoming.listener.wait("ended"))[0].by.value == "remote"


async def test_the_next_address_is_tried_when_one_fails_and_each_only_once(
    phone: Any, peer: Any, other_peer: Any, recorder: Any
) -> None:
    room = await phone(timers=FAST)
    here, there = (f"sip:raw@127.0.0.1:{each.port}" for each in (peer, other_peer))
    room.call(SipUri.parse(here), recorder)
    first = await refused(peer, room, f"<{there}>;q=0.1, <{here}>", "<tel:+123>", f"<{here};x=1>;q=0.9")
    second = await refused(peer, room, status=486)
    assert (second.target, second.cseq) == (f"{here};x=1", first.cseq + 1)
    assert str(second.to.uri) == here
    third = await refused(other_peer, room, f"<{here}>", f"<{there}>")
    assert third.target == there
    ended = (await recorder.wait("ended"))[0]
    assert (ended.status, ended.by.value) == (302, "remote")
    assert room.agent._sessions == {}


async def test_who_is_refused_everywhere_is_not_looked_for_elsewhere(
    phone: Any, peer: Any, other_peer: Any, recorder: Any
) -> None:
    room = await phone(timers=FAST)
    room.call(SipUri("127.0.0.1", "raw", peer.port), recorder)
    uris = [f"<sip:{user}@127.0.0.1:{other_peer.port}>" for user in ("a", "b")]
    await refused(peer, room, *uris, status=300)
    await refused(other_peer, room, status=603)
    assert (await recorder.wait("ended"))[0].status == 603
    assert len({bytes(each) for each in other_peer.messages}) == 2, "an INVITE and its ACK"


async def test_hanging_up_ends_the_search(phone: Any, peer: Any, recorder: Any, eventually: Any) -> None:
    room, called = await phone(timers=FAST), await phone()
    session = room.call(SipUri("127.0.0.1", "raw", peer.port), recorder)
    invite = await peer.next_new()
    peer.send(Response.to_request(invite, 180, tag="x"), room.port)
    await recorder.wait("progress")
    session.hang_up()
    assert (await peer.next_new()).method == "CANCEL"
    peer.send(redirection(invite, f"<{called.uri()}>"), room.port)
    assert (await peer.next_new()).method == "ACK"
    await eventually(lambda: not room.agent._sessions)
    assert called.incoming == []
    assert session.state is SessionState.ENDED


async def test_a_port_where_nobody_is_leads_to_the_next(
    phone: Any, peer: Any, recorder: Any, eventually: Any
) -> None:
    room, gone, called = await phone(timers=FAST), await phone(), await phone()
    await gone.agent.close()
    room.call(SipUri("127.0.0.1", "raw", peer.port), recorder)
    await refused(peer, room, f"<{gone.uri('TCP')}>, <{called.uri()}>;q=0.2")
    assert await eventually(lambda: called.incoming)


@pytest.mark.parametrize(
    "contact",
    ["<mailto:ada@example.org>", "<sip:a@b;transport=sctp>", "<sip:a@b>;q=much", "nonsense here", "*"],
)
async def test_what_cannot_be_called_ends_the_call(
    phone: Any, peer: Any, recorder: Any, contact: str
) -> None:
    room = await phone(timers=FAST)
    room.call(SipUri("127.0.0.1", "raw", peer.port), recorder)
    await refused(peer, room, contact)
    assert (await recorder.wait("ended"))[0].status == 302


def answer(status: int, *contacts: str) -> Response:
    response = Response(status=status)
    for contact in contacts:
        response.headers.add("contact", contact)
    return response


def test_a_secure_address_is_never_left_for_a_plain_one() -> None:
    redirections = TargetSet(SipUri.parse("sips:ada@example.org"))
    redirections.handle_response(answer(302, "<sip:ada@example.org>, <sips:ada@other.example>"))
    assert str(redirections.next()) == "sips:ada@other.example"
    assert redirections.next() is None


@pytest.mark.parametrize("status", [305, 380, 404])
def test_contacts_of_other_answers_are_no_addresses(status: int) -> None:
    redirections = TargetSet(SipUri.parse("sip:ada@example.org"))
    redirections.handle_response(answer(status, "<sip:ada@other.example>"))
    assert redirections.next() is None


def test_a_call_that_is_sent_on_and_on_ends() -> None:
    redirections = TargetSet(SipUri.parse("sip:0@example.org"))
    tried = 1
    for number in range(1, 100):
        redirections.handle_response(answer(301, f"<sip:{number}@example.org>"))
        if redirections.next() is None:
            break
        tried += 1
    assert tried == MOST_TARGETS
    redirections.handle_response(answer(302, *(f"<sip:x{number}@example.org>" for number in range(1000))))
    assert redirections.next() is None
