"""Two conversations with each other, over a wire that a test drives."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.h224.camera import CameraAbilities, CameraMotion, SelectSource, SourceAbility, StorePreset
from videobar.h224.frame import BitOrder, H224Frame, parse
from videobar.h224.session import LONGEST_FAR_MOVE_S, CameraSession

MAIN = SourceAbility(1, pan=True, tilt=True, zoom=True)
DOCUMENT = SourceAbility(3)
ABILITIES = CameraAbilities(10, (MAIN, DOCUMENT))
RIGHT, LEFT, UP, STILL = CameraMotion(pan=1), CameraMotion(pan=-1), CameraMotion(tilt=1), CameraMotion()


@dataclass
class Cameras:
    """Remembers what it was told."""

    told: list[object] = field(default_factory=list)

    def move(self, motion: CameraMotion) -> None:
        self.told.append(motion)

    def select(self, source: int) -> None:
        self.told.append(("select", source))

    def store_preset(self, preset: int) -> None:
        self.told.append(("store", preset))

    def activate_preset(self, preset: int) -> None:
        self.told.append(("activate", preset))


@dataclass
class Pair:
    """`one` steers `other`, whose cameras are `cameras`."""

    near: bool = True
    now: float = 50.0
    losing: bool = False
    wire: list[tuple[str, bytes]] = field(default_factory=list)
    changes: int = 0

    def __post_init__(self) -> None:
        self.cameras = Cameras()
        self.one = self._session("other", None)
        self.other = self._session("one", self.cameras if self.near else None)

    def _session(self, towards: str, near: Cameras | None) -> CameraSession:
        return CameraSession(
            send=lambda payload: self.wire.append((towards, payload)),
            time=lambda: self.now,
            near=near,
            abilities=ABILITIES if near else None,
            on_change=self._changed,
        )

    def _changed(self) -> None:
        self.changes += 1

    def run(self, seconds: float) -> None:
        """Let time pass in steps, everything that is due be done, and everything arrive unless it is lost."""
        end = self.now + seconds
        while True:
            for session in (self.one, self.other):
                if session.due <= self.now:
                    session.on_due()
            while self.wire:
                towards, payload = self.wire.pop(0)
                if not self.losing:
                    getattr(self, towards).receive(payload)
            if self.now >= end:
                return
            self.now = min(end, self.now + 0.05)


def test_both_learn_what_the_other_can_do() -> None:
    pair = Pair()
    pair.run(0)
    assert pair.one.far == ABILITIES
    assert pair.one.can_move_far
    assert pair.other.far == CameraAbilities(0, ())
    assert not pair.other.can_move_far


def test_introductions_survive_loss_and_then_end() -> None:
    pair = Pair(losing=True)
    pair.run(2)
    assert pair.one.far is None
    pair.losing = False
    pair.run(2)
    assert pair.one.far == ABILITIES
    pair.run(20)
    assert pair.one.due == pair.other.due == float("inf")


def test_whoever_may_not_be_moved_says_so_and_does_not_move() -> None:
    pair = Pair(near=False)
    pair.run(0)
    assert pair.one.far == CameraAbilities(0, ())
    pair.one.move_far(RIGHT)
    pair.one.tell_far(StorePreset(1))
    pair.run(1)
    assert pair.cameras.told == []


def test_a_move_goes_on_until_it_is_stopped() -> None:
    pair = Pair()
    pair.one.move_far(RIGHT)
    pair.run(5)
    assert pair.cameras.told == [RIGHT]
    pair.one.move_far(STILL)
    pair.run(0)
    assert pair.cameras.told == [RIGHT, STILL]


def test_another_direction_replaces_the_first() -> None:
    pair = Pair()
    pair.one.move_far(RIGHT)
    pair.run(0)
    pair.one.move_far(LEFT)
    pair.run(1)
    assert pair.cameras.told == [RIGHT, STILL, LEFT]


def test_a_move_ends_by_itself_when_nothing_more_comes() -> None:
    pair = Pair()
    pair.one.move_far(RIGHT)
    pair.run(0)
    pair.losing = True
    pair.run(1)
    assert pair.cameras.told == [RIGHT, STILL]
    pair.losing = False
    pair.run(1)
    assert pair.cameras.told == [RIGHT, STILL, RIGHT]


def test_a_move_that_nobody_stops_ends() -> None:
    pair = Pair()
    pair.one.move_far(UP)
    pair.run(LONGEST_FAR_MOVE_S + 1)
    assert pair.cameras.told == [UP, STILL]


def test_closing_stops_what_moves_on_both_sides() -> None:
    pair = Pair()
    pair.one.move_far(UP)
    pair.run(0)
    pair.other.close()
    assert pair.cameras.told == [UP, STILL]
    pair.one.close()
    assert pair.wire


def test_sources_and_presets() -> None:
    pair = Pair()
    pair.one.tell_far(SelectSource(3))
    pair.one.tell_far(StorePreset(9))
    pair.run(0)
    assert pair.cameras.told == [("select", 3), ("store", 9)]
    assert pair.one.far_source == 3


@pytest.mark.parametrize("order", BitOrder)
def test_the_far_sides_order_of_bits_is_kept(order: BitOrder) -> None:
    sent: list[bytes] = []
    session = CameraSession(send=sent.append, time=lambda: 0.0, near=None, abilities=None)
    session.receive(H224Frame(b"\0", bytes.fromhex("01ff")).pack(order))
    assert [parse(payload)[1] for payload in sent] == [order]


def test_who_never_answers_is_addressed_in_both_orders() -> None:
    now, sent = 0.0, []
    session = CameraSession(send=sent.append, time=lambda: now, near=None, abilities=None)
    while session.due != float("inf"):
        now = session.due
        session.on_due()
    assert {parse(payload)[1] for payload in sent} == set(BitOrder)


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_noise_moves_no_camera_for_ever(noise: list[bytes]) -> None:
    pair = Pair()
    for data in noise:
        pair.other.receive(data)
        pair.other.receive(bytes.fromhex("006103 00000000 01 c0") + data)
        pair.other.receive(bytes.fromhex("006103 00000000 00 c0") + data)
    pair.run(2)
    moves = [each for each in pair.cameras.told if isinstance(each, CameraMotion)]
    assert not moves or moves[-1] == STILL
