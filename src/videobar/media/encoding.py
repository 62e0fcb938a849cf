"""One outgoing stream of coded pictures, made by a thread of its own for as many far ends as want the same."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from videobar.media.frame_rate import FrameRate
from videobar.media.picture import Picture, Scaler, black
from videobar.media.video_codec import EncoderSettings, VideoEncoder

log = logging.getLogger("videobar.media")

KEY_PAUSE_S: Final = 0.5
"""Whole pictures are no closer together than this, however often they are asked for."""
REPEAT_S: Final = 0.2
"""When there is nothing new for so long, the last picture is sent once more: the stream goes on."""
JITTER_S: Final = 0.004
"""How much too early a picture may be."""
LEAST_STEP_S: Final = 0.001
"""Times of pictures only ever grow."""

Sink = Callable[[bytes, float], None]
"""Gets each coded picture and the monotonic time of what it shows, on the encoding thread; must not block long."""


class Encoding:
    """Encodes the latest of the pictures that `show` brings, no more of them than the settings say.

    Begins with black. The thread, `encode`, runs from `start` to `stop`, which does not wait for it. Methods may be
    called from any thread and return at once.
    """

    def __init__(self, settings: EncoderSettings, sink: Sink) -> None:
        self.settings = settings
        self.rate = FrameRate()
        """Pictures that were encoded."""
        self.failures = 0
        self._sink = sink
        self._news = threading.Condition()
        self._latest: tuple[Picture | None, float] = (None, 0.0)
        self._is_new = False
        self._key_wanted = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="encode", daemon=True)

    def start(self) -> None:
        """Begin; once."""
        self._thread.start()

    def stop(self) -> None:
        """End soon; twice is harmless."""
        with self._news:
            self._stopping = True
            self._news.notify()

    def show(self, picture: Picture | None, at_s: float) -> None:
        """Encode `picture` next, black for `None`, unless there is a later one by then."""
        with self._news:
            self._latest = (picture, at_s)
            self._is_new = True
            self._news.notify()

    def want_key(self) -> None:
        """Make one of the next pictures a whole one."""
        with self._news:
            self._key_wanted = True

    def _run(self) -> None:
        encoder = VideoEncoder(self.settings)
        scaler = Scaler()
        nothing = black(self.settings.width, self.settings.height)
        period_s = 1 / self.settings.pictures_per_s
        due = key_at = shown_at = 0.0
        while (shown := self._next(due)) is not None:
            picture, at_s = shown[0], max(shown[1], shown_at + LEAST_STEP_S)
            shown_at = at_s
            due = max(due + period_s, at_s + period_s / 2)
            now = time.monotonic()
            key = self._key_wanted and now - key_at >= KEY_PAUSE_S
            if key:
                self._key_wanted, key_at = False, now
            try:
                size = (self.settings.width, self.settings.height)
                fitted = nothing if picture is None else scaler.fit(picture, *size)
                self._sink(encoder.encode(fitted, key=key), at_s)
                self.rate.add(now)
            except Exception:
                self.failures += 1
                if self.failures == 1:
                    log.exception("a picture could not be encoded; further failures are only counted")
        encoder.close()

    def _next(self, due: float) -> tuple[Picture | None, float] | None:
        """What to encode next and its time, once `due` has come; `None` to end."""
        with self._news:
            patience = time.monotonic() + REPEAT_S
            while not self._stopping:
                now = time.monotonic()
                latest = self._latest
                if self._is_new and latest[1] >= due - JITTER_S:
                    self._is_new = False
                    return latest
                if now >= patience:
                    self._is_new = False
                    return latest[0], now
                self._news.wait(patience - now)
        return None
