"""Words that the wire and the room share.

Values are the device's own strings, those of `StreamDirection` SDP's. Each enum says where its values come from:
*guide* (the vendor's REST guide for VideoOS 3.1), *observed* (recorded from or used against real devices), or
*decided here* where neither tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Model(StrEnum):
    """The systems whose API this is; values as `GET /rest/system` spells them (observed)."""

    G7500 = "G7500"
    X50 = "StudioX50"
    X30 = "StudioX30"


class DialType(StrEnum):
    """Manner of dialling an address (guide: conference dial types)."""

    LOOPBACK = "LOOPBACK"
    AUTO = "AUTO"
    VIDEO = "VIDEO"
    VOICE = "VOICE"
    H320 = "H320"
    H323 = "H323"
    SIP = "SIP"
    GATEWAY = "GATEWAY"
    POTS = "POTS"
    ISDN_VOICE = "ISDN_VOICE"
    SIP_SPEAKERPHONE = "SIP_SPEAKERPHONE"
    POTS_SPEAKERPHONE = "POTS_SPEAKERPHONE"
    VOICE_H323 = "VOICE_H323"
    VOICE_SIP = "VOICE_SIP"
    VOICE_GATEWAY = "VOICE_GATEWAY"


class Speaker(StrEnum):
    """Loudspeaker of a test tone (guide)."""

    LEFT = "SPEAKER_LEFT"
    RIGHT = "SPEAKER_RIGHT"
    BOTH = "SPEAKER_BOTH"


class PortDirection(StrEnum):
    """Direction of sound through an audio port (observed)."""

    IN = "IN"
    OUT = "OUT"


class SourceType(StrEnum):
    """Type of a source of pictures (observed)."""

    PEOPLE = "SRC_PEOPLE"
    CONTENT = "SRC_CONTENT"


class ConnectionState(StrEnum):
    """State of one connection. RINGING and CONNECTED are observed; the others are decided here."""

    CONNECTING = "CONNECTING"
    RINGING = "RINGING"
    CONNECTED = "CONNECTED"
    DISCONNECTED = "DISCONNECTED"


class ConnectionFilter(StrEnum):
    """Filter for the connections of a conference (guide)."""

    ALL = "ALL"
    ACTIVE = "ACTIVE"
    ANSWERABLE = "ANSWERABLE"
    INCOMING = "INCOMING"
    PENDING = "PENDING"


class CallProtocol(StrEnum):
    """`callType` of a connection. SIP is observed; LOOPBACK is decided here."""

    SIP = "SIP"
    H323 = "H323"
    LOOPBACK = "LOOPBACK"


class EndpointType(StrEnum):
    """`type` of a connection: an endpoint or a conference server (observed)."""

    ENDPOINT = "ENDPOINT"
    MCU = "MCU"


class CallMedia(StrEnum):
    """`mediaType` of a connection (observed)."""

    AUDIO_ONLY = "AUDIOONLY"
    AUDIO_VIDEO = "AUDIOVIDEO"


class MediaDirection(StrEnum):
    """Direction of a media stream as seen from the room (observed)."""

    TX = "TX"
    RX = "RX"


class StreamDirection(StrEnum):
    """Direction attribute of SDP (RFC 8866 section 6.7, RFC 3264 section 5.1), seen from one side of a stream."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @classmethod
    def of(cls, *, sends: bool, receives: bool) -> StreamDirection:
        """Direction that does exactly that."""
        if sends:
            return cls.SENDRECV if receives else cls.SENDONLY
        return cls.RECVONLY if receives else cls.INACTIVE

    @property
    def sends(self) -> bool:
        """True if this side sends media."""
        return self in (StreamDirection.SENDRECV, StreamDirection.SENDONLY)

    @property
    def receives(self) -> bool:
        """True if this side uses media that arrives."""
        return self in (StreamDirection.SENDRECV, StreamDirection.RECVONLY)

    @property
    def reversed(self) -> StreamDirection:
        """The same direction, seen from the other side."""
        return StreamDirection.of(sends=self.receives, receives=self.sends)

    @property
    def held(self) -> StreamDirection:
        """This direction on hold (RFC 3264 section 8.4): nothing is received any more."""
        return StreamDirection.of(sends=self.sends, receives=False)

    def __and__(self, other: StreamDirection) -> StreamDirection:
        """Intersection of two directions that are seen from the same side."""
        return StreamDirection.of(sends=self.sends and other.sends, receives=self.receives and other.receives)


class MediaType(StrEnum):
    """Kind of a media stream. AUDIO and VIDEO are observed; CONTENT is decided here."""

    AUDIO = "AUDIO"
    VIDEO = "VIDEO"
    CONTENT = "CONTENT"


class CallTransport(StrEnum):
    """`transportType` in the call log. `voice_sip` is observed; the others are decided here."""

    SIP = "sip"
    VOICE_SIP = "voice_sip"
    LOOPBACK = "loopback"


