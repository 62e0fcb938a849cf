"""DTMF digits as telephone events (RFC 4733)."""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass
from typing import Final

from videobar.rtp.packet import MalformedPacket

DIGITS: Final = "0123456789*#ABCD"
"""The digits in the order of their event codes (section 3.2)."""
MOST_QUEUED: Final = 256

_PAYLOAD: Final = struct.Struct("!BBH")
_TICKS_PER_S: Final = 50
_TONE_TICKS: Final = 6
_END_PACKETS: Final = 3
_PAUSE_TICKS: Final = 4
_VOLUME: Final = 10
"""Volume in dBm0, without the minus sign."""
_LONGEST_DURATION: Final = 0xFFFF
_REMEMBERED: Final = 16


@dataclass(frozen=True, slots=True)
class TelephoneEvent:
    """The payload (section 2.3). `duration` is in ticks of the event's clock, `volume` in -dBm0."""

    code: int
    end: bool
    volume: int
    duration: int

    @classmethod
    def parse(cls, payload: bytes) -> TelephoneEvent:
        """The first event of `payload`; raises `MalformedPacket`."""
        if len(payload) < _PAYLOAD.size:
            raise MalformedPacket(f"a telephone event has 4 bytes, not {len(payload)}")
        code, flags, duration = _PAYLOAD.unpack_from(payload)
        return cls(code, bool(flags & 0x80), flags & 0x3F, duration)

    def pack(self) -> bytes:
        """The event as a payload."""
        return _PAYLOAD.pack(self.code, (0x80 if self.end else 0) | self.volume, self.duration)


@dataclass(frozen=True, slots=True)
class EventPacket:
    """RTP packet of an event that is to be sent."""

    timestamp: int
    marker: bool
    payload: bytes


def check_digits(digits: str) -> str:
    """`digits` with capital letters; raises `ValueError` that names the first character that is no digit."""
    upper = digits.upper()
    for digit in upper:
        if digit not in DIGITS:
            raise ValueError(f"{digit!r} is not a DTMF digit (0 to 9, *, #, A to D)")
    return upper


class EventSender:
    """Turns queued digits into packets, one each 20 ms.

    A digit sounds for 120 ms, its last packet is sent three times (section 2.5.1.4) and 80 ms of pause follow.
    `clock_rate` is the clock of the negotiated event format: it counts the durations.
    """

    def __init__(self, clock_rate: int) -> None:
        self.clock_rate = clock_rate
        self._digits: deque[str] = deque()
        self._tick = 0
        self._timestamp = 0

    def queue(self, digits: str) -> None:
        """Send `digits` after those already queued. Raises `ValueError` for what is no digit, or too many."""
        checked = check_digits(digits)
        if len(self._digits) + len(checked) > MOST_QUEUED:
            raise ValueError(f"more than {MOST_QUEUED} digits are waiting")
        self._digits.extend(checked)

    @property
    def idle(self) -> bool:
        """True if every digit has been sent."""
        return not self._digits

    def tick(self, timestamp: int) -> EventPacket | None:
        """The packet to send at RTP time `timestamp` in place of audio; `None` when audio is to be sent."""
        if not self._digits:
            return None
        tick = self._tick
        self._tick += 1
        if tick == 0:
            self._timestamp = timestamp
        if tick < _TONE_TICKS + _END_PACKETS - 1:
            return self._packet(tick)
        if self._tick == _TONE_TICKS + _END_PACKETS - 1 + _PAUSE_TICKS:
            self._digits.popleft()
            self._tick = 0
        return None

    def _packet(self, tick: int) -> EventPacket:
        sounded = min(tick + 1, _TONE_TICKS)
        event = TelephoneEvent(
            code=DIGITS.index(self._digits[0]),
            end=sounded == _TONE_TICKS,
            volume=_VOLUME,
            duration=sounded * self.clock_rate // _TICKS_PER_S,
        )
        return EventPacket(self._timestamp, marker=tick == 0, payload=event.pack())


class EventReceiver:
    """Finds each digit once in packets that are repeated, lost and reordered.

    A digit counts at the first packet of its event, so that it is heard even if all end packets are lost.
    Durations are never used: far ends disagree about their clock.
    """

    def __init__(self) -> None:
        self._heard: deque[int] = deque(maxlen=_REMEMBERED)
        self._current: TelephoneEvent | None = None

    def receive(self, timestamp: int, payload: bytes) -> str | None:
        """The digit that begins with this packet, if one does. Raises `MalformedPacket`."""
        event = TelephoneEvent.parse(payload)
        if event.code >= len(DIGITS):
            return None
        if timestamp in self._heard:
            if self._heard[-1] == timestamp and not (self._current and self._current.end):
                self._current = event
            return None
        goes_on = self._goes_on(timestamp, event)
        self._heard.append(timestamp)
        self._current = event
        return None if goes_on else DIGITS[event.code]

    def _goes_on(self, timestamp: int, event: TelephoneEvent) -> bool:
        """True if this is the next segment of an event longer than its duration field (section 2.5.1.3)."""
        return (
            self._current is not None
            and not self._current.end
            and self._current.code == event.code
            and timestamp == (self._heard[-1] + _LONGEST_DURATION) & 0xFFFF_FFFF
        )
