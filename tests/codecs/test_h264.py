from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.codecs.h264 import START_CODE, H264Depacketizer, nal_units, packetize
from videobar.rtp.access_unit import MalformedPayload

SPS, PPS, IDR = b"\x67" + b"s" * 20, b"\x68" + b"p" * 5, b"\x65" + bytes(range(1, 256)) * 20
SLICE = b"\x41" + b"x" * 700


def stream(*units: bytes) -> bytes:
    return b"".join(START_CODE + unit for unit in units)


def put_together(payloads, depacketizer=None, timestamp=9000, lose=()):
    depacketizer = depacketizer or H264Depacketizer()
    done, lost = [], False
    for index, payload in enumerate(payloads):
        if index in lose:
            lost = True
            continue
        done += depacketizer.push(payload, timestamp, index == len(payloads) - 1, after_loss=lost)
        lost = False
    return done


def test_start_codes_of_both_lengths_and_trailing_zeros():
    assert nal_units(b"\0\0\1\x67a\0\0\0\1\x68b\0\0\0\0\1\x65c") == [b"\x67a", b"\x68b", b"\x65c"]
    assert nal_units(b"") == nal_units(b"nothing") == []


def test_mode_1_puts_small_units_together_and_cuts_large_ones():
    payloads = packetize(stream(b"\x09\x10", SPS, PPS, b"\x06sei", IDR, SLICE), mode=1)
    assert payloads[0] == b"\x78" + bytes([0, 21]) + SPS + bytes([0, 6]) + PPS, "STAP-A with the highest NRI"
    fragments = [payload for payload in payloads if payload[0] == 0x7C]
    assert [fragment[1] for fragment in fragments] == [0x85, 5, 5, 5, 0x45]
    assert all(len(payload) <= 1200 for payload in payloads)
    assert payloads[-1] == SLICE
    (unit,) = put_together(payloads)
    assert unit.data == stream(SPS, PPS, IDR, SLICE)
    assert unit.keyframe
    assert not unit.damaged


def test_mode_0_sends_each_unit_alone():
    payloads = packetize(stream(SPS, PPS, SLICE), mode=0)
    assert payloads == [SPS, PPS, SLICE]
    (unit,) = put_together(payloads)
    assert unit.data == stream(SPS, PPS, SLICE)
    assert not unit.keyframe


def test_a_changed_timestamp_ends_a_picture_whose_marker_is_lost():
    depacketizer = H264Depacketizer()
    assert depacketizer.push(SLICE, 1, False, after_loss=False) == []
    first, second = depacketizer.push(SLICE, 2, True, after_loss=False)
    assert (first.timestamp, second.timestamp) == (1, 2)


@pytest.mark.parametrize("lost", [1, 2, 4])
def test_a_lost_fragment_leaves_a_damaged_picture(lost):
    payloads = packetize(stream(SPS, PPS, IDR), mode=1)
    (unit,) = put_together([*payloads, SLICE], lose=[lost])
    assert unit.damaged
    assert unit.data.startswith(stream(SPS, PPS))
    assert unit.data.endswith(SLICE)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xe5bad",
        b"\x60",
        b"\x79\0\1a",
        b"\x7d\x85a",
        b"\x7c",
        b"\x78\0\5ab",
        b"\x78\0\0",
        b"\x78\0",
        b"\x78\0\2\x78a",
    ],
)
def test_what_is_malformed_is_refused_and_damages_the_picture(payload):
    depacketizer = H264Depacketizer()
    depacketizer.push(SLICE, 5, False, after_loss=False)
    with pytest.raises(MalformedPayload):
        depacketizer.push(payload, 5, False, after_loss=False)
    (unit,) = depacketizer.push(SLICE, 5, True, after_loss=False)
    assert unit.damaged


def test_a_picture_without_end_is_refused():
    depacketizer = H264Depacketizer()
    depacketizer.push(b"\x7c\x85" + bytes(1000), 5, False, after_loss=False)
    for _ in range(4 * 1024):
        depacketizer.push(b"\x7c\x05" + bytes(1000), 5, False, after_loss=False)
    with pytest.raises(MalformedPayload, match="without end"):
        depacketizer.push(b"\x7c\x05" + bytes(100_000), 5, False, after_loss=False)


@given(
    units=st.lists(
        st.binary(min_size=1, max_size=3000).map(lambda body: b"\x41" + body + b"\x80"),
        min_size=1,
        max_size=6,
    ),
    size=st.integers(20, 1400),
)
def test_whatever_is_cut_is_put_together_again(units, size):
    clean = [unit.replace(b"\0", b"z") for unit in units]
    (unit,) = put_together(packetize(stream(*clean), mode=1, size=size))
    assert unit.data == stream(*clean)
    assert not unit.damaged


@given(
    st.lists(st.tuples(st.binary(max_size=40), st.integers(0, 3), st.booleans(), st.booleans()), max_size=30)
)
def test_any_payloads_leave_it_working(rubbish):
    depacketizer = H264Depacketizer()
    for payload, timestamp, marker, lost in rubbish:
        with contextlib.suppress(MalformedPayload):
            depacketizer.push(payload, timestamp, marker, after_loss=lost)
    depacketizer.push(b"\x41end", 99, True, after_loss=False)
    (unit,) = put_together(packetize(stream(SPS, PPS, IDR), mode=1), depacketizer, timestamp=100)
    assert unit.data == stream(SPS, PPS, IDR)
    assert not unit.damaged
