"""Words that the wire and the room share.

Values are the device's own strings. Each enum says where its values come from: *guide* (the vendor's REST
guide for VideoOS 3.1), *observed* (recorded from or used against real devices), or *decided here* where
neither tells.
"""

from __future__ import annotations

from enum import StrEnum


class Model(StrEnum):
    """The systems whose API this is; values as `GET /rest/system` spells them (observed)."""

    G7500 = "G7500"
    X50 = "StudioX50"
    X30 = "StudioX30"


class DialType(StrEnum):
    """How an address is to be dialled (guide: conference dial types)."""

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
    """Where a test tone sounds (guide)."""

    LEFT = "SPEAKER_LEFT"
    RIGHT = "SPEAKER_RIGHT"
    BOTH = "SPEAKER_BOTH"


class ConnectionState(StrEnum):
    """State of one connection. RINGING and CONNECTED are observed; the others are decided here."""

    CONNECTING = "CONNECTING"
    RINGING = "RINGING"
    CONNECTED = "CONNECTED"
    DISCONNECTED = "DISCONNECTED"


class ConnectionFilter(StrEnum):
    """Which connections of a conference to list (guide)."""

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


class MediaType(StrEnum):
    """Kind of a media stream. AUDIO and VIDEO are observed; CONTENT is decided here."""

    AUDIO = "AUDIO"
    VIDEO = "VIDEO"
    CONTENT = "CONTENT"


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
    """How a session came to be (observed)."""

    WEB = "WEB"
    SSH = "SSH"


class Role(StrEnum):
    """Role of a session. ADMIN is observed; USER is decided here."""

    ADMIN = "ADMIN"
    USER = "USER"


class LoginResult(StrEnum):
    """`loginResult` of a login. NOLOCKOUT is observed; the other is decided here."""

    NO_LOCKOUT = "NOLOCKOUT"
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


class EngineState(StrEnum):
    """State of the process that carries calls (ours alone)."""

    IDLE = "IDLE"
    """Not started: nothing has called for it yet."""
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    DOWN = "DOWN"
    """It died, and will be started again."""


class AudioAction(StrEnum):
    """`action` of `POST /rest/audio` (guide)."""

    START = "start"
    PLAY_DTMF = "playDTMF"
    PLAY_TEST_TONE = "playTestTone"
    STOP_TEST_TONE = "stopPlayingTestTone"
    DETECT_SEGMENTS = "itpSegmentDetection"


class PortDirection(StrEnum):
    """Direction of an audio port as seen from the room (used by clients of real devices)."""

    IN = "IN"
    OUT = "OUT"


class MicrophoneState(StrEnum):
    """Colour of a microphone's light. GREEN is observed; RED is decided here."""

    GREEN = "MIC_STATE_GREEN"
    RED = "MIC_STATE_RED"


class CalendarStatus(StrEnum):
    """How the room stands with its calendar server (guide)."""

    DISABLED = "DISABLED"
    OFFLINE = "OFFLINE"
    ONLINE = "ONLINE"
    CONNECTING = "CONNECTING"
    ERR_AUTHENTICATION = "ERR_AUTHENTICATION"
    ERR_UNKNOWN = "ERR_UNKNOWN"


class CalendarDomain(StrEnum):
    """By what a calendar server is discovered (guide)."""

    SIP = "sip"
    EMAIL = "email"


class SourceType(StrEnum):
    """What a camera source shows (observed)."""

    PEOPLE = "SRC_PEOPLE"
    CONTENT = "SRC_CONTENT"


class Switch(StrEnum):
    """The `state…` fields of a camera source. off is observed; on is decided here."""

    ON = "on"
    OFF = "off"


class CameraAction(StrEnum):
    """`action` posted to a camera source (guide)."""

    MOVE_START = "moveStart"
    MOVE_STOP = "moveStop"
    STORE = "store"
    CLEAR = "clear"
    ACTIVATE = "activate"


