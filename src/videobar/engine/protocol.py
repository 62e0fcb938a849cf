"""What the room's process and the media process say to each other.

A frame is a four-byte big-endian length and that many bytes of MessagePack: one of `Command` downwards, one of
`Report` upwards. A `Question` among the commands is answered by the one `Answered` of its number; everything else is
told, and told back as an event.
"""

from __future__ import annotations

import asyncio
import struct
from typing import ClassVar, Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from videobar.codecs.registry import VIDEO_FORMATS
from videobar.logs import Style as LogStyle
from videobar.media.video.layout import Style
from videobar.room.audio.port import AcousticFence, PortLevels, SoundState
from videobar.room.calls.port import DialOrder, LegEvent, LegId, Refusal, SipServer, StreamStatistics
from videobar.room.cameras.port import Framing
from videobar.room.content import ContentFigures, ContentReport
from videobar.room.far_cameras import CameraAbility, FarCameraReport, Motion
from videobar.room.video import NearSourceState, Snapshot
from videobar.vocabulary import EchoControl, Encryption, NoiseSuppression, Speaker

LARGEST_FRAME: Final = 16 * 1024 * 1024
LENGTH: Final = struct.Struct("!I")

Message = TypeVar("Message")
AnswerT = TypeVar("AnswerT")

_encoder = msgspec.msgpack.Encoder()


class TlsConfiguration(Struct, frozen=True):
    """PEM files for SIP over TLS; paths. `key` is empty where it stands in the certificate's file."""

    certificate: str
    key: str = ""
    verify: bool = False
    """Whether servers must prove who they are."""
    authorities: str = ""
    """Whom to believe; empty for the CAs of the system."""


class AccountConfiguration(Struct, frozen=True):
    """Who the room is at SIP servers. Addresses are URIs."""

    address: str
    servers: tuple[str, ...]
    """The preferred one first."""
    user: str
    password: str
    proxy: str = ""
    """Where everything goes first; empty for none."""
    expires: int = 300
    keep_alive: float = 30.0

    def __repr__(self) -> str:
        return f"AccountConfiguration({self.address!r}, {self.servers!r})"


class SoundConfiguration(Struct, frozen=True):
    """Where the room's sound comes from and goes to."""

    microphones: tuple[str, ...] = ("silence",)
    """`silence`, `tone`, `tone:HZ`, `device`, `device:NAME` or the path of a WAV file. Far ends hear the first; the
    others are its acoustic fence."""
    speaker: str = "none"
    """`none`, `device`, `device:NAME` or the path of a WAV file to write."""
    noise_suppression: NoiseSuppression = NoiseSuppression.AUTO
    echo_control: EchoControl = EchoControl.AUTO


class EngineConfiguration(Struct, frozen=True, tag=True):
    """How the media process is to work; the first thing it is told."""

    product: str
    """Text of the SIP `User-Agent` and `Server` headers."""
    user: str
    """User part of the room's own SIP address."""
    codecs: tuple[str, ...]
    """Audio codecs in order of preference: `opus`, `g722`, `pcmu`, `pcma`."""
    first_rtp_port: int
    last_rtp_port: int
    response_seconds: float
    """How long a far end may say nothing at all before it counts as unreachable."""
    sound: SoundConfiguration = SoundConfiguration()
    video_codecs: tuple[str, ...] = tuple(VIDEO_FORMATS)
    """In order of preference; none for a room without video."""
    most_video_calls: int = 6
    """How many calls may have video at a time."""
    layout: Style = Style.SPEAKER
    """How far ends see several others."""
    near_source: str = "pattern:"
    """What the room's camera sees until the first `UseNearSource`; see `media.picture_sources`."""
    tls: TlsConfiguration | None = None
    rate_kbps: int = 1920
    """The most that all media of an incoming call shall take, each way."""
    account: AccountConfiguration | None = None
    encryption: Encryption = Encryption.OFF
    log_level: str = "INFO"
    log_style: LogStyle = LogStyle.TEXT
    log_file: str = ""
    """Where to log besides standard error; empty for nowhere."""
    drop_every: int = 0
    """For tests of retransmission: ignore every n-th incoming SIP datagram; 0 ignores none."""


class Dial(Struct, frozen=True, tag=True):
    """Call somebody, or the room's own media."""

    leg: LegId
    order: DialOrder


class Answer(Struct, frozen=True, tag=True):
    """Take an incoming leg."""

    leg: LegId


class Refuse(Struct, frozen=True, tag=True):
    """Do not take an incoming leg."""

    leg: LegId
    refusal: Refusal


class HangUp(Struct, frozen=True, tag=True):
    """End a leg in whatever state it is."""

    leg: LegId


class AddVideo(Struct, frozen=True, tag=True):
    """Offer video on a leg that has none."""

    leg: LegId


class SendDigits(Struct, frozen=True, tag=True):
    """Send DTMF digits on a leg."""

    leg: LegId
    digits: str


class Hold(Struct, frozen=True, tag=True):
    """Put a leg on hold, or take it back."""

    leg: LegId
    held: bool


class MuteMicrophones(Struct, frozen=True, tag=True):
    """Silence the near end for everybody, or let it be heard."""

    muted: bool


class SetVolume(Struct, frozen=True, tag=True):
    """Loudness of the far ends in the room, 0 to 100."""

    volume: int


class RaiseFence(Struct, frozen=True, tag=True):
    """Raise or lower the acoustic fence."""

    fence: AcousticFence


class PlayTestTone(Struct, frozen=True, tag=True):
    """Sound a tone in the room, in place of one that sounds, until it is stopped or has sounded long enough."""

    speaker: Speaker


class StopTestTone(Struct, frozen=True, tag=True):
    """End the tone."""


