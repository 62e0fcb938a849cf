"""The session and what is saved in it, on files, with a scripted engine and a driven clock."""

from __future__ import annotations

import asyncio
import io
import zipfile

import pytest

from videobar.errors import (
    CollaborationNotActive,
    InvalidRequest,
    NothingSaved,
    PinInvalid,
    SavedContentFull,
    WrongState,
)
from videobar.fingerprint import alike
from videobar.room.collaboration.service import LOCKED_S, WRONG_PINS
from videobar.room.content import ContentLost, FarContent, NearContentEnded
from videobar.room.video import Snapshot
from videobar.vocabulary import CollaborationState, SaveState

PIN = "2468"


def show(engine, number, size=100):
    """Let the engine show picture `number`, which looks like no other."""
    engine.fingerprint = bytes((number * 40 % 256,)) * 64
    engine.pictures[Snapshot.CONTENT] = b"\xff\xd8" + bytes((number,)) * (size - 2)


async def looks(clock, times=3):
    """Let the saver look that often; files are written in threads, so give those time as well."""
    await settle()
    for _ in range(times):
        await clock.advance(1.0)
        await settle()


async def settle():
    for _ in range(20):
        await asyncio.sleep(0.002)


async def drain(reading):
    return b"".join([chunk async for chunk in reading.chunks])


def pictures(archive):
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return [opened.read(name) for name in opened.namelist()]


async def test_a_session_begins_with_content_and_outlives_it(collaboration, content):
    assert collaboration.state is CollaborationState.INACTIVE
    content.start()
    assert collaboration.state is CollaborationState.ACTIVE
    assert collaboration.session.pin == PIN
    content.stop()
    assert collaboration.state is CollaborationState.READY
    collaboration.end()
    assert collaboration.state in (CollaborationState.DISCONNECTING, CollaborationState.INACTIVE)


async def test_far_content_begins_one_too(collaboration, content):
    content.hear(FarContent("leg", True))
    assert collaboration.state is CollaborationState.ACTIVE
    collaboration.end()
    assert collaboration.session is None
    content.hear(FarContent("leg", True))
    assert collaboration.session is None, "the same content does not begin another"
    content.hear(FarContent("leg", False))
    content.hear(FarContent("leg", True))
    assert collaboration.session is not None


async def test_a_session_can_be_begun_by_hand_once(collaboration):
    assert collaboration.begin("1357").pin == "1357"
    assert collaboration.state is CollaborationState.READY
    with pytest.raises(WrongState):
        collaboration.begin()


async def test_ending_stops_what_the_room_shares_and_is_harmless_twice(collaboration, content, engine):
    content.start()
    collaboration.end()
    assert ("hide",) in engine.told
    assert not content.shown
    collaboration.end()


async def test_what_is_shown_is_saved_once(collaboration, content, engine, clock):
    content.start()
    collaboration.start_saving(PIN)
    for number in (1, 2, 1, 2):
        show(engine, number)
        await looks(clock)
    assert pictures(await drain(collaboration.read_all(PIN))) == [
        b"\xff\xd8" + bytes((n,)) * 98 for n in (1, 2)
    ]
    first, second = collaboration.session.saved
    assert first.name < second.name
    assert first.taken_ms < second.taken_ms
    assert not first.from_far


async def test_whose_it_was_is_kept(collaboration, content, engine, clock):
    content.hear(FarContent("leg", True))
    show(engine, 1)
    collaboration.start_saving(PIN)
    await looks(clock)
    assert [saved.from_far for saved in collaboration.session.saved] == [True]


async def test_a_picture_that_moves_is_saved_when_it_settles_or_after_a_while(
    collaboration, content, engine, clock
):
    content.start()
    collaboration.start_saving(PIN)
    await settle()
    for number in range(4):
        show(engine, number)
        await clock.advance(1.0)
        await settle()
    assert collaboration.session.saved == []
    await looks(clock, 1)
    assert len(collaboration.session.saved) == 1
    for number in (5, 4, 5, 4, 5, 4):
        show(engine, number)
        await clock.advance(1.0)
        await settle()
    assert len(collaboration.session.saved) == 2


async def test_nothing_is_saved_while_nothing_is_shown(collaboration, content, engine, clock):
    content.start()
    collaboration.start_saving(PIN)
    content.stop()
    show(engine, 1)
    await looks(clock)
    assert collaboration.session.saved == []
    with pytest.raises(NothingSaved):
        collaboration.read_one(PIN)
    with pytest.raises(NothingSaved):
        collaboration.read_all(PIN)


async def test_an_engine_that_dies_ends_far_content_and_saving_goes_on(collaboration, content, engine, clock):
    content.hear(FarContent("leg", True))
    context = collaboration.start_saving(PIN)
    engine.down = True
    await looks(clock)
    content.hear(ContentLost())
    assert not content.shown
    engine.down = False
    content.start()
    show(engine, 1)
    await looks(clock)
    assert len(collaboration.session.saved) == 1
    assert collaboration.save_state(PIN, context) is SaveState.SAVING


