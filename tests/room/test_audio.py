import pytest

from videobar.adapters.store.memory import MemoryStore
from videobar.errors import InvalidRequest, MuteLocked, StoreUnavailable
from videobar.room.audio.service import Audio


class RecordingPath:
    def __init__(self):
        self.muted, self.volume = None, None

    def set_microphones_muted(self, muted):
        self.muted = muted

    def set_speaker_volume(self, volume):
        self.volume = volume


class FullDisk(MemoryStore):
    async def put(self, values):
        raise StoreUnavailable("disk full")


def make(store=None):
    path = RecordingPath()
    return Audio(path=path, store=store or MemoryStore(), microphones=1), path


async def test_volume_is_kept_and_obeyed():
    store = MemoryStore()
    audio, path = make(store)
    assert path.volume == audio.volume == 50
    await audio.set_volume(0)
    await audio.set_volume(100)
    assert path.volume == audio.volume == 100
    again, path = make(store)
    assert path.volume == again.volume == 100


@pytest.mark.parametrize("volume", [-1, 101])
async def test_volume_has_bounds(volume):
    audio, path = make()
    with pytest.raises(InvalidRequest, match="volume"):
        await audio.set_volume(volume)
    assert path.volume == audio.volume == 50


async def test_a_volume_that_cannot_be_kept_is_not_set():
    audio, path = make(FullDisk())
    with pytest.raises(StoreUnavailable):
        await audio.set_volume(7)
    with pytest.raises(StoreUnavailable):
        await audio.set_mute_locked(True)
    assert path.volume == audio.volume == 50
    assert not audio.mute_locked


@pytest.mark.parametrize("damaged", ["loud", 1000, -5, None])
async def test_a_damaged_value_gives_way_to_the_default(damaged):
    store = MemoryStore()
    await store.put({"audio.volume": damaged})
    assert make(store)[0].volume == 50


async def test_mute_and_its_lock():
    store = MemoryStore()
    audio, path = make(store)
    audio.set_muted(True)
    assert path.muted is audio.muted is True
    await audio.set_mute_locked(True)
    audio.set_muted(True)
    with pytest.raises(MuteLocked):
        audio.set_muted(False)
    assert path.muted is True
    again, _ = make(store)
    assert again.mute_locked
    assert not again.muted
