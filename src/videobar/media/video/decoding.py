"""One incoming stream of coded pictures, decoded by a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from videobar.media.video.codec import VideoDecoder
from videobar.media.video.coding import VideoCoding
from videobar.media.video.frame import Picture
from videobar.media.video.frame_rate import FrameRate

log = logging.getLogger("videobar.media")

MOST_WAITING: Final = 30
"""Coded pictures that wait at most; a machine that cannot keep up asks for a keyframe and begins anew."""


class Decoding:
    """Decodes what `put` brings, with the codec that comes with it; `on_picture` gets pictures, on that thread.

    `on_trouble` is called there when a picture could not be decoded. The thread, `decode`, begins with the first
    picture and ends with `stop`, which does not wait for it.
    """

    def __init__(self, on_picture: Callable[[Picture, float], None], on_trouble: Callable[[], None]) -> None:
        self.rate = FrameRate()
        """Pictures that were decoded."""
        self.dropped = 0
        """Coded pictures that were not decoded, because too many waited."""
        self._on_picture = on_picture
        self._on_trouble = on_trouble
        self._news = threading.Condition()
        self._waiting: deque[tuple[VideoCoding, bytes]] = deque()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def put(self, codec: VideoCoding, data: bytes) -> bool:
        """Decode this next; false when too much waits already, and all of that is dropped."""
        with self._news:
            if self._stopping:
                return True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="decode", daemon=True)
                self._thread.start()
            if len(self._waiting) >= MOST_WAITING:
                self.dropped += len(self._waiting) + 1
                self._waiting.clear()
                return False
            self._waiting.append((codec, data))
            self._news.notify()
            return True

    def stop(self) -> None:
        """End soon; twice is harmless."""
        with self._news:
            self._stopping = True
            self._waiting.clear()
            self._news.notify()

    def _run(self) -> None:
        decoder: VideoDecoder | None = None
        while (following := self._next()) is not None:
            codec, data = following
            try:
                if decoder is None or decoder.codec != codec:
                    decoder = VideoDecoder(codec)
                failures = decoder.failures
                for picture in decoder.decode(data):
                    now = time.monotonic()
                    self.rate.add(now)
                    self._on_picture(picture, now)
                if decoder.failures > failures:
                    self._on_trouble()
            except Exception:
                log.exception("a picture could not be handled")
        if decoder is not None:
            decoder.close()

    def _next(self) -> tuple[VideoCoding, bytes] | None:
        with self._news:
            while not self._waiting and not self._stopping:
                self._news.wait()
            return self._waiting.popleft() if self._waiting else None
