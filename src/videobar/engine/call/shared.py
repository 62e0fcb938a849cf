"""Media that the calls of one endpoint share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from videobar.engine.mixing.presentation import ContentHub
from videobar.engine.streams.far_camera import FarControl
from videobar.engine.streams.main_video import SharedVideo
from videobar.media.audio.mixer import Mixer
from videobar.room.far_cameras import FarCameraReport
from videobar.rtp.dtls import DtlsIdentity
from videobar.rtp.io import RtpIo
from videobar.rtp.ports import PortRange
from videobar.vocabulary import Encryption


@dataclass(frozen=True)
class SharedMedia:
    """Media that the calls of one endpoint share."""

    io: RtpIo
    ports: PortRange
    mixer: Mixer
    codecs: tuple[str, ...]
    """Audio codecs in order of preference."""
    video: SharedVideo
    content: ContentHub
    far_control: Callable[[], FarControl]
    """Permission of far ends to control our cameras, at the moment."""
    report: Callable[[FarCameraReport], None]
    rate_kbps: int = 1920
    """The most that all media of an incoming call shall take, each way."""
    encryption: Encryption = Encryption.OFF
    identity: Callable[[], DtlsIdentity] = DtlsIdentity
    """The certificate for DTLS."""
