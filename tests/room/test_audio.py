import pytest

from videobar.adapters.store.memory import MemoryStore
from videobar.errors import InvalidRequest, MuteLocked, StoreUnavailable
from videobar.room.audio.port import AcousticFence, SoundPort, SoundState
from videobar.room.audio.service import Audio
from videobar.vocabulary import PortDirection


class FullDisk(MemoryStore):
    async def put(self, values):
        raise StoreUnavailable("disk full")


@pytest.fixture
def make(sound):
    def made(store=None):
        return Audio(path=sound, store=store or MemoryStore())

    return made


async def test_volume_is_kept_and_obeyed(make, sound):
    store = MemoryStore()
    audio = make(store)
    assert sound.last("volume") == audio.volume == 50
    await audio.set_volume(0)
    await audio.set_volume(100)
    assert sound.last("volume") == audio.volume == 100
    again = make(store)
    assert sound.last("volume") == again.volume == 100


@pytest.mark.parametrize("volume", [-1, 101])
async def test_volume_has_bounds(volume, make, sound):
    audio = make()
    with pytest.raises(InvalidRequest, match="volume"):
        await audio.set_volume(volume)
    assert sound.last("volume") == audio.volume == 50


async def test_a_volume_that_cannot_be_kept_is_not_set(make, sound):
    audio = make(FullDisk())
    with pytest.raises(StoreUnavailable):
        await audio.set_volume(7)
    with pytest.raises(StoreUnavailable):
        await audio.set_mute_locked(True)
    assert sound.last("volume") == audio.volume == 50
    assert not audio.mute_locked


@pytest.mark.parametrize("damaged", ["loud", 1000, -5, None])
async def test_a_damaged_value_gives_way_to_the_default(damaged, make, sound):
    store = MemoryStore()
    await store.put({"audio.volume": damaged})
    assert make(store).volume == 50


async def test_mute_and_its_lock(make, sound):
    store = MemoryStore()
    audio = make(store)
    audio.set_muted(True)
    assert sound.last("muted") is audio.muted is True
    await audio.set_mute_locked(True)
    audio.set_muted(True)
    with pytest.raises(MuteLocked):
        audio.set_muted(False)
    assert sound.last("muted") is True
    again = make(store)
    assert again.mute_locked
    assert not again.muted


async def test_the_acoustic_fence_is_kept_and_obeyed(make, sound):
    store = MemoryStore()
    audio = make(store)
    assert sound.last("fence") == audio.fence == AcousticFence(False, 5)
    await audio.set_fence(enabled=True)
    await audio.set_fence(radius=0)
    assert sound.last("fence") == AcousticFence(True, 0)
    for radius in (-1, 11):
        with pytest.raises(InvalidRequest, match="radius"):
            await audio.set_fence(enabled=False, radius=radius)
    assert make(store).fence == AcousticFence(True, 0)
    await store.put({"audio.fence_radius": 99})
    assert make(store).fence == AcousticFence(True, 5)


async def test_a_fence_that_cannot_be_kept_is_not_raised(make, sound):
    audio = make(FullDisk())
    with pytest.raises(StoreUnavailable):
        await audio.set_fence(enabled=True)
    assert sound.last("fence") == audio.fence == AcousticFence()


async def test_microphones_that_are_lost_are_not_counted(make, sound):
    audio = make()
    assert [port.name for port in audio.microphones] == ["Tabletop microphone"]
    sound.ports = SoundState(
        (
            SoundPort(PortDirection.IN, "Tabletop microphone", connected=False, detail="unplugged"),
            SoundPort(PortDirection.IN, "Other microphone"),
            SoundPort(PortDirection.OUT, "Ceiling loudspeakers"),
        )
    )
    assert [port.name for port in audio.microphones] == ["Other microphone"]
