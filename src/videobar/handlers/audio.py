"""`/rest/audio`."""

from __future__ import annotations

from videobar.contract import audio as contract
from videobar.contract.audio import AudioAction, AudioRequest, AudioState, DtmfRequest
from videobar.errors import InvalidRequest, NotBuiltYet
from videobar.handlers.not_built_yet import honest
from videobar.room.audio.service import Audio
from videobar.room.calls.service import Calls


@honest
class AudioHandler(contract.Audio):
    """Volume and mute of the room, and digits into its calls."""

    def __init__(self, audio: Audio, calls: Calls) -> None:
        self._audio = audio
        self._calls = calls

    async def state(self) -> AudioState:
        """The state of the room's audio."""
        audio = self._audio
        return AudioState(
            mute_locked=audio.mute_locked,
            muted=audio.muted,
            num_of_mics_connected=audio.microphones,
            volume=audio.volume,
        )

    async def act(self, request: AudioRequest) -> None:
        """Send digits; the other actions are not built yet."""
        if request.action is not AudioAction.PLAY_DTMF:
            raise NotBuiltYet
        if request.dtmf_char is None:
            raise InvalidRequest("dtmfChar: playDTMF needs a character")
        self._calls.send_digits(_digit(request.dtmf_char))

    async def muted(self) -> bool:
        """Whether the microphones are muted."""
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
        self._calls.send_digits(_digit(request.dtmf_char))

    async def mute_locked(self) -> bool:
        """Whether mute is locked."""
        return self._audio.mute_locked

    async def set_mute_locked(self, locked: bool) -> None:
        """Lock or free mute."""
        await self._audio.set_mute_locked(locked)


def _digit(character: str) -> str:
    """The DTMF digit that a character on the wire means."""
    return "*" if character == "." else character.upper()
