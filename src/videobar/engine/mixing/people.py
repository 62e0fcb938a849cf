"""Looks for people in what the near source could show."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from videobar.media.video.capture import VideoCapture
from videobar.room.cameras.port import Framing

if TYPE_CHECKING:
    from videobar.media.video.faces import FaceFinder, Group, Survey

SURVEY_S = 1.0
"""Time that the near thread may take for a survey."""


class PeopleFinder:
    """Finds the people in the near picture. Belongs to the event loop, and searches in a thread of its own."""

    def __init__(self, near: VideoCapture) -> None:
        self._near = near
        self._worker = ThreadPoolExecutor(1, "people")
        self._finder: FaceFinder | None = None
        self._group: Group | None = None
        self._url = ""

    async def frame(self) -> Framing | None:
        """View that shows everybody; `None` when nobody looks at the near picture, or its source cannot be searched."""
        survey = await self._survey()
        if survey is None:
            return None
        return await asyncio.get_running_loop().run_in_executor(
            self._worker, self._search, survey, self._near.url
        )

    def close(self) -> None:
        """End the worker; nothing can be asked any more."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    async def _survey(self) -> Survey | None:
        loop = asyncio.get_running_loop()
        made: asyncio.Future[Survey | None] = loop.create_future()

        def keep(survey: Survey | None) -> None:
            if not made.done():
                made.set_result(survey)

        def take(survey: Survey | None) -> None:
            loop.call_soon_threadsafe(keep, survey)

        self._near.survey(take)
        try:
            return await asyncio.wait_for(made, SURVEY_S)
        except TimeoutError:
            return None

    def _search(self, survey: Survey, url: str) -> Framing:
        from videobar.media.video.faces import FaceFinder, Group

        if self._finder is None:
            self._finder = FaceFinder()
        if self._group is None or self._url != url:
            self._group, self._url = Group(), url
        self._group.see(self._finder.find(survey.luma), time.monotonic())
        return Framing(self._group.framing(survey.lens))
