"""The jitter buffer: what arrived in bursts and out of order leaves in order, one by one.

Pure: no clock, no thread, no lock. `put` is called when a packet arrives, `take` when one is due to be played.

Delay follows the network. It begins at `start_depth` packets. A packet that is not there in time makes the buffer
wait for it, which adds the delay of one packet; a long time in which that delay was never needed removes it
again, by skipping a packet. The same skipping absorbs a far end whose clock runs faster than ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Generic, TypeVar

START_DEPTH: Final = 3
MOST_DEPTH: Final = 12
CAPACITY: Final = 64
"""Packets kept at most; a burst of more loses the oldest."""
MAX_MISORDER: Final = 100
"""A packet further back than this belongs to a restarted sender (RFC 3550 A.1)."""
MISSES_UNTIL_IDLE: Final = 10
"""Number of empty takes in a row that ends the talk spurt."""
DRIFT_WINDOW: Final = 100
"""Takes after which the smallest level decides about skipping."""
CALM_WINDOW: Final = 1500
"""Takes without any want of a packet after which the wanted depth shrinks by one."""

Item = TypeVar("Item")


class Gap(Enum):
    """Gap: given by `take` where there is no packet."""

    LOST = auto()
    """Something is missing here; it is to be concealed."""
    IDLE = auto()
    """Nothing is being played: the stream has not begun, or paused."""


@dataclass(slots=True)
class JitterCounts:
    """Counters of packets."""

    late: int = 0
    """Came after their turn."""
    duplicates: int = 0
    reordered: int = 0
    """Came after a later one, but in time."""
    concealed: int = 0
    """Times that `LOST` was given."""
    skipped: int = 0
    """Left out to shorten the delay."""
    overflowed: int = 0
    """Left out because more than `CAPACITY` had come."""
    restarts: int = 0
    """Times that the sender began again with other sequence numbers."""


class JitterBuffer(Generic[Item]):
    """Orders items by their 16-bit sequence numbers."""

    def __init__(self, start_depth: int = START_DEPTH) -> None:
        self.counts = JitterCounts()
        self._start_depth = start_depth
        self.reset()

    def reset(self) -> None:
        """Forget the stream, for a new source; counts stay."""
        self._items: dict[int, Item] = {}
        self._next: int | None = None
        self._highest = 0
        self._playing = False
        self._played = 0
        self._restart_at: int | None = None
        self._misses = 0
        self._waits = 0
        self.depth = self._start_depth
        """Packets of delay that the network is thought to need."""
        self._window_takes = 0
        self._window_least = CAPACITY
        self._calm_takes = 0

    @property
    def level(self) -> int:
        """Packets in the buffer."""
        return len(self._items)

    def put(self, sequence: int, item: Item) -> None:
        """Keep `item` for its turn."""
        if self._next is None:
            self._begin(sequence)
        if not self._is_near(sequence):
            if sequence != self._restart_at:
                self._restart_at = (sequence + 1) & 0xFFFF
                return
            self.counts.restarts += 1
            self.reset()
            self._begin(sequence)
        self._restart_at = None
        if sequence in self._items:
            self.counts.duplicates += 1
        elif self._behind(sequence) > 0 and self._playing:
            self._refuse(sequence)
        else:
            self._insert(sequence, item)

    def take(self) -> Item | Gap:
        """Take the packet that is to be played now."""
        if not self._playing:
            if self.level < self.depth:
                return Gap.IDLE
            self._playing = True
        if self._waits:
            self._waits -= 1
            return self._conceal()
        if not self._items:
            return self._take_from_empty()
        self._misses = 0
        self._watch_level()
        item = self._items.pop(self._expected, None)
        self._step(played=item is not None)
        return self._conceal() if item is None else item

    @property
    def _expected(self) -> int:
        return self._next if self._next is not None else 0

    def _begin(self, sequence: int) -> None:
        self._next = self._highest = sequence

    def _behind(self, sequence: int) -> int:
        """Distance by which `sequence` lies before the next one to be played; negative for what is still to come."""
        return ((self._expected - sequence + 0x8000) & 0xFFFF) - 0x8000

    def _is_near(self, sequence: int) -> bool:
        return -CAPACITY * 4 < self._behind(sequence) <= MAX_MISORDER

    def _insert(self, sequence: int, item: Item) -> None:
        if self._behind(sequence) > 0:
            self._next = sequence
        if (sequence - self._highest) & 0xFFFF < 0x8000:
            self._highest = sequence
        else:
            self.counts.reordered += 1
        self._items[sequence] = item
        if self.level > CAPACITY:
            self._drop_to_depth()

    def _refuse(self, sequence: int) -> None:
        """A packet whose turn has passed: its twin was played, or it took too long."""
        behind = self._behind(sequence)
        if self._played >> (behind - 1) & 1:
            self.counts.duplicates += 1
            return
        self.counts.late += 1
        if self.depth < MOST_DEPTH:
            self.depth += 1
            self._waits = 1
        self._calm_takes = 0

    def _take_from_empty(self) -> Gap:
        self._misses += 1
        if self._misses > MISSES_UNTIL_IDLE:
            self._playing = False
            self._misses = 0
            self._next = None
            self._played = 0
            return Gap.IDLE
        if self._misses == 1:
            self.depth = min(self.depth + 1, MOST_DEPTH)
        self._calm_takes = 0
        return self._conceal()

    def _conceal(self) -> Gap:
        self.counts.concealed += 1
        return Gap.LOST

    def _step(self, *, played: bool) -> None:
        self._next = (self._expected + 1) & 0xFFFF
        self._played = (self._played << 1 | played) & (1 << MAX_MISORDER) - 1

    def _watch_level(self) -> None:
        """Shorten the delay by one packet when a whole window did not need it."""
        self._calm_takes += 1
        if self._calm_takes >= CALM_WINDOW:
            self._calm_takes = 0
            self.depth = max(self._start_depth, self.depth - 1)
        self._window_least = min(self._window_least, self.level - 1)
        self._window_takes += 1
        if self._window_takes >= DRIFT_WINDOW:
            if self._window_least > self.depth:
                self._skip()
            self._window_takes = 0
            self._window_least = CAPACITY

    def _skip(self) -> None:
        if self._items.pop(self._expected, None) is not None:
            self.counts.skipped += 1
        self._step(played=True)

    def _drop_to_depth(self) -> None:
        while self.level > self.depth:
            if self._items.pop(self._expected, None) is not None:
                self.counts.overflowed += 1
            self._step(played=True)
