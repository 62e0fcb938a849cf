"""`/rest/audio`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

from videobar.contract import audio as contract
from videobar.contract.audio import (
    AcousticFenceRequest,
    AudioAction,
    AudioMeter,
    AudioPort,
    AudioRequest,
    AudioSound,
    AudioState,
    DtmfRequest,
    Microphone,
)
from videobar.errors import EngineUnavailable, InvalidRequest
from videobar.room.audio.port import PortLevels, SoundPort
from videobar.room.room import Room
from videobar.vocabulary import Speaker

UNKNOWN = "NA"
BUILT_IN = 84
"""The number of a Studio X30's own microphone (observed)."""
GREEN = "MIC_STATE_GREEN"
SILENCE = -100
NO_LEVELS = PortLevels(SILENCE, SILENCE, SILENCE)
FENCE_ACTIONS = {"enable": True, "disable": False, "start": True, "stop": False}


class AudioHandler(contract.Audio):
    """Volume and mute of the room, its microphones and levels, and digits into its calls."""

    def __init__(self, room: Room) -> None:
        self._audio = room.audio
        self._calls = room.calls

    async def state(self) -> AudioState:
        """The state of the room's audio."""
        audio = self._audio
        return AudioState(
            mute_locked=audio.mute_locked,
            muted=audio.muted,
            num_of_mics_connected=len(audio.microphones),
            volume=audio.volume,
        )

    async def act(self, request: AudioRequest) -> None:
        """Carry out an action. A room of one screen has no segments to detect, so that is done at once."""
        match request.action:
            case AudioAction.START:
                self._audio.start()
            case AudioAction.PLAY_DTMF:
                if request.dtmf_char is None:
                    raise InvalidRequest("dtmfChar: playDTMF needs a character")
                self._send(request.dtmf_char)
            case AudioAction.PLAY_TEST_TONE:
                self._audio.play_test_tone(request.speaker or Speaker.BOTH)
            case AudioAction.STOP_PLAYING_TEST_TONE:
                self._audio.stop_test_tone()
            case AudioAction.ITP_SEGMENT_DETECTION:
                pass

    async def act_on_acoustic_fence(self, request: AcousticFenceRequest) -> None:
        """Raise or lower it, durably."""
        enabled = FENCE_ACTIONS.get(request.action.lower())
        if enabled is None:
            raise InvalidRequest(f"action: {request.action!r} is none of {', '.join(FENCE_ACTIONS)}")
        await self._audio.set_fence(enabled=enabled)

    async def meters(self) -> list[AudioMeter]:
        """A row for each port; none is valid before sound runs, which it does from now on."""
        levels = await self._levels()
        if levels is None:
            self._audio.start()
            return [_meter(port, None) for port in self._audio.ports]
        return [_meter(*row) for row in zip(self._audio.ports, levels, strict=True)]

    async def microphones(self) -> list[Microphone]:
        """The microphones that are connected, as an X30 lists its own."""
        muted = int(self._audio.muted)
        return [
            Microphone(
                hw_version=UNKNOWN,
                mute=muted,
                number=number,
                parent_id=0,
                state=GREEN,
                sw_version=UNKNOWN,
                type=BUILT_IN,
                type_in_string=port.name,
            )
            for number, port in enumerate(self._audio.microphones)
        ]

    async def muted(self) -> bool:
        """Mute state of the microphones."""
        return self._audio.muted

    async def set_muted(self, muted: bool) -> None:
        """Mute or unmute."""
        self._audio.set_muted(muted)

    async def volume(self) -> int:
        """The volume."""
        return self._audio.volume

    async def set_volume(self, volume: int) -> None:
        """Set the volume."""
        await self._audio.set_volume(volume)

    async def play_dtmf(self, request: DtmfRequest) -> None:
        """Send a digit."""
        self._send(request.dtmf_char)

    async def sound(self) -> AudioSound:
        """All that there is to know of the room's sound."""
        levels = await self._levels()
        audio, state = self._audio, self._audio.state
        return AudioSound(
            ports=[_port(*row) for row in zip(state.ports, levels or repeat(NO_LEVELS), strict=False)],
            runs=levels is not None,
            noise_suppression=state.noise_suppression,
            echo_control=state.echo_control,
            fence=audio.fence_effect,
            fence_radius=audio.fence.radius,
        )

    async def mute_locked(self) -> bool:
        """Mute lock."""
        return self._audio.mute_locked

    async def set_mute_locked(self, locked: bool) -> None:
        """Lock or free mute."""
        await self._audio.set_mute_locked(locked)

    async def _levels(self) -> Sequence[PortLevels] | None:
        try:
            return await self._audio.levels()
        except EngineUnavailable:
            return None

    def _send(self, character: str) -> None:
        """Send a digit to all far ends, and let the room hear it."""
        digit = _digit(character)
        self._calls.send_digits(digit)
        self._audio.play_digits(digit)


def _meter(port: SoundPort, levels: PortLevels | None) -> AudioMeter:
    valid = levels is not None and port.connected
    return AudioMeter(
        is_valid=valid,
        level_back=SILENCE,
        level_center=SILENCE,
        level_left=round(levels.left) if levels is not None and valid else SILENCE,
        level_right=round(levels.right) if levels is not None and valid else SILENCE,
        port_direction=port.direction,
        port_name=port.name,
    )


def _port(port: SoundPort, levels: PortLevels) -> AudioPort:
    return AudioPort(
        direction=port.direction,
        name=port.name,
        connected=port.connected,
        detail=port.detail,
        level_left=round(levels.left, 1),
        level_right=round(levels.right, 1),
        peak=round(levels.peak, 1),
    )


def _digit(character: str) -> str:
    """The DTMF digit that a character on the wire means."""
    return "*" if character == "." else character.upper()
