from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.rtp.packet import MalformedPacket
from videobar.rtp.telephone_event import (
    DIGITS,
    MOST_QUEUED,
    EventPacket,
    EventReceiver,
    EventSender,
    TelephoneEvent,
)


def train(digits: str, clock_rate: int = 8000, step: int = 160) -> list[EventPacket | None]:
    sender = EventSender(clock_rate)
    sender.queue(digits)
    ticks: list[EventPacket | None] = []
    timestamp = 1000
    while not sender.idle:
        ticks.append(sender.tick(timestamp))
        timestamp += step
    return ticks


def test_the_train_of_one_digit_byte_by_byte() -> None:
    payloads = [
        "050a00a0",
        "050a0140",
        "050a01e0",
        "050a0280",
        "050a0320",
        "058a03c0",
        "058a03c0",
        "058a03c0",
    ]
    expected = [
        EventPacket(1000, marker=index == 0, payload=bytes.fromhex(payload))
        for index, payload in enumerate(payloads)
    ]
    assert train("5") == [*expected, None, None, None, None]


def test_durations_follow_the_event_clock() -> None:
    packets = [packet for packet in train("1", clock_rate=48000, step=960) if packet]
    durations = [TelephoneEvent.parse(packet.payload).duration for packet in packets]
    assert durations == [960, 1920, 2880, 3840, 4800, 5760, 5760, 5760]


def test_each_digit_freezes_its_own_timestamp() -> None:
    packets = [packet for packet in train("12") if packet]
    assert [packet.timestamp for packet in packets] == [1000] * 8 + [1000 + 12 * 160] * 8
    assert [packet.marker for packet in packets].count(True) == 2


def test_digits_and_their_codes() -> None:
    sent = [TelephoneEvent.parse(p.payload) for p in train(DIGITS) if p and p.marker]
    assert [event.code for event in sent] == list(range(16))


def test_what_is_no_digit_is_named_and_nothing_is_queued() -> None:
    sender = EventSender(8000)
    with pytest.raises(ValueError, match="'x' is not a DTMF digit|'X' is not a DTMF digit"):
        sender.queue("12x")
    with pytest.raises(ValueError, match="waiting"):
        sender.queue("1" * (MOST_QUEUED + 1))
    assert sender.idle
    assert sender.tick(0) is None


def hear(packets: list[EventPacket]) -> str:
    receiver = EventReceiver()
    return "".join(receiver.receive(p.timestamp, p.payload) or "" for p in packets)


def test_each_digit_is_heard_once() -> None:
    assert hear([p for p in train("1123#*0abcd") if p]) == "1123#*0ABCD"


def test_digits_are_heard_when_all_end_packets_are_lost() -> None:
    packets = [p for p in train("778") if p and not TelephoneEvent.parse(p.payload).end]
    assert hear(packets) == "778"


def test_digits_are_heard_when_only_an_end_packet_arrives() -> None:
    packets = [p for p in train("779") if p]
    assert hear(packets[7::8]) == "779"


def test_stragglers_of_an_earlier_event_are_not_a_digit() -> None:
    packets = [p for p in train("12") if p]
    assert hear([*packets[:7], packets[8], packets[7], *packets[9:]]) == "12"


def test_a_very_long_press_is_one_digit() -> None:
    receiver = EventReceiver()
    first = TelephoneEvent(3, end=False, volume=10, duration=0xFFFF).pack()
    second = TelephoneEvent(3, end=True, volume=10, duration=800).pack()
    assert receiver.receive(0xFFFF0000, first) == "3"
    assert receiver.receive((0xFFFF0000 + 0xFFFF) & 0xFFFFFFFF, second) is None
    assert receiver.receive(5000, second) == "3"


def test_events_that_are_no_digits_are_ignored() -> None:
    assert EventReceiver().receive(0, TelephoneEvent(16, end=False, volume=0, duration=1).pack()) is None


def test_short_payloads_are_malformed() -> None:
    with pytest.raises(MalformedPacket):
        EventReceiver().receive(0, b"\x01\x02\x03")


@given(st.lists(st.tuples(st.integers(0, 0xFFFFFFFF), st.binary(min_size=4, max_size=6))))
def test_any_payload_is_survived(packets: list[tuple[int, bytes]]) -> None:
    receiver = EventReceiver()
    for timestamp, payload in packets:
        assert receiver.receive(timestamp, payload) in {None, *DIGITS}


@given(st.text(DIGITS, min_size=1, max_size=5), st.data())
def test_digits_survive_any_loss_that_leaves_one_packet_of_each(digits: str, data: st.DataObject) -> None:
    packets = [p for p in train(digits) if p]
    kept = []
    for index in range(len(digits)):
        group = packets[index * 8 : index * 8 + 8]
        mask = data.draw(st.lists(st.booleans(), min_size=8, max_size=8).filter(any))
        kept += [packet for packet, keep in zip(group, mask, strict=True) if keep]
    assert hear(kept) == digits
