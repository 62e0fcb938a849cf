"""What the calls of one endpoint share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from videobar.engine.call.beside import BesideMedia
from videobar.engine.streams.main_video import VideoMedia
from videobar.media.audio.mixer import Mixer
from videobar.rtp.dtls import DtlsIdentity
from videobar.rtp.io import RtpIo
from videobar.rtp.ports import PortRange
from videobar.vocabulary import Encryption


@dataclass(frozen=True)
class CallMedia:
    """What the calls of one endpoint share."""

    io: RtpIo
    ports: PortRange
    mixer: Mixer
    codecs: tuple[str, ...]
    """In order of preference."""
    video: VideoMedia
    beside: BesideMedia
    rate_kbps: int = 1920
    """The most that all media of an incoming call shall take, each way."""
    encryption: Encryption = Encryption.OFF
    identity: Callable[[], DtlsIdentity] = DtlsIdentity
    """The certificate for DTLS."""