async def test_contexts(collaboration, content, engine, clock):
    content.start()
    first = collaboration.start_saving(PIN)
    assert collaboration.start_saving(PIN) == first
    show(engine, 1)
    await looks(clock)
    collaboration.stop_saving(PIN)
    collaboration.stop_saving(PIN)
    assert collaboration.save_state(PIN, first) is SaveState.SAVED
    second = collaboration.start_saving(PIN)
    assert second != first
    assert collaboration.save_state(PIN) is SaveState.SAVING
    show(engine, 2)
    await looks(clock)
    assert collaboration.read_one(PIN, first)[0].context_id == first
    assert collaboration.read_one(PIN)[0].context_id == second
    newest, reading = collaboration.read_one(PIN, second)
    assert collaboration.read_one(PIN, newest.id)[0] == newest
    assert await drain(reading) == b"\xff\xd8" + b"\x02" * 98
    assert reading.length == newest.size == 100
    for ask in (collaboration.save_state, collaboration.read_one):
        with pytest.raises(NothingSaved, match="context-id"):
            ask(PIN, "nonsense")


async def test_saving_stops_at_the_limit(collaboration, content, engine, clock):
    content.start()
    context = collaboration.start_saving(PIN)
    show(engine, 1, size=900)
    await looks(clock)
    show(engine, 2, size=101)
    await looks(clock)
    assert collaboration.save_state(PIN, context) is SaveState.FULL
    assert "MB" in collaboration.session.problem
    assert len(collaboration.session.saved) == 1
    collaboration.start_saving(PIN)
    show(engine, 3, size=50)
    await looks(clock)
    show(engine, 4, size=50)
    await looks(clock)
    assert len(collaboration.session.saved) == 3
    collaboration.stop_saving(PIN)
    with pytest.raises(SavedContentFull):
        collaboration.start_saving(PIN)


async def test_a_disk_that_cannot_be_written_stops_saving(collaboration, content, engine, clock, tmp_path):
    (tmp_path / "saved").write_text("in the way")
    content.start()
    context = collaboration.start_saving(PIN)
    show(engine, 1)
    await looks(clock)
    assert collaboration.save_state(PIN, context) is SaveState.FAILED
    assert collaboration.session.problem


async def test_pins(collaboration, clock):
    for ask in (collaboration.start_saving, collaboration.read_all, collaboration.save_state):
        with pytest.raises(CollaborationNotActive):
            ask(PIN)
    collaboration.begin()
    with pytest.raises(InvalidRequest, match="pin"):
        collaboration.start_saving(None)
    for attempt in ("", "2469", "\ud800", "é", "0" * 10_000)[:WRONG_PINS]:
        with pytest.raises(PinInvalid):
            collaboration.start_saving(attempt)
    assert collaboration.session.wrong_pins == WRONG_PINS
    with pytest.raises(PinInvalid, match="too many"):
        collaboration.start_saving(PIN)
    await clock.advance(LOCKED_S)
    collaboration.start_saving(PIN)
    assert collaboration.session.wrong_pins == WRONG_PINS


async def test_what_is_being_downloaded_is_removed_afterwards(
    collaboration, content, engine, clock, tmp_path
):
    content.start()
    collaboration.start_saving(PIN)
    show(engine, 1)
    await looks(clock)
    _, reading = collaboration.read_one(PIN)
    archive = collaboration.read_all(PIN)
    collaboration.end()
    await looks(clock, 1)
    assert collaboration.state is CollaborationState.DISCONNECTING
    assert len(await drain(reading)) == 100
    assert collaboration.state is CollaborationState.DISCONNECTING
    assert len(pictures(await drain(archive))) == 1
    async with asyncio.timeout(30):
        while collaboration.state is not CollaborationState.INACTIVE:  # noqa: ASYNC110 - a thread removes
            await asyncio.sleep(0.01)
    assert list((tmp_path / "saved").glob("*/*")) == []


async def test_a_download_that_never_begins_holds_nothing_up(collaboration, content, engine, clock):
    content.start()
    collaboration.start_saving(PIN)
    show(engine, 1)
    await looks(clock)
    _, reading = collaboration.read_one(PIN)
    await reading.chunks.aclose()
    del reading
    collaboration.read_all(PIN)
    collaboration.end()
    async with asyncio.timeout(30):
        while collaboration.state is not CollaborationState.INACTIVE:  # noqa: ASYNC110 - a thread removes
            await asyncio.sleep(0.01)


async def test_another_session_may_begin_while_the_first_is_still_downloaded(
    collaboration, content, engine, clock
):
    content.start()
    collaboration.start_saving(PIN)
    show(engine, 1)
    await looks(clock)
    archive = collaboration.read_all(PIN)
    collaboration.end()
    content.start()
    assert collaboration.state is CollaborationState.ACTIVE
    with pytest.raises(NothingSaved):
        collaboration.read_all(PIN)
    assert len(pictures(await drain(archive))) == 1


def test_alike():
    page = bytes(range(200))
    noise = bytes((each + 8) % 208 for each in page)
    pointer = bytes((*page[:50], 255, 255, 255, *page[53:]))
    line = bytes((*page[:50], 255, 255, 255, 255, *page[54:]))
    assert alike(page, noise)
    assert alike(page, pointer)
    assert not alike(page, line)
    assert not alike(page, page[:-1])


async def test_content_of_several(content, engine):
    content.start("plan.pdf", 2)
    assert engine.told[-1] == ("show", "pdf:/files/plan.pdf#2")
    began = content.near
    content.start("plan.pdf", 3)
    assert content.near.started == began.started
    content.start()
    assert engine.told[-1] == ("show", "slide:")
    content.hear(NearContentEnded("pdf:/files/plan.pdf#3", "too late"))
    assert content.near is not None
    content.hear(NearContentEnded("slide:", "somebody else shares"))
    assert content.near is None
    assert content.problem == "somebody else shares"
    content.start()
    assert content.problem == ""
    for page in (0, 2):
        with pytest.raises(InvalidRequest, match="page"):
            content.start("roof.png", page)
