from __future__ import annotations

import random

import pytest

from videobar.rtp.latching import GRACE_S, PACKETS_FAR, PACKETS_NEAR, SILENCE_S, Latch

SIGNALLED = ("203.0.113.5", 4000)
OTHER_PORT = ("203.0.113.5", 61234)
SIGNALLING = ("198.51.100.7", 5000)
STRANGER = ("127.0.0.66", 4000)
SSRC = 7


def latch(signalled: tuple[str, int] = SIGNALLED, signalling: str = "", local: str = "192.0.2.1") -> Latch:
    made = Latch(local)
    made.expect(signalled, signalling, 0.0)
    return made


def proven(made: Latch, address: tuple[str, int], count: int, now: float, first: int = 65_530) -> bool:
    """Whether it is believed after so many packets in sequence."""
    return any(made.proves(address, SSRC, (first + index) & 0xFFFF, now) for index in range(count))


def test_what_the_description_names_is_believed_at_once() -> None:
    made = latch()
    assert made.believes(SIGNALLED, 0.0)
    assert made.learned == SIGNALLED
    for stranger in (OTHER_PORT, STRANGER):
        assert not made.believes(stranger, 0.0)
        assert not proven(made, stranger, 100, SILENCE_S - 0.01)


@pytest.mark.parametrize("address", [OTHER_PORT, SIGNALLING])
def test_a_likely_address_is_learned_once_and_by_packets_in_sequence(address: tuple[str, int]) -> None:
    made = latch(signalling=SIGNALLING[0])
    assert not proven(made, address, PACKETS_NEAR - 1, 0.0)
    assert not proven(made, address, PACKETS_NEAR - 1, 0.0, first=100)
    assert proven(made, address, PACKETS_NEAR, 0.0, first=200)
    assert made.believes(address, 0.1)
    other = (address[0], 9)
    assert not proven(made, other, 100, 0.2)
    assert proven(made, other, PACKETS_NEAR, 0.1 + SILENCE_S), "it may have moved"
    assert not made.believes(address, 0.1 + SILENCE_S)


def test_packets_with_odd_numbers_prove_nothing() -> None:
    made = latch()
    chance = random.Random(1)
    numbers = chance.sample(range(0, 0x10000, 2), 2000)
    assert not any(made.proves(OTHER_PORT, SSRC, number, 0.0) for number in numbers)


def test_what_is_more_likely_takes_the_place_of_what_is_less() -> None:
    made = latch(signalling=SIGNALLING[0])
    assert proven(made, SIGNALLING, PACKETS_NEAR, 0.0)
    assert proven(made, OTHER_PORT, PACKETS_NEAR, 0.0)
    assert not proven(made, SIGNALLING, 100, 0.0)
    assert made.believes(SIGNALLED, 0.0)
    assert not made.believes(OTHER_PORT, 0.0)


@pytest.mark.parametrize("signalled", [SIGNALLED, ("127.0.0.1", 4000), ("0.0.0.0", 4000), ("fe80::1", 4000)])
def test_a_stranger_is_never_believed_not_even_where_nobody_sends(signalled: tuple[str, int]) -> None:
    made = latch(signalled, SIGNALLING[0])
    assert not proven(made, STRANGER, 1000, 0.0)
    assert not proven(made, STRANGER, 1000, 1000.0)


@pytest.mark.parametrize(
    ("local", "is_learned"), [("192.0.2.1", True), ("192.168.7.7", True), ("10.1.2.3", False)]
)
def test_behind_a_nat_an_unnamed_address_is_learned_when_nobody_else_sends(
    local: str, is_learned: bool
) -> None:
    """Also where signalling comes through a proxy; but not where what the description names can be reached."""
    made = latch(("10.0.0.5", 4000), SIGNALLING[0], local)
    outside = ("203.0.113.9", 1024)
    assert not proven(made, outside, 100, GRACE_S - 0.01)
    assert not proven(made, outside, PACKETS_FAR - 1, GRACE_S)
    assert proven(made, outside, PACKETS_FAR, GRACE_S, first=100) is is_learned
    assert proven(made, SIGNALLING, PACKETS_NEAR, GRACE_S)
    assert not proven(made, outside, 100, GRACE_S)


def test_the_same_description_again_changes_nothing_and_another_everything() -> None:
    made = latch(signalling=SIGNALLING[0])
    assert proven(made, SIGNALLING, PACKETS_NEAR, 0.0)
    made.expect(SIGNALLED, SIGNALLING[0], 1.0)
    assert made.believes(SIGNALLING, 1.0)
    made.expect(("203.0.113.6", 4000), SIGNALLING[0], 2.0)
    assert made.learned is None
    assert not made.believes(SIGNALLED, 2.0)
    made.expect(SIGNALLED, "", 2.0)
    assert made.believes(SIGNALLED, 2.0)


def test_the_address_that_was_learned_goes_on_when_the_description_comes_to_name_it() -> None:
    made = latch()
    assert proven(made, OTHER_PORT, PACKETS_NEAR, 0.0)
    made.expect(OTHER_PORT, "", 1.0)
    assert made.learned == OTHER_PORT


def test_a_far_end_that_is_alive_but_sends_nothing_keeps_its_place() -> None:
    made = latch()
    assert made.believes(SIGNALLED, 0.0)
    for second in range(100):
        made.stay(float(second))
        assert not proven(made, OTHER_PORT, 100, float(second))


def test_zones_are_no_part_of_an_address() -> None:
    made = latch(("fe80::1", 4000))
    assert made.believes(("fe80::1%eth0", 4000), 0.0)
    assert made.believes(("fe80:0::1", 4000), 0.0)


def test_candidates_are_bounded_and_do_not_disturb_each_other() -> None:
    made = latch()
    ports = list(range(2000, 2006))
    believed = [
        (port, index)
        for index in range(PACKETS_NEAR)
        for port in ports
        if made.proves((SIGNALLED[0], port), port, index, 0.0)
    ]
    assert believed == [(2000, PACKETS_NEAR - 1)]
    other = latch()
    for port in range(1, 60_000, 7):
        other.proves((SIGNALLED[0], port), port, 1, 0.0)
    assert len(other._candidates) <= 8
