from __future__ import annotations

import gc
import weakref

from videobar.engine.process import memory


class Ring:
    """Something in a cycle, as calls and their sessions are."""

    def __init__(self) -> None:
        self.itself = self


def test_garbage_is_collected():
    gc.disable()
    try:
        ring = weakref.ref(Ring())
        assert ring() is not None
        memory.give_back()
        assert ring() is None
    finally:
        gc.enable()


def test_another_libc_is_no_obstacle(monkeypatch):
    monkeypatch.setattr(memory, "_trim", None)
    memory.give_back()


async def test_memory_is_given_back_after_the_last_call_and_not_during_one(rooms, patience, monkeypatch):
    given = []
    monkeypatch.setattr(memory, "give_back", lambda: given.append(True))
    hub, first, second = await rooms(video_codecs=()), await rooms(), await rooms()
    for room in (first, second):
        await room.call(hub)
    first.endpoint.hang_up("out")
    await patience(lambda: len(hub.endpoint._calls) == 1 and given, "the end of one")
    assert len(given) == 1, "of the room whose only call has ended, not of the one that still has one"
    second.endpoint.hang_up("out")
    await patience(lambda: len(given) == 3, "both rooms")
