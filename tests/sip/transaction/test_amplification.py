"""What is sent to an address that has not shown that it is there: no more than three times what came from it."""

from __future__ import annotations

import pytest
from tests.sip.conftest import ManualScheduler

from videobar.sip.syntax.message import Response
from videobar.sip.transaction.amplification import MOST_VALIDATED, VALIDATED_S, AddressValidation
from videobar.sip.transport.flow import Flow

SDP = "v=0\ns=x\n"
LONG = b"v=0\r\ns=answer\r\n" + b"a=x:" + b"-" * 900 + b"\r\n"


class Counted:
    """What a peer sends and gets, in bytes."""

    def __init__(self, peer, port) -> None:
        self.peer, self.port, self.sent = peer, port, 0

    def send(self, text: str) -> None:
        data = text.replace("\n", "\r\n").encode()
        self.sent += len(data)
        self.peer.send(data, self.port)

    def invite(self, *, subject: int = 0, body: str = "", **more: str) -> None:
        text = self.peer.request(
            "INVITE", branch=more.get("branch", "i"), body=body, extra=more.get("extra", "")
        )
        start = text.index("Subject: ")
        self.send(text[:start] + "Subject: " + "-" * subject + text[text.index("\n", start) :])


@pytest.fixture
async def room(phone, scheduler):
    made = await phone(scheduler=scheduler)
    made.sent_bytes = 0
    send = made.transport.send

    def counted(flow: Flow, data: bytes) -> None:
        made.sent_bytes += len(data)
        send(flow, data)

    made.transport.send = counted
    return made


def sent_bytes(room) -> int:
    return int(room.sent_bytes)


@pytest.mark.parametrize("body", ["", SDP])
@pytest.mark.parametrize("subject", [0, 300, 1200])
@pytest.mark.parametrize("rings", [False, True])
async def test_an_unacknowledged_answer(room, peer, scheduler, eventually, body, subject, rings):
    counted = Counted(peer, room.port)
    counted.invite(subject=subject, body=body)
    session = (await eventually(lambda: room.incoming))[0]
    if rings:
        session.ring()
    session.accept(LONG)
    for _ in range(700):
        scheduler.advance(0.1)
    assert session.has_ended
    assert sent_bytes(room) <= 3 * counted.sent
    assert sent_bytes(room) > 0 or subject == 0
    assert all(isinstance(each, Response) for each in peer.messages)


@pytest.mark.parametrize(
    "extra",
    ["", "Require: unheard-of\n", "Content-Type: text/plain\n", "Session-Expires: 5\nSupported: timer\n"],
)
async def test_refusals(room, peer, scheduler, eventually, extra):
    counted = Counted(peer, room.port)
    counted.invite(extra=extra, body="x" if "text" in extra else "")
    await eventually(lambda: room.transport.counters.received)
    for session in room.incoming:
        session.reject(486)
    for _ in range(700):
        scheduler.advance(0.1)
    assert 0 < sent_bytes(room) <= 3 * counted.sent


@pytest.mark.parametrize("method", ["OPTIONS", "BYE", "SUBSCRIBE", "CANCEL", "INFO"])
async def test_other_requests(room, peer, scheduler, eventually, method):
    counted = Counted(peer, room.port)
    counted.send(peer.request(method, branch="o"))
    await peer.next()
    scheduler.advance(60)
    assert sent_bytes(room) <= 3 * counted.sent


async def test_a_caller_that_repeats_itself_is_answered_at_last(room, peer, scheduler, eventually):
    """What a phone does that gets no answer (section 17.1.1.2)."""
    counted = Counted(peer, room.port)
    counted.invite()
    session = (await eventually(lambda: room.incoming))[0]
    session.accept(LONG)
    assert sent_bytes(room) == 0
    for _ in range(3):
        received = room.transport.counters.received
        counted.invite()
        await eventually(lambda received=received: room.transport.counters.received > received)
    scheduler.advance(8)
    answer = await peer.next()
    assert answer.status == 200
    assert sent_bytes(room) <= 3 * counted.sent
    peer.send(peer.request("ACK", branch="a", to_tag=answer.to.tag), room.port)
    await session.listener.wait("established")


async def test_an_acknowledged_refusal_proves_the_address(room, peer, scheduler, eventually):
    counted = Counted(peer, room.port)
    counted.invite(subject=900)
    (await eventually(lambda: room.incoming))[0].reject(486)
    refusal = next(each for each in [await peer.next() for _ in range(2)] if each.status == 486)
    flow = Flow("UDP", "127.0.0.1", peer.port)
    transactions = room.agent._transactions
    guess = peer.request("ACK", branch="i", to_tag="guessed")
    received = room.transport.counters.received
    peer.send(guess, room.port)
    await eventually(lambda: room.transport.counters.received > received)
    assert not transactions.is_validated(flow)
    peer.send(peer.request("ACK", branch="i2", to_tag=refusal.to.tag), room.port)
    await eventually(lambda: transactions.is_validated(flow))


def test_a_tag_proves_only_the_address_that_it_was_sent_to():
    scheduler = ManualScheduler()
    validation = AddressValidation(scheduler)
    here, there = Flow("UDP", "192.0.2.1", 5060), Flow("UDP", "192.0.2.2", 5060)
    validation.issue("tag", here)
    request = type("Request", (), {"to": type("To", (), {"tag": "tag"})})
    validation.receive(request, there)
    assert not validation.is_validated(there)
    validation.receive(request, here)
    assert validation.is_validated(here)
    assert not validation.is_validated(there)
    scheduler.advance(VALIDATED_S + 1)
    assert not validation.is_validated(here)
    validation.withdraw("tag")
    validation.receive(request, here)
    assert not validation.is_validated(here)
    assert validation.is_validated(Flow("TCP", "192.0.2.3", 5060, 1))


def test_who_is_remembered_is_bounded():
    scheduler = ManualScheduler()
    validation = AddressValidation(scheduler)
    flows = [Flow("UDP", f"10.0.{n // 256}.{n % 256}", 5060) for n in range(MOST_VALIDATED + 10)]
    for flow in flows:
        validation.validate(flow)
    assert not validation.is_validated(flows[0])
    assert validation.is_validated(flows[-1])
    assert scheduler.waiting == MOST_VALIDATED
