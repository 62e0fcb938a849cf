"""Connection: one far end in a conference, and the state table of its phases.

Rules. A connection has one `Phase`. Only `Connection.apply` changes it, and only as `TABLE` says. An event
that cannot change anything in a phase has an entry too, which leads back to the same phase: reports of an engine
may arrive after the room has moved on (a far end answers in the moment we give up), and are dropped here
and nowhere else. ENDED is final.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from videobar.room.calls.port import Cause, LegId, Refusal
from videobar.vocabulary import CallMedia, CallProtocol, ConnectionState, DialType, EndpointType


class Phase(Enum):
    """Phase of a connection."""

    DIALLING = auto()
    """Outgoing; the far end has not been heard yet."""
    RINGING_OUT = auto()
    RINGING_IN = auto()
    ANSWERING = auto()
    """Incoming and taken; media does not flow yet."""
    CONNECTED = auto()
    ENDED = auto()


class Happening(Enum):
    """Event of a connection."""

    RANG = auto()
    ANSWERED_HERE = auto()
    MEDIA_FLOWS = auto()
    OVER = auto()


TABLE: dict[Phase, dict[Happening, Phase]] = {
    Phase.DIALLING: {
        Happening.RANG: Phase.RINGING_OUT,
        Happening.ANSWERED_HERE: Phase.DIALLING,
        Happening.MEDIA_FLOWS: Phase.CONNECTED,
        Happening.OVER: Phase.ENDED,
    },
    Phase.RINGING_OUT: {
        Happening.RANG: Phase.RINGING_OUT,
        Happening.ANSWERED_HERE: Phase.RINGING_OUT,
        Happening.MEDIA_FLOWS: Phase.CONNECTED,
        Happening.OVER: Phase.ENDED,
    },
    Phase.RINGING_IN: {
        Happening.RANG: Phase.RINGING_IN,
        Happening.ANSWERED_HERE: Phase.ANSWERING,
        Happening.MEDIA_FLOWS: Phase.RINGING_IN,
        Happening.OVER: Phase.ENDED,
    },
    Phase.ANSWERING: {
        Happening.RANG: Phase.ANSWERING,
        Happening.ANSWERED_HERE: Phase.ANSWERING,
        Happening.MEDIA_FLOWS: Phase.CONNECTED,
        Happening.OVER: Phase.ENDED,
    },
    Phase.CONNECTED: {
        Happening.RANG: Phase.CONNECTED,
        Happening.ANSWERED_HERE: Phase.CONNECTED,
        Happening.MEDIA_FLOWS: Phase.CONNECTED,
        Happening.OVER: Phase.ENDED,
    },
    Phase.ENDED: {
        Happening.RANG: Phase.ENDED,
        Happening.ANSWERED_HERE: Phase.ENDED,
        Happening.MEDIA_FLOWS: Phase.ENDED,
        Happening.OVER: Phase.ENDED,
    },
}

STATES = {
    Phase.DIALLING: ConnectionState.CONNECTING,
    Phase.RINGING_OUT: ConnectionState.RINGING,
    Phase.RINGING_IN: ConnectionState.RINGING,
    Phase.ANSWERING: ConnectionState.RINGING,
    Phase.CONNECTED: ConnectionState.CONNECTED,
    Phase.ENDED: ConnectionState.DISCONNECTED,
}

PROGRESS = {
    Phase.DIALLING: 0,
    Phase.RINGING_OUT: 25,
    Phase.RINGING_IN: 25,
    Phase.ANSWERING: 50,
    Phase.CONNECTED: 100,
    Phase.ENDED: 0,
}


@dataclass
class Connection:
    """One far end and the room's relation to it. Times are room time in epoch milliseconds."""

    id: str
    leg: LegId
    address: str
    """As dialled, unchanged; for an incoming call, as the caller names itself."""
    incoming: bool
    dial_type: DialType
    protocol: CallProtocol
    rate_kbps: int
    start_ms: int
    """Time of dialling or ringing; from the connection on, time of the connection."""
    since: float
    """Monotonic counterpart of `start_ms`, seconds."""
    phase: Phase
    source: str = ""
    """IP address that an incoming call's signalling comes from."""
    far_name: str = ""
    far_product: str = ""
    endpoint_type: EndpointType = EndpointType.ENDPOINT
    encrypted: bool = False
    media: CallMedia = CallMedia.AUDIO_ONLY
    """While it is being dialled or waits: what is offered."""
    far_picture_muted: bool = False
    """True if the far end shows nothing: it signals so, has stopped its stream, or sends black."""
    far_picture_locked: bool = False
    """True if the far end cannot show anything before the call is changed."""
    held_by_far_end: bool = False
    held_here_ms: int | None = None
    """Since when this room holds it; `None` while it does not."""
    muted_by_far_end: bool = False
    cause: int = Cause.NONE
    detail: str = ""
    """Reason for the end, in words for people."""
    refusal: Refusal | None = None
    """Reason for which this room has turned the caller away."""
    password: str = field(default="", repr=False)
    """Digits that the far end is sent once it is connected."""
    terminal_id: str = ""
    """Given when it is connected."""
    duration_s: int = 0
    """Whole seconds, fixed when it ended; while it lives ask `lasted`."""

    def apply(self, happening: Happening) -> bool:
        """Apply an event; true when the phase changed."""
        following = TABLE[self.phase][happening]
        changed = following is not self.phase
        self.phase = following
        return changed

    @property
    def name(self) -> str:
        """Display name of the far end: as it calls itself, or the user of its address, or the address."""
        user, at, _ = self.address.partition("@")
        return (
            self.far_name or (user.removeprefix("sip:").removeprefix("sips:") if at else "") or self.address
        )

    @property
    def held_here(self) -> bool:
        """True if this room holds the call."""
        return self.held_here_ms is not None

    def lasted(self, now: float) -> int:
        """Whole seconds since `start_ms`, at monotonic time `now`."""
        return self.duration_s if self.phase is Phase.ENDED else max(0, int(now - self.since))

    @property
    def video(self) -> bool:
        """True if there is video, or is to be."""
        return self.media is CallMedia.AUDIO_VIDEO

    @property
    def state(self) -> ConnectionState:
        """The state as the API words it."""
        return STATES[self.phase]

    @property
    def percent_connected(self) -> int:
        """Progress of the set-up as the API shows it (observed: 25 while ringing, 100 connected)."""
        return PROGRESS[self.phase]

    @property
    def pending(self) -> bool:
        """True if the call waits, unanswered, outside the conference."""
        return self.phase in (Phase.RINGING_IN, Phase.ANSWERING)

    @property
    def answerable(self) -> bool:
        """True if the call can be answered now."""
        return self.phase is Phase.RINGING_IN
