"""Engine: the media process, or simulated far ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from videobar.adapters.calls.simulated import SimulatedEngine
from videobar.adapters.calls.sip_engine import SipEngine
from videobar.assembly.signalling import (
    account_of,
    bound_sockets,
    tls_configuration,
)
from videobar.clock import SystemClock
from videobar.engine.mixing.sound_ports import uses_devices
from videobar.engine.process.configuration import EngineConfiguration, SoundConfiguration
from videobar.engine.signalling.sip_sockets import SipSockets
from videobar.errors import StartError
from videobar.settings import Settings
from videobar.settings.choices import EngineKind

Engine = SipEngine | SimulatedEngine


def open_engine(
    settings: Settings,
    *,
    clock: SystemClock,
    logs: Path | None,
    own_certificate: Callable[[], Path],
    undo: AsyncExitStack,
) -> tuple[Engine, SipSockets | None]:
    """The engine, and its bound sockets if it has any. Raises `StartError`."""
    if settings.engine is EngineKind.SIMULATED:
        return SimulatedEngine(clock), None
    sockets = bound_sockets(settings)
    undo.callback(sockets.close)
    configuration = EngineConfiguration(
        product=f"videobar/{version('videobar')}",
        user=settings.sip_user,
        codecs=settings.codecs,
        video_codecs=settings.video_codecs,
        most_video_calls=settings.max_video_connections,
        layout=settings.layout,
        first_rtp_port=settings.rtp_ports.first,
        last_rtp_port=settings.rtp_ports.last,
        sound=SoundConfiguration(
            microphones=(settings.microphone, *settings.fence_microphones),
            speaker=settings.speaker,
            noise_suppression=settings.noise_suppression,
            echo_control=settings.echo_control,
        ),
        rate_kbps=settings.max_incoming_rate or settings.default_rate,
        encryption=settings.encryption,
        response_seconds=settings.response_seconds,
        account=account_of(settings),
        tls=tls_configuration(settings, own_certificate),
        drop_every=settings.drop_every,
        log_level=settings.log_level.name,
        log_style=settings.log_format,
        log_file=str(logs / "media.log") if logs is not None else "",
    )
    if uses_devices(configuration.sound) and find_spec("sounddevice") is None:
        raise StartError("microphone", "sound devices need sounddevice; install the extra videobar[sound]")
    return SipEngine.open(configuration, sockets=sockets, clock=clock), sockets