class PlayDigits(Struct, frozen=True, tag=True):
    """Let the room hear DTMF digits."""

    digits: str


class MuteVideo(Struct, frozen=True, tag=True):
    """Hide the room's picture from everybody, or let it be seen; the streams go on."""

    muted: bool


class UseNearSource(Struct, frozen=True, tag=True):
    """Take the room's picture from somewhere else."""

    url: str
    """As `media.picture_sources` reads it, such as `pattern:`."""


class PointCamera(Struct, frozen=True, tag=True):
    """Look elsewhere, where the near source can: -50000 to 50000 each, as the API counts."""

    pan: int
    tilt: int
    zoom: int
    focus: int = 0


class ShowContent(Struct, frozen=True, tag=True):
    """Share something with all far ends, in place of what is shared already."""

    url: str
    """As `media.content_sources` reads it, such as `slide:`."""


class HideContent(Struct, frozen=True, tag=True):
    """Share nothing."""


class UseAccount(Struct, frozen=True, tag=True):
    """Call as this user from now on, and register this account, or none, in place of the one before."""

    user: str
    account: AccountConfiguration | None = None


class AllowFarControl(Struct, frozen=True, tag=True):
    """Let far ends move these sources of ours, in calls that begin from now on; none allows nothing."""

    sources: tuple[CameraAbility, ...] = ()
    presets: int = 0


class MoveFarCamera(Struct, frozen=True, tag=True):
    """Move a far end's camera until told otherwise."""

    leg: LegId
    motion: Motion


class SelectFarSource(Struct, frozen=True, tag=True):
    """Ask a far end to show another source."""

    leg: LegId
    number: int


class Question(Struct, Generic[AnswerT], frozen=True, kw_only=True):
    """Something that is answered. `EngineLink.ask` gives it its `number`."""

    number: int = 0

    answer: ClassVar[object]
    """The type of what comes back."""


class AskStatistics(Question[dict[LegId, tuple[StreamStatistics, ...]]], frozen=True, tag=True):
    """The statistics of all connected legs."""

    answer = dict[LegId, tuple[StreamStatistics, ...]]


class AskSnapshot(Question[bytes | None], frozen=True, tag=True):
    """What is seen at this moment, as JPEG; `None` when there is nothing to see."""

    which: Snapshot

    answer = bytes | None


class AskLevels(Question[tuple[PortLevels, ...]], frozen=True, tag=True):
    """How loud all ports are, in the order of `SoundState`."""

    answer = tuple[PortLevels, ...]


class AskContentFigures(Question[tuple[ContentFigures, ...]], frozen=True, tag=True):
    """Figures of all content that is shown."""

    answer = tuple[ContentFigures, ...]


class AskContentGlance(Question[bytes | None], frozen=True, tag=True):
    """What tells one content picture from another; `None` when none is shown."""

    answer = bytes | None


class AskPeople(Question[Framing | None], frozen=True, tag=True):
    """How to show all people whom the near source sees; `None` while nobody looks at its picture."""

    answer = Framing | None


class AskPulse(Question[int], frozen=True, tag=True):
    """How many ticks the sound clock has made; more than before, in a process that does its work."""

    answer = int


class Stop(Struct, frozen=True, tag=True):
    """End all legs properly, then exit."""


Command = (
    EngineConfiguration
    | Dial
    | Answer
    | Refuse
    | HangUp
    | AddVideo
    | SendDigits
    | Hold
    | MuteMicrophones
    | SetVolume
    | RaiseFence
    | PlayTestTone
    | StopTestTone
    | PlayDigits
    | AskLevels
    | MuteVideo
    | UseNearSource
    | PointCamera
    | UseAccount
    | AllowFarControl
    | MoveFarCamera
    | SelectFarSource
    | ShowContent
    | HideContent
    | AskContentFigures
    | AskContentGlance
    | AskStatistics
    | AskSnapshot
    | AskPeople
    | AskPulse
    | Stop
)


class Ready(Struct, frozen=True, tag=True):
    """The media process can take commands."""


class Answered(Struct, frozen=True, tag=True):
    """The answer to the question of the same number."""

    number: int
    answer: msgspec.Raw
    """MessagePack of the question's `answer` type."""

    @classmethod
    def to(cls, question: Question[AnswerT], answer: AnswerT) -> Answered:
        """`answer` for whoever asked `question`."""
        return cls(question.number, msgspec.Raw(_encoder.encode(answer)))

    def read(self, question: Question[AnswerT]) -> AnswerT:
        """The answer. Raises `msgspec.DecodeError` when it is not one to `question`."""
        answer: AnswerT = msgspec.msgpack.decode(self.answer, type=question.answer)
        return answer


class Unanswered(Struct, frozen=True, tag=True):
    """There is no answer to the question of the same number, because of a defect; the text says which."""

    number: int
    detail: str


class SipServers(Struct, frozen=True, tag=True):
    """How the registrations stand, after each change."""

    servers: tuple[SipServer, ...]


Report = (
    Ready
    | SipServers
    | Answered
    | Unanswered
    | SoundState
    | NearSourceState
    | ContentReport
    | FarCameraReport
    | LegEvent
)

commands: Final = msgspec.msgpack.Decoder(Command)
reports: Final = msgspec.msgpack.Decoder(Report)


def frame(message: Command | Report) -> bytes:
    """`message` as bytes for the socket."""
    body = _encoder.encode(message)
    return LENGTH.pack(len(body)) + body


async def read(reader: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[Message]) -> Message | None:
    """The next message, or `None` when the other side is gone or makes no sense."""
    try:
        (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
        if length > LARGEST_FRAME:
            return None
        return decoder.decode(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
        return None
