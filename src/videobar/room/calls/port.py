"""The port through which the room makes calls, and the words spoken through it.

A *leg* is one call to one far end, named by an opaque id which the side that creates it chooses. Commands
return at once and never fail: what becomes of them is reported by events. The structures are also what
travels between the processes of the media engine, which is why they are msgspec structures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from videobar.stream_counters import StreamCounters
from videobar.vocabulary import CallMedia, EngineState, FarAct, MediaDirection, MediaType, SubsystemState

LegId = str


class Cause:
    """ITU-T Q.850 cause values, as `causeCode` shows them; 0 is "not ended"."""

    NONE = 0
    UNALLOCATED = 1
    NO_ROUTE = 3
    NORMAL = 16
    BUSY = 17
    NO_RESPONSE = 18
    NO_ANSWER = 19
    REJECTED = 21
    OUT_OF_ORDER = 27
    INVALID_ADDRESS = 28
    UNSPECIFIED = 31
    TEMPORARY_FAILURE = 41
    NO_CIRCUIT = 34
    NOT_ACCEPTABLE = 88
    TIMER_EXPIRED = 102


class Refusal(StrEnum):
    """Reason for which an incoming call is not taken."""

    DECLINED = "declined"
    BUSY = "busy"
    NO_ANSWER = "no answer"
    IGNORED = "ignored"


class DialOrder(Struct, frozen=True):
    """Order to dial: a SIP URI, or the room's own media when `loopback`."""

    target: str
    loopback: bool = False
    display_name: str = ""
    """The room's name, as the far end shall see it."""
    video: bool = True
    """True to offer video."""
    rate_kbps: int = 1920
    """The most that all media together shall take, each way."""


class StreamStatistics(StreamCounters, frozen=True, kw_only=True):
    """Statistics of one media stream in one direction: its counters, and what it carries."""

    media: MediaType
    direction: MediaDirection
    codec: str
    """Encoding name as people know it, such as `H.264`."""
    width: int = 0
    height: int = 0
    """Picture size; 0 for sound, and before the first picture."""
    pictures_per_s: float = 0.0
    refused: str = ""
    """Reason why received pictures are not shown: they exceed what was agreed on. Empty while they are shown."""


class Ringing(Struct, frozen=True, tag=True):
    """The far end of an outgoing leg is ringing."""

    leg: LegId


class Connected(Struct, frozen=True, tag=True):
    """Media flows. Texts are empty where the far end did not say."""

    leg: LegId
    far_name: str
    far_product: str
    """The far end's `User-Agent` or `Server`."""
    is_conference_server: bool
    rate_kbps: int
    """Rate of all media together, as both sides have agreed."""
    encrypted: bool = False
    media: CallMedia = CallMedia.AUDIO_ONLY


class Incoming(Struct, frozen=True, tag=True):
    """Incoming call; the leg waits for `answer` or `refuse`."""

    leg: LegId
    far_address: str
    """`user@host`, without scheme."""
    far_name: str
    far_product: str
    media: CallMedia = CallMedia.AUDIO_ONLY
    """Media that the caller offers, as far as this room can take them."""
    rate_kbps: int = 0
    """Rate that the caller asks for; 0 where it gives none."""
    source: str = ""
    """IP address that the call's signalling comes from; empty where there is none."""


class MediaChanged(Struct, frozen=True, tag=True):
    """The media of a connected leg have changed: video has come or gone, or another rate."""

    leg: LegId
    media: CallMedia
    rate_kbps: int


class Encrypted(Struct, frozen=True, tag=True):
    """Encryption of a connected leg has changed: whether all its media are encrypted."""

    leg: LegId
    encrypted: bool


class FarPicture(Struct, frozen=True, tag=True):
    """Far video state of a leg has changed, as its far end signals it."""

    leg: LegId
    muted: bool
    """True if it shows nothing: it signals so, has stopped its stream, or sends black."""
    locked: bool
    """True if it cannot show anything before the call is changed."""


class HeldByFarEnd(Struct, frozen=True, tag=True):
    """The far end has put the leg on hold, or taken it back."""

    leg: LegId
    held: bool


class HeldHere(Struct, frozen=True, tag=True):
    """The far end has agreed that this room holds the leg, or no longer does."""

    leg: LegId
    held: bool


class MutedByFarEnd(Struct, frozen=True, tag=True):
    """The far end says that it has muted itself, or no longer."""

    leg: LegId
    muted: bool


class DigitReceived(Struct, frozen=True, tag=True):
    """The far end sent a DTMF digit: one of `0123456789*#ABCD`."""

    leg: LegId
    digit: str


class Ended(Struct, frozen=True, tag=True):
    """The leg is over, for whatever reason; the last word about it."""

    leg: LegId
    cause: int
    detail: str = ""


class EngineLost(Struct, frozen=True, tag=True):
    """The engine died, and all legs with it."""


LegEvent = (
    Ringing
    | Connected
    | MediaChanged
    | Encrypted
    | Incoming
    | FarPicture
    | HeldByFarEnd
    | HeldHere
    | MutedByFarEnd
    | DigitReceived
    | Ended
)
EngineEvent = LegEvent | EngineLost


class SipServer(Struct, frozen=True):
    """A SIP server that the room registers with."""

    address: str
    """Host, with its port where it has one."""
    state: SubsystemState
    """`up` where it knows the room, `down` where it should, `off` while a better one does."""
    model: str = ""
    """Product name by its `Server` header; empty until known, and where there is none."""
    version: str = ""
    detail: str = ""
    """Reason why it is down."""


class EngineReport(Struct, frozen=True):
    """State of the engine."""

    kind: str
    """`sip`: real signalling and media; `simulated`: neither."""
    state: EngineState
    pid: int | None
    restarts: int
    """Number of restarts after the process died."""
    sip_port: int
    servers: tuple[SipServer, ...] = ()
    """The preferred one first; none where none is configured."""


class CallEngine(Protocol):
    """Carries legs. Commands are sent and not awaited; `on_event` receives the events."""

    on_event: Callable[[EngineEvent], None]

    def dial(self, leg: LegId, order: DialOrder) -> None:
        """Call `order.target`."""
        ...

    def answer(self, leg: LegId) -> None:
        """Take an incoming leg."""
        ...

    def refuse(self, leg: LegId, refusal: Refusal) -> None:
        """Do not take an incoming leg."""
        ...

    def hang_up(self, leg: LegId) -> None:
        """End a leg in whatever state it is: cancel while it rings, hang up when it is connected."""
        ...

    def add_video(self, leg: LegId) -> None:
        """Offer video on a connected leg that has none."""
        ...

    def send_digits(self, leg: LegId, digits: str) -> None:
        """Send DTMF digits on a connected leg, one after the other."""
        ...

    def hold(self, leg: LegId, held: bool) -> None:
        """Put a connected leg on hold, or take it back; `HeldHere` is reported when the far end has agreed."""
        ...

    async def statistics(self) -> Mapping[LegId, tuple[StreamStatistics, ...]]:
        """Statistics of all connected legs. Raises `EngineUnavailable`."""
        ...

    def report(self) -> EngineReport:
        """The engine's own state."""
        ...


class Stage(Protocol):
    """Port: simulated far ends."""

    def ring_in(self, address: str, name: str) -> LegId:
        """Simulate an incoming call from `user@host`, with a name to show."""
        ...

    def act(self, leg: LegId, act: FarAct, digits: str) -> None:
        """Simulate an act of the far end of a connected leg; nothing happens when it is gone."""
        ...
