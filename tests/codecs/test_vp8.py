from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.codecs.vp8 import Vp8Depacketizer, descriptor_length, packetize
from videobar.rtp.access_unit import MalformedPayload

KEY, INTER = b"\x10" + b"k" * 3000, b"\x11" + b"i" * 3000


def put_together(payloads, timestamp=9000, lose=()):
    depacketizer = Vp8Depacketizer()
    done, lost = [], False
    for index, payload in enumerate(payloads):
        if index in lose:
            lost = True
            continue
        done += depacketizer.push(payload, timestamp, index == len(payloads) - 1, after_loss=lost)
        lost = False
    return done


@pytest.mark.parametrize(("frame", "key"), [(KEY, True), (INTER, False)])
def test_a_frame_goes_and_comes(frame, key):
    payloads = packetize(frame)
    assert [payload[0] for payload in payloads] == [0x10, 0, 0]
    assert all(len(payload) <= 1200 for payload in payloads)
    (unit,) = put_together(payloads)
    assert (unit.data, unit.keyframe, unit.damaged) == (frame, key, False)


@pytest.mark.parametrize(
    ("descriptor", "length"),
    [("10", 1), ("90 80 05", 3), ("90 80 85 01", 4), ("90 f0 85 01 07 20", 6), ("90 40 07", 3), ("90 00", 2)],
)
def test_descriptors_of_every_length(descriptor, length):
    payload = bytes.fromhex(descriptor) + b"\x10rest"
    assert descriptor_length(payload) == length
    (unit,) = Vp8Depacketizer().push(payload, 1, True, after_loss=False)
    assert unit.data == b"\x10rest"


@pytest.mark.parametrize("payload", ["", "10", "90", "90 80", "90 80 85", "90 80 85 01", "90 f0 01"])
def test_what_is_cut_off_is_refused(payload):
    with pytest.raises(MalformedPayload):
        Vp8Depacketizer().push(bytes.fromhex(payload), 1, True, after_loss=False)


def test_of_a_damaged_frame_the_beginning_is_given():
    assert put_together(packetize(KEY), lose=[0]) == []
    (unit,) = put_together(packetize(KEY), lose=[1])
    assert unit.damaged
    assert unit.data == KEY[:1199]


def test_what_is_lost_before_a_frame_does_not_damage_it():
    depacketizer = Vp8Depacketizer()
    first, *others = packetize(KEY)
    depacketizer.push(first, 1, False, after_loss=True)
    for index, payload in enumerate(others, 1):
        units = depacketizer.push(payload, 1, index == len(others), after_loss=False)
    assert [(unit.data, unit.damaged) for unit in units] == [(KEY, False)]


def test_a_second_partition_does_not_begin_a_frame():
    depacketizer = Vp8Depacketizer()
    depacketizer.push(b"\x10\x10first", 1, False, after_loss=False)
    (unit,) = depacketizer.push(b"\x11second", 1, True, after_loss=False)
    assert unit.data == b"\x10firstsecond"


@given(st.binary(min_size=1, max_size=5000), st.integers(2, 1400))
def test_whatever_is_cut_is_put_together_again(frame, size):
    (unit,) = put_together(packetize(frame, size=size))
    assert unit.data == frame


@given(
    st.lists(st.tuples(st.binary(max_size=20), st.integers(0, 3), st.booleans(), st.booleans()), max_size=30)
)
def test_any_payloads_leave_it_working(rubbish):
    depacketizer = Vp8Depacketizer()
    for payload, timestamp, marker, lost in rubbish:
        with contextlib.suppress(MalformedPayload):
            depacketizer.push(payload, timestamp, marker, after_loss=lost)
    depacketizer.push(b"\x10\x10end", 99, True, after_loss=False)
    (unit,) = depacketizer.push(b"\x10\x11more", 100, True, after_loss=False)
    assert (unit.data, unit.damaged) == (b"\x11more", False)
