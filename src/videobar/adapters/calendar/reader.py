"""Has invitations read by a process that may die over them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import aclosing

import msgspec

from videobar.adapters.calendar.child import Child, ChildFailed, ChildNotStarted
from videobar.adapters.calendar.reading import Reading
from videobar.room.calendar.meeting import Instructions, Item, Meeting
from videobar.room.calendar.port import ProviderError

log = logging.getLogger("videobar.calendar")

PATIENCE_S = 60.0
"""How long one item may take when the machine is busy; the child's own bound is of processor time."""
MOST_FAILURES = 10
"""Children that may die in one go; what is left then is tried again at the next sync."""


class ChildReader:
    """Implements `InvitationReader`. The process lives only while there is something to read."""

    def __init__(self, module: str = "videobar.adapters.calendar.reading") -> None:
        self._child = Child(module)
        self._turn = asyncio.Lock()
        self._decoder = msgspec.msgpack.Decoder(Reading)

    async def read(
        self, items: Sequence[Item], instructions: Instructions
    ) -> Mapping[str, tuple[Meeting, ...]]:
        """Read one after the other; whatever kills the child, or is refused by it, has no meetings.

        Raises `ProviderError` when there is no such process.
        """
        found: dict[str, tuple[Meeting, ...]] = {}
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
                        log.warning(
                            "invitation %s takes too long to read or too much memory: left out", _shown(item)
                        )
                        found[item.id] = ()
            finally:
                await self._child.stop()
        if left:
            log.error("too many invitations that cannot be read; the rest waits for the next sync")
        return found

    async def _read(self, left: deque[Item], found: dict[str, tuple[Meeting, ...]]) -> None:
        """Take items off `left` as they are answered; what cannot be read has no meetings."""
        questions = map(msgspec.msgpack.encode, tuple(left))
        async with aclosing(self._child.answers(questions, PATIENCE_S)) as answers:
            async for answer in answers:
                item, reading = left.popleft(), self._decoder.decode(answer)
                if reading.refused:
                    log.warning("invitation %s cannot be read (%s): left out", _shown(item), reading.refused)
                found[item.id] = reading.meetings

    async def close(self) -> None:
        """End the process."""
        await self._child.stop()


def _shown(item: Item) -> str:
    return repr(item.id[:60])
