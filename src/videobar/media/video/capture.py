"""Video capture: takes pictures from a source while there are subscribers, and hands them to all of them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from videobar.media.clock import Deadlines
from videobar.media.video.frame import Frame
from videobar.media.video.sources.schemes import open_source
from videobar.media.video.sources.source import (
    Pointable,
    Surveyable,
    VideoSource,
    VideoSourceUnavailable,
    shown,
)

if TYPE_CHECKING:
    from videobar.media.video.faces import Survey

log = logging.getLogger("videobar.media")

PICTURES_PER_S: Final = 30
REOPEN_S: Final = 2.0
"""Pause before a source that could not be opened is tried again."""
LINGER_S: Final = 1.0
"""Time that the source stays open after the last subscriber has gone."""
STALE_S: Final = 3.0
"""A source that has given nothing for so long no longer delivers."""

TakeSurvey = Callable[["Survey | None"], None]
"""Gets a survey on the near thread; must not block."""

Subscriber = Callable[[Frame, float], None]
"""Gets each picture and its monotonic time, on the near thread; must not block."""


class VideoCapture:
    """Pictures of the near source, 30 a second at most, for subscribers.

    There is a thread, `near-pictures`, only while there are subscribers and a moment longer. `on_state(url, delivering,
    detail)` is called, on that thread, when the source begins or ceases to give pictures. Methods may be called from
    any thread and return at once.
    """

    def __init__(
        self,
        url: str,
        on_state: Callable[[str, bool, str], None] = lambda url, delivering, detail: None,
        *,
        opener: Callable[[str], VideoSource] = open_source,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_state = on_state
        self._opener = opener
        self._now = monotonic
        self._gate = threading.Lock()
        self._wanted_url = url
        self._wanted_view = (0, 0, -50_000, 0)
        self._subscribers: tuple[Subscriber, ...] = ()
        self._latest: tuple[Frame, float] | None = None
        self._surveyors: list[TakeSurvey] = []
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        # What follows belongs to the near thread.
        self._source: VideoSource | None = None
        self._url = ""
        self._view: tuple[int, int, int, int] | None = None
        self._told: tuple[str, bool] | None = None
        self._reopen_at = 0.0
        self._given_at = 0.0
        self._subscribed_at = 0.0

    @property
    def url(self) -> str:
        """URL of the source."""
        return self._wanted_url

    @property
    def latest(self) -> Frame | None:
        """The last picture, if it is younger than `STALE_S`."""
        latest = self._latest
        return latest[0] if latest is not None and self._now() - latest[1] < STALE_S else None

    @property
    def running(self) -> bool:
        """True while there is a thread."""
        return self._thread is not None

    def subscribe(self, subscriber: Subscriber) -> None:
        """Hand each picture to `subscriber` from now on; twice is harmless."""
        with self._gate:
            if self._stopping.is_set() or subscriber in self._subscribers:
                return
            self._subscribers = (*self._subscribers, subscriber)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="near-pictures", daemon=True)
                self._thread.start()

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Hand it no more; one that is under way may still come. Twice is harmless."""
        with self._gate:
            self._subscribers = tuple(each for each in self._subscribers if each != subscriber)

    def open(self, url: str) -> None:
        """Take pictures from another source; who subscribes only from now on sees none of the one before."""
        with self._gate:
            if url != self._wanted_url:
                self._wanted_url, self._latest = url, None

    def point(self, pan: int, tilt: int, zoom: int, focus: int = 0) -> None:
        """Look elsewhere, where the source can."""
        with self._gate:
            self._wanted_view = (pan, tilt, zoom, focus)

    def survey(self, take: TakeSurvey) -> None:
        """Hand all that the source could show to `take`, once, on the near thread.

        `None` is handed over, perhaps at once, while there is no subscriber and when the source cannot be surveyed.
        """
        with self._gate:
            if self._thread is not None:
                self._surveyors.append(take)
                return
        take(None)

    def close(self) -> None:
        """End the thread soon; there are no subscribers any more."""
        self._stopping.set()

    def _run(self) -> None:
        deadlines = Deadlines(self._now(), 1 / PICTURES_PER_S)
        self._subscribed_at = self._now()
        while not self._stopping.wait(deadlines.wait_s(self._now())):
            if self._is_idle():
                return
            try:
                self._turn(self._now())
                self._survey(self._now())
            except Exception as error:
                log.exception("the near source %s failed", shown(self._url))
                self._drop(self._now(), str(error) or type(error).__name__)
        self._close()

    def _is_idle(self) -> bool:
        """Without subscribers for a while, the thread ends, and the next one starts another."""
        with self._gate:
            if self._subscribers:
                self._subscribed_at = self._now()
            if self._now() - self._subscribed_at < LINGER_S:
                return False
            self._close()
            self._thread = None
            return True

    def _survey(self, at_s: float) -> None:
        with self._gate:
            surveyors, self._surveyors = self._surveyors, []
        if surveyors:
            survey = self._source.survey(at_s) if isinstance(self._source, Surveyable) else None
            for take in surveyors:
                take(survey)

    def _turn(self, at_s: float) -> None:
        if self._url != self._wanted_url:
            self._close()
            self._url, self._reopen_at = self._wanted_url, 0.0
        if self._source is None:
            self._try_to_open(at_s)
        if self._source is None:
            return
        if self._view != self._wanted_view and isinstance(self._source, Pointable):
            self._view = self._wanted_view
            self._source.point(*self._view)
        picture = self._source.frame(at_s)
        subscribers = self._subscribers
        if self._url != self._wanted_url:
            return
        if picture is None:
            if at_s - self._given_at >= STALE_S:
                self._drop(at_s, "it gives no pictures")
            return
        self._given_at = at_s
        self._tell(delivering=True)
        self._latest = (picture, at_s)
        for subscriber in subscribers:
            subscriber(picture, at_s)

    def _try_to_open(self, at_s: float) -> None:
        if at_s < self._reopen_at:
            return
        try:
            self._source = self._opener(self._url)
            self._given_at = at_s
        except VideoSourceUnavailable as error:
            self._drop(at_s, str(error))

    def _drop(self, at_s: float, detail: str) -> None:
        """Go without the source until it is tried again."""
        self._close()
        self._reopen_at = at_s + REOPEN_S
        self._tell(delivering=False, detail=detail)

    def _tell(self, *, delivering: bool, detail: str = "") -> None:
        if self._told != (self._url, delivering):
            self._told = (self._url, delivering)
            self._on_state(shown(self._url), delivering, detail)

    def _close(self) -> None:
        source, self._source, self._view = self._source, None, None
        if source is not None:
            source.close()
