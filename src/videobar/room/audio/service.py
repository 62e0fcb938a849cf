"""Volume, mute and sound: the state that the API shows and the engine applies."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from videobar.errors import InvalidRequest, MuteLocked
from videobar.room.audio.port import AcousticFence, AudioPath, PortLevels, SoundPort, SoundState
from videobar.room.store import Key, Store
from videobar.vocabulary import FenceEffect, PortDirection, Speaker

LOUDEST = 100
WIDEST_FENCE = 10
DEFAULT_VOLUME = 50


class Audio:
    """The room's volume (0 to 100), mute and mute lock; its microphones and loudspeakers.

    Volume, lock and acoustic fence survive a restart. Mute does not: a room starts with its microphones open, as the
    device does.
    """

    def __init__(self, *, path: AudioPath, store: Store) -> None:
        self._path = path
        self._store = store
        stored = store.get(Key.VOLUME)
        self._volume = stored if isinstance(stored, int) and 0 <= stored <= LOUDEST else DEFAULT_VOLUME
        self._muted = False
        self._mute_locked = store.get(Key.MUTE_LOCKED) is True
        self._writing = asyncio.Lock()
        self._fence = _stored_fence(store)
        path.set_speaker_volume(self._volume)
        path.set_acoustic_fence(self._fence)

    @property
    def fence(self) -> AcousticFence:
        """The acoustic fence."""
        return self._fence

    @property
    def volume(self) -> int:
        """Speaker volume, 0 to 100."""
        return self._volume

    @property
    def muted(self) -> bool:
        """True if the microphones are muted."""
        return self._muted

    @property
    def mute_locked(self) -> bool:
        """True if mute can not be changed at present."""
        return self._mute_locked

    @property
    def state(self) -> SoundState:
        """All microphones and loudspeakers, and what is done to their sound."""
        return self._path.sound_state()

    @property
    def fence_effect(self) -> FenceEffect:
        """Criterion of the acoustic fence, with the microphones that are connected now."""
        if not self._fence.enabled:
            return FenceEffect.OFF
        microphones, tells_speech = self.microphones, self.state.tells_speech
        if len(microphones) > 1:
            return FenceEffect.LEVEL_AND_SPEECH if tells_speech else FenceEffect.LEVEL
        return FenceEffect.SPEECH if tells_speech else FenceEffect.NONE

    @property
    def ports(self) -> Sequence[SoundPort]:
        """All microphones and loudspeakers that the room was given, connected or not, in a lasting order."""
        return self.state.ports

    @property
    def microphones(self) -> Sequence[SoundPort]:
        """The microphones that are connected."""
        return [port for port in self.ports if port.direction is PortDirection.IN and port.connected]

    async def set_volume(self, volume: int) -> None:
        """Set the volume, durably. Raises `InvalidRequest` outside 0 to 100, or `StoreUnavailable`."""
        if not 0 <= volume <= LOUDEST:
            raise InvalidRequest(f"volume: {volume} is not within 0 to {LOUDEST}")
        async with self._writing:
            await self._store.put({Key.VOLUME: volume})
            self._volume = volume
            self._path.set_speaker_volume(volume)

    def set_muted(self, muted: bool) -> None:
        """Mute or unmute the microphones. Raises `MuteLocked` when that would change a locked state."""
        if self._mute_locked and muted is not self._muted:
            raise MuteLocked("the microphones' mute state is locked")
        self._muted = muted
        self._path.set_microphones_muted(muted)

    def mute_if_free(self) -> None:
        """Mute the microphones, unless they are locked open."""
        if not self._mute_locked:
            self.set_muted(True)

    async def set_mute_locked(self, locked: bool) -> None:
        """Lock mute in its present state, or free it, durably. Raises `StoreUnavailable`."""
        async with self._writing:
            await self._store.put({Key.MUTE_LOCKED: locked})
            self._mute_locked = locked

    async def set_fence(self, *, enabled: bool | None = None, radius: int | None = None) -> None:
        """Raise or lower the acoustic fence, or change its radius (0 to 10), durably.

        Raises `InvalidRequest` for another radius, or `StoreUnavailable`.
        """
        if radius is not None and not 0 <= radius <= WIDEST_FENCE:
            raise InvalidRequest(f"radius: {radius} is not within 0 to {WIDEST_FENCE}")
        async with self._writing:
            fence = AcousticFence(
                self._fence.enabled if enabled is None else enabled,
                self._fence.radius if radius is None else radius,
            )
            await self._store.put({Key.FENCE: fence.enabled, Key.FENCE_RADIUS: fence.radius})
            self._fence = fence
            self._path.set_acoustic_fence(fence)

    def start(self) -> None:
        """Start the sound, if it does not run yet."""
        self._path.start_sound()

    def play_test_tone(self, speaker: Speaker) -> None:
        """Sound a tone in the room, until it is stopped or for half a minute; it follows the volume."""
        self._path.play_test_tone(speaker)

    def stop_test_tone(self) -> None:
        """End the tone; without one nothing happens."""
        self._path.stop_test_tone()

    def play_digits(self, digits: str) -> None:
        """Play DTMF digits in the room."""
        self._path.play_digits(digits)

    async def levels(self) -> Sequence[PortLevels] | None:
        """The levels of `ports`, in their order; `None` while sound does not run. Raises `EngineUnavailable`."""
        return await self._path.sound_levels()


def _stored_fence(store: Store) -> AcousticFence:
    radius = store.get(Key.FENCE_RADIUS)
    if not isinstance(radius, int) or not 0 <= radius <= WIDEST_FENCE:
        radius = AcousticFence().radius
    return AcousticFence(store.get(Key.FENCE) is True, radius)
