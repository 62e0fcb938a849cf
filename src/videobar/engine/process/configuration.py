"""Configuration of the media process: the first thing it is sent."""

from __future__ import annotations

from msgspec import Struct

from videobar.codecs.registry import VIDEO_FORMATS
from videobar.logs import Style as LogStyle
from videobar.media.video.layout import LayoutStyle
from videobar.sip.registration.account import Account
from videobar.vocabulary import EchoControl, Encryption, NoiseSuppression


class TlsConfiguration(Struct, frozen=True):
    """PEM files for SIP over TLS; paths. `key` is empty where it stands in the certificate's file."""

    certificate: str
    key: str = ""
    verify: bool = False
    """True if servers must prove their identity."""
    authorities: str = ""
    """File of trusted authorities; empty for the CAs of the system."""


class SoundConfiguration(Struct, frozen=True):
    """Microphones and loudspeakers: where the room's sound comes from and goes to."""

    microphones: tuple[str, ...] = ("silence",)
    """`silence`, `tone`, `tone:HZ`, `device`, `device:NAME` or the path of a WAV file. Far ends hear the first; the
    others are its acoustic fence."""
    speaker: str = "none"
    """`none`, `device`, `device:NAME` or the path of a WAV file to write."""
    noise_suppression: NoiseSuppression = NoiseSuppression.AUTO
    echo_control: EchoControl = EchoControl.AUTO


class EngineConfiguration(Struct, frozen=True, tag=True):
    """Configuration of the media process; the first thing it is sent."""

    product: str
    """Text of the SIP `User-Agent` and `Server` headers."""
    user: str
    """User part of the room's own SIP address."""
    codecs: tuple[str, ...]
    """Audio codecs in order of preference: `opus`, `g722`, `pcmu`, `pcma`."""
    first_rtp_port: int
    last_rtp_port: int
    response_seconds: float
    """Time without any response after which a far end counts as unreachable."""
    sound: SoundConfiguration = SoundConfiguration()
    video_codecs: tuple[str, ...] = tuple(VIDEO_FORMATS)
    """Video codecs in order of preference; none for a room without video."""
    most_video_calls: int = 6
    """Maximum number of simultaneous calls with video."""
    layout: LayoutStyle = LayoutStyle.SPEAKER
    """Layout in which far ends see several others."""
    near_source: str = "pattern:"
    """Source of the room's camera until the first `use_near_source`; see `media.picture_sources`."""
    tls: TlsConfiguration | None = None
    rate_kbps: int = 1920
    """The most that all media of an incoming call shall take, each way."""
    account: Account | None = None
    encryption: Encryption = Encryption.OFF
    log_level: str = "INFO"
    log_style: LogStyle = LogStyle.TEXT
    log_file: str = ""
    """Log file besides standard error; empty for none."""
    drop_every: int = 0
    """Number n for tests of retransmission: every n-th incoming SIP datagram is ignored; 0 ignores none."""