class LoggedCallType(StrEnum):
    """`type` in the call log: PLACED and MISSED are observed; RECEIVED is inferred."""

    PLACED = "PLACED"
    RECEIVED = "RECEIVED"
    MISSED = "MISSED"


class HoldState(StrEnum):
    """Hold of a conference or terminal. NOTHELD is observed; the others are decided here."""

    NOT_HELD = "NOTHELD"
    HELD = "HELD"
    HOLDING = "HOLDING"


class SystemState(StrEnum):
    """`state` of `GET /rest/system` (the list of a control-system vendor's client; observed: ASLEEP)."""

    INITIALIZING = "INITIALIZING"
    READY = "READY"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    DOWN = "DOWN"
    UPDATING = "UPDATING"
    ASLEEP = "ASLEEP"


class SubsystemState(StrEnum):
    """States in the rows of `GET /rest/system/status` (observed)."""

    UP = "up"
    DOWN = "down"
    OFF = "off"
    UNKNOWN = "unknown"
    FULL = "full"
    ALL_UP = "all_up"
    SOME_UP = "some_up"
    NONE_UP = "none_up"


class ClientType(StrEnum):
    """Origin of a session (observed)."""

    WEB = "WEB"
    SSH = "SSH"


class Role(StrEnum):
    """Role of a session. ADMIN is observed; USER is decided here."""

    ADMIN = "ADMIN"
    USER = "USER"


class LoginResult(StrEnum):
    """`loginResult` of a login. NOLOCKOUT is observed; the other is decided here."""

    NO_LOCKOUT = "NOLOCKOUT"
    ACCOUNT_LOCKOUT = "ACCOUNTLOCKOUT"
    PORT_LOCKOUT = "PORTLOCKOUT"


class CallAction(StrEnum):
    """`callActionType` of `POST /rest/conferences/callaction` (observed)."""

    ANSWER = "ANSWER"
    IGNORE = "IGNORE"
    HANGUP = "HANGUP"


class ConnectionAction(StrEnum):
    """`action` posted to a connection (observed on clients of real devices)."""

    HANGUP = "hangup"
    ANSWER = "answer"
    REJECT = "reject"


class Encryption(StrEnum):
    """Encryption of media in SIP calls (ours alone; the device's words are off, when available, required)."""

    OFF = "off"
    WHEN_AVAILABLE = "available"
    REQUIRED = "required"


class NoiseSuppression(StrEnum):
    """Noise suppression of the microphone."""

    AUTO = "auto"
    """Moderate where the microphone is a sound device, else off."""
    OFF = "off"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    VERY_HIGH = "very-high"


class EchoControl(StrEnum):
    """Echo control: the microphone is turned down while the loudspeakers speak."""

    AUTO = "auto"
    """On where both are sound devices."""
    OFF = "off"
    ON = "on"


class FenceEffect(StrEnum):
    """Effect of the acoustic fence: the criterion that it can use."""

    OFF = "off"
    LEVEL_AND_SPEECH = "level and speech"
    """Far ends hear speech that is louder at the first microphone than at the others."""
    LEVEL = "level"
    """They hear all that is; nobody tells speech from noise."""
    SPEECH = "speech"
    """There is one microphone: they hear all speech, from wherever, and no noise between."""
    NONE = "none"
    """There is one microphone and nobody who tells speech from noise: they hear everything."""


class EngineState(StrEnum):
    """State of the process that carries calls (ours alone)."""

    IDLE = "IDLE"
    """Not started: nothing has called for it yet."""
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    DOWN = "DOWN"
    """It died, and will be started again."""


class FarAct(StrEnum):
    """Act of a simulated far end (decided here)."""

    MUTE = "mute"
    UNMUTE = "unmute"
    HOLD = "hold"
    RESUME = "resume"
    HANG_UP = "hangUp"
    SHOW_CONTENT = "showContent"
    HIDE_CONTENT = "hideContent"
    DIGITS = "digits"


class FaultKind(StrEnum):
    """Kind of fault that a room shows on request (decided here, after what real devices do)."""

    SLOW = "slow"
    """Answers are late."""
    REFUSED_SESSIONS = "refusedSessions"
    """Logins are refused, as when all sessions are in use."""
    LOST_SESSIONS = "lostSessions"
    """The session of a request has ended before it."""
    SERVER_ERROR = "serverError"
    """Requests are answered with a page and a status from 500 on, as a wedged device does."""
    DROPPED = "dropped"
    """Connections break instead of an answer."""
    OUTAGE = "outage"
    """The room restarts: it is away, and back without its calls and sessions."""


class EntryType(StrEnum):
    """Kind of a directory entry (guide)."""

    SINGLE = "SINGLE"
    GROUP = "GROUP"


class Presence(StrEnum):
    """Presence of a directory entry. OFFLINE is the guide's only value; UNKNOWN is decided here."""

    OFFLINE = "OFFLINE"
    UNKNOWN = "UNKNOWN"
    """No source of presence is known to this room."""


