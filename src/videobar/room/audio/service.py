"""Volume and mute: the state that the API shows and the engine obeys."""

from __future__ import annotations

import asyncio

from videobar.errors import InvalidRequest, MuteLocked
from videobar.room.audio.port import AudioPath
from videobar.room.store import Key, Store

LOUDEST = 100
DEFAULT_VOLUME = 50


class Audio:
    """The room's volume (0 to 100), mute and mute lock.

    Volume and lock survive a restart. Mute does not: a room starts with its microphones open, as the device does.
    """

    def __init__(self, *, path: AudioPath, store: Store, microphones: int) -> None:
        self._path = path
        self._store = store
        self._microphones = microphones
        stored = store.get(Key.VOLUME)
        self._volume = stored if isinstance(stored, int) and 0 <= stored <= LOUDEST else DEFAULT_VOLUME
        self._muted = False
        self._mute_locked = store.get(Key.MUTE_LOCKED) is True
        self._writing = asyncio.Lock()
        path.set_speaker_volume(self._volume)

    @property
    def volume(self) -> int:
        """Speaker volume, 0 to 100."""
        return self._volume

    @property
    def muted(self) -> bool:
        """Whether the microphones are muted."""
        return self._muted

    @property
    def mute_locked(self) -> bool:
        """Whether mute can not be changed at present."""
        return self._mute_locked

    @property
    def microphones(self) -> int:
        """How many microphones are connected."""
        return self._microphones

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
