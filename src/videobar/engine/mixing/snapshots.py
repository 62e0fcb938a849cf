"""Still pictures of what is seen, as files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from videobar.media.video.capture import VideoCapture
from videobar.media.video.frame import Frame, jpeg
from videobar.room.video import Snapshot

KEPT_S = 0.2
"""Maximum age of a file that is handed out."""
FIRST_PICTURE_S = 3.0
"""Time that the near source may take for a picture."""


class Snapshots:
    """JPEG files of the near picture, and of what `sources` give for the others. Belongs to the event loop."""

    def __init__(self, near: VideoCapture) -> None:
        self.sources: dict[Snapshot, Callable[[], Frame | None]] = {}
        """Functions that give the current picture; may be called at any time, on the loop."""
        self._near = near
        self._files: dict[Snapshot, tuple[float, str, bytes]] = {}
        """Time at which each file was made, its near source, and the file."""
        self._gates = {which: asyncio.Lock() for which in Snapshot}
        self._worker = ThreadPoolExecutor(1, "snapshots")

    async def image(self, which: Snapshot) -> bytes | None:
        """The file, at most `KEPT_S` old, or `None` when there is nothing to see."""
        async with self._gates[which]:
            source = self._near.url
            made, of, file = self._files.get(which, (0.0, "", b""))
            if file and of == source and time.monotonic() - made < KEPT_S:
                return file
            picture = await self._picture(which)
            if picture is None:
                return None
            file = await asyncio.get_running_loop().run_in_executor(self._worker, jpeg, picture)
            self._files[which] = (time.monotonic(), source, file)
            return file

    def close(self) -> None:
        """End the worker; nothing can be asked any more."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    async def _picture(self, which: Snapshot) -> Frame | None:
        if which is Snapshot.NEAR:
            return await self._next_near()
        source = self.sources.get(which)
        return None if source is None else source()

    async def _next_near(self) -> Frame | None:
        """The next picture of the near source; its last one, if it has nothing new."""
        loop = asyncio.get_running_loop()
        seen: asyncio.Future[Frame] = loop.create_future()

        def take(picture: Frame) -> None:
            if not seen.done():
                seen.set_result(picture)

        def look(picture: Frame, at_s: float) -> None:
            loop.call_soon_threadsafe(take, picture)

        self._near.subscribe(look)
        try:
            return await asyncio.wait_for(seen, FIRST_PICTURE_S)
        except TimeoutError:
            return self._near.latest
        finally:
            self._near.unsubscribe(look)