class ServerScope(StrEnum):
    """In which directories to search (guide)."""

    ALL = "ALL"
    LOCAL = "LOCAL"
    GLOBAL = "GLOBAL"
    FAVORITES = "FAVORITES"


class EntryScope(StrEnum):
    """Scope of a search by entries (guide)."""

    SINGLE = "SINGLE"
    GROUP = "GROUP"
    ANY_TIERED = "ANY_TIERED"
    """Both, groups first (decided here)."""
    ANY = "ANY"


class GroupScope(StrEnum):
    """Depth of a search in a group (guide)."""

    ONE_LEVEL = "ONE_LEVEL"
    RECURSIVE = "RECURSIVE"


class EntryOrder(StrEnum):
    """Sort order of directory entries (guide)."""

    FIRST_NAME = "FIRST_NAME"
    LAST_NAME = "LAST_NAME"
    DISPLAY_NAME = "DISPLAY_NAME"


class MembersAction(StrEnum):
    """Action on the members of a group (guide)."""

    QUERY = "query"
    ADD = "add"
    REMOVE = "remove"


class CalendarState(StrEnum):
    """State of the calendar service (guide)."""

    DISABLED = "DISABLED"
    OFFLINE = "OFFLINE"
    ONLINE = "ONLINE"
    CONNECTING = "CONNECTING"
    ERR_AUTHENTICATION = "ERR_AUTHENTICATION"
    ERR_UNKNOWN = "ERR_UNKNOWN"


class CollaborationState(StrEnum):
    """State of the collaboration session (observed)."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    READY = "READY"
    DISCONNECTING = "DISCONNECTING"


class SaveState(StrEnum):
    """State of saving content (decided here)."""

    SAVING = "SAVING"
    SAVED = "SAVED"
    """Saving was stopped."""
    IDLE = "IDLE"
    """Nothing was to be saved so far."""
    FULL = "FULL"
    """Saving stopped because there is no more room."""
    FAILED = "FAILED"
    """Saving stopped because storage failed."""


class ContentSourceKind(StrEnum):
    """Kind of a source of content (decided here)."""

    SLIDE = "TEST_SLIDE"
    PICTURE = "PICTURE"
    DOCUMENT = "DOCUMENT"
    VIDEO = "VIDEO"


CAUSES: Mapping[int, str] = MappingProxyType(
    {
        1: "unallocated number",
        2: "no route to transit network",
        3: "no route to destination",
        4: "send special information tone",
        5: "misdialled trunk prefix",
        6: "channel unacceptable",
        7: "call awarded in an established channel",
        8: "preemption",
        9: "preemption, circuit reserved for reuse",
        16: "normal call clearing",
        17: "user busy",
        18: "no user responding",
        19: "no answer",
        20: "subscriber absent",
        21: "call rejected",
        22: "number changed",
        23: "redirection to new destination",
        24: "call rejected by a feature at the destination",
        25: "exchange routing error",
        26: "non-selected user clearing",
        27: "destination out of order",
        28: "invalid number format",
        29: "facility rejected",
        30: "response to status enquiry",
        31: "normal, unspecified",
        34: "no circuit available",
        38: "network out of order",
        39: "permanent frame mode connection out of service",
        40: "permanent frame mode connection operational",
        41: "temporary failure",
        42: "switching equipment congestion",
        43: "access information discarded",
        44: "requested circuit not available",
        46: "precedence call blocked",
        47: "resource unavailable",
        49: "quality of service not available",
        50: "requested facility not subscribed",
        53: "outgoing calls barred within closed user group",
        55: "incoming calls barred within closed user group",
        57: "bearer capability not authorized",
        58: "bearer capability not presently available",
        62: "inconsistent access information and subscriber class",
        63: "service or option not available",
        65: "bearer capability not implemented",
        66: "channel type not implemented",
        69: "requested facility not implemented",
        70: "only restricted digital information available",
        79: "service or option not implemented",
        81: "invalid call reference",
        82: "identified channel does not exist",
        83: "no such suspended call",
        84: "call identity in use",
        85: "no call suspended",
        86: "suspended call has been cleared",
        87: "user not member of closed user group",
        88: "incompatible destination",
        90: "no such closed user group",
        91: "invalid transit network selection",
        95: "invalid message",
        96: "mandatory information element missing",
        97: "message type not implemented",
        98: "message does not fit the state of the call",
        99: "information element not implemented",
        100: "invalid information element contents",
        101: "message not compatible with call state",
        102: "recovery on timer expiry",
        103: "parameter not implemented, passed on",
        110: "message with unrecognized parameter discarded",
        111: "protocol error",
        127: "interworking, unspecified",
    }
)
"""Cause values of the end of a call (ITU-T Q.850, table 1), in words."""


def cause_in_words(cause: int) -> str:
    """A cause as people read it: `user busy (cause 17)`, or `cause 200` where Q.850 has no such value."""
    words = CAUSES.get(cause)
    return f"cause {cause}" if words is None else f"{words} (cause {cause})"
