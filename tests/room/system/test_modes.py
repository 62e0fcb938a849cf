import pytest

from videobar.adapters.store.memory import MemoryStore
from videobar.errors import BlockedByMode, InvalidRequest
from videobar.room.system.modes import DEVICE_MODE, POLY, Modes


@pytest.fixture
def left():
    return []


async def test_device_mode_ends_calls_and_survives(left):
    store = MemoryStore()
    modes = Modes(store, lambda: left.append(1))
    assert modes.active is POLY
    await modes.set_device(True)
    assert (modes.active, left) == (DEVICE_MODE, [1])
    assert Modes(store, left.clear).device
    await modes.set_device(False)
    assert (modes.active, left) == (POLY, [1])


async def test_what_is_blocked(left):
    modes = Modes(MemoryStore(), left.clear)
    modes.check("conferences", changes=True)
    await modes.set_device(True)
    modes.check("conferences", changes=False)
    modes.check("system", changes=True)
    modes.check("config", changes=True)
    with pytest.raises(BlockedByMode):
        modes.check("conferences", changes=True)


async def test_applications_by_name(left):
    modes = Modes(MemoryStore(), left.clear)
    await modes.give_to(["DEVICE mode"])
    assert modes.device
    for names in ([], ["Poly", "Solitaire"]):
        with pytest.raises(InvalidRequest, match="enabledapps"):
            await modes.give_to(names)
    await modes.give_to(["poly"])
    assert not modes.device