class CameraDirection(StrEnum):
    """Where a camera moves to (guide)."""

    LEFT = "MOVE_LEFT"
    RIGHT = "MOVE_RIGHT"
    UP = "MOVE_UP"
    DOWN = "MOVE_DOWN"
    ZOOM_IN = "MOVE_ZOOMIN"
    ZOOM_OUT = "MOVE_ZOOMOUT"
    FOCUS_NEAR = "MOVE_FOCUSNEAR"
    FOCUS_FAR = "MOVE_FOCUSFAR"


class CameraMessage(StrEnum):
    """Which camera of a pair is meant (guide)."""

    LEFT = "LeftCamera"
    RIGHT = "RightCamera"
    BOTH = "BothCamera"


class YesNo(StrEnum):
    """`withImage` of a camera command (guide)."""

    YES = "Yes"
    NO = "No"


class PresetAction(StrEnum):
    """`action` posted to a camera preset (guide)."""

    STORE = "store"
    ACTIVATE = "activate"
    CLEAR = "clear"


class ContentStatus(StrEnum):
    """Whether content is shown. CONTENT_IDLE is observed; CONTENT_PLAYING is decided here."""

    IDLE = "CONTENT_IDLE"
    PLAYING = "CONTENT_PLAYING"


class Snapshot(StrEnum):
    """The pictures that can be fetched (guide)."""

    NEAR = "near_image_1.jpg"
    FAR = "far_image_1.jpg"
    CONTENT = "content_image_1.jpg"


class CollaborationState(StrEnum):
    """State of the collaboration session (INACTIVE is observed; the others are used by a client)."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    READY = "READY"
    DISCONNECTING = "DISCONNECTING"


class ContentSaveStatus(StrEnum):
    """How far the saving of content is (decided here)."""

    SAVING = "SAVING"
    SAVED = "SAVED"
    FAILED = "FAILED"
    DISABLED = "DISABLED"


class MembersAction(StrEnum):
    """`action` posted to the members of a directory group (guide)."""

    QUERY = "query"
    ADD = "add"
    REMOVE = "remove"


class EntryType(StrEnum):
    """`type` of a directory entry (guide)."""

    SINGLE = "SINGLE"
    GROUP = "GROUP"


class Presence(StrEnum):
    """Presence of a directory entry (guide, which knows only this one)."""

    OFFLINE = "OFFLINE"


class ServerScope(StrEnum):
    """Which directories a search looks in (guide)."""

    ALL = "ALL"
    LOCAL = "LOCAL"
    GLOBAL = "GLOBAL"
    FAVORITES = "FAVORITES"


class EntryScope(StrEnum):
    """Which kinds of entries a search finds (guide)."""

    SINGLE = "SINGLE"
    GROUP = "GROUP"
    ANY_TIERED = "ANY_TIERED"
    ANY = "ANY"


class GroupScope(StrEnum):
    """How deep a search goes into groups (guide)."""

    ONE_LEVEL = "ONE_LEVEL"
    RECURSIVE = "RECURSIVE"


class SortOrder(StrEnum):
    """By what the results of a search are sorted (guide)."""

    FIRST_NAME = "FIRST_NAME"
    LAST_NAME = "LAST_NAME"
    DISPLAY_NAME = "DISPLAY_NAME"


class ServerState(StrEnum):
    """Registration with a gatekeeper or SIP server. UP is observed; DOWN is decided here."""

    UP = "UP"
    DOWN = "DOWN"


class LanState(StrEnum):
    """`state` of the network interface. LAN_UP is observed; LAN_DOWN is decided here."""

    UP = "LAN_UP"
    DOWN = "LAN_DOWN"


class Duplex(StrEnum):
    """`duplex` of the network interface. FULL is observed; HALF is decided here."""

    FULL = "FULL"
    HALF = "HALF"


class TimeServerState(StrEnum):
    """State of the time server. TIMESERVER_UP is observed; TIMESERVER_DOWN is decided here."""

    UP = "TIMESERVER_UP"
    DOWN = "TIMESERVER_DOWN"
