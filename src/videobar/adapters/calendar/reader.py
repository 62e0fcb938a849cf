"""Has invitations read by a process that may die over them."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import aclosing

import msgspec

from videobar.adapters.calendar.child import Child, ChildFailed, ChildNotStarted
from videobar.room.calendar.meeting import Event, Ics, Instructions, Item, Reading
from videobar.room.calendar.port import ProviderError

log = logging.getLogger("videobar.calendar")

SUMMARY = re.compile(r"^SUMMARY[^:\r\n]{0,100}:([^\r\n]{0,60})", re.M | re.I)
PATIENCE_S = 60.0
"""Time that one item may take when the machine is busy; the child's own bound is of processor time."""
MOST_FAILURES = 10
"""Children that may die in one go; what is left then is tried again at the next sync."""

MOST_TOLD = 10
"""Lines of the log for one item."""


class ChildReader:
    """Implements `InvitationReader`. The process lives only while there is something to read."""

    def __init__(self, module: str = "videobar.adapters.calendar.reading") -> None:
        self._child = Child(module)
        self._turn = asyncio.Lock()
        self._decoder = msgspec.msgpack.Decoder(Reading)

    async def read(self, items: Sequence[Item], instructions: Instructions) -> Mapping[str, Reading]:
        """Read one after the other; whatever kills the child, or is refused by it, has no meetings.

        Raises `ProviderError` when there is no such process.
        """
        found: dict[str, Reading] = {}
        left = deque(items)
        failures = 0
        async with self._turn:
            await self._child.set_up(msgspec.msgpack.encode(instructions))
            try:
                while left and failures < MOST_FAILURES:
                    try:
                        await self._read(left, found)
                    except ChildNotStarted as error:
                        raise ProviderError(
                            f"the process that reads invitations does not start: {error}"
                        ) from None
                    except ChildFailed:
                        failures += 1
                        item = left.popleft()
                        found[item.id] = Reading(refused="it takes too long to read or too much memory")
                        _tell(item, found[item.id])
            finally:
                await self._child.stop()
        if left:
            log.error("too many unreadable invitations; the rest waits for the next sync")
        return found

    async def _read(self, left: deque[Item], found: dict[str, Reading]) -> None:
        """Take items off `left` as they are answered; what cannot be read has no meetings."""
        questions = map(msgspec.msgpack.encode, tuple(left))
        async with aclosing(self._child.answers(questions, PATIENCE_S)) as answers:
            async for answer in answers:
                item, reading = left.popleft(), self._decoder.decode(answer)
                found[item.id] = reading
                _tell(item, reading)

    async def close(self) -> None:
        """End the process."""
        await self._child.stop()


def _tell(item: Item, reading: Reading) -> None:
    """Name in the log what was left out of an item."""
    shown = f"{item.id[-60:]!r} {_subject(item)!r}"
    if reading.refused:
        log.warning("invitation %s cannot be read (%s): left out", shown, reading.refused)
    for each in reading.left_out[:MOST_TOLD]:
        log.warning(
            "invitation %s, event %r: %s left out: %s",
            shown,
            each.event,
            each.property or "all of it",
            each.why,
        )


def _subject(item: Item) -> str:
    """Subject of an item, shortened, found without reading the item."""
    match item.content:
        case Event(subject=subject):
            return subject[:60]
        case Ics(text=text):
            found = SUMMARY.search(text)
            return found[1].strip() if found else ""
        case _:
            return ""
