"""Decoder thread: one incoming stream of coded pictures."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from videobar.media.video.codec import VideoDecoder
from videobar.media.video.coding import MalformedHeader, VideoCoding
from videobar.media.video.frame import Frame
from videobar.media.video.frame_rate import FrameRate
from videobar.media.video.receive_limit import NOTHING_AGREED, ReceiveGate

log = logging.getLogger("videobar.media")

MOST_WAITING: Final = 30
"""Coded pictures that wait at most; a machine that cannot keep up asks for a keyframe and begins anew."""
MOST_BYTES_WAITING: Final = 8 * 1024 * 1024
"""Bytes of them at most; one alone may be larger."""


class DecoderThread:
    """Decodes what `put` brings, with the codec that comes with it; `on_picture` gets pictures, on that thread.

    `on_trouble` is called there when a picture could not be decoded, and `on_refused` with the reason when those that
    come now are beyond `limits`, which may be changed at any time. The thread, `decode`, begins with the first picture
    and ends with `stop`, which does not wait for it.
    """

    def __init__(
        self,
        on_picture: Callable[[Frame, float], None],
        on_trouble: Callable[[], None],
        on_refused: Callable[[str], None] = lambda reason: None,
    ) -> None:
        self.limits = NOTHING_AGREED
        """Limits that were agreed on."""
        self.refused = ""
        """Reason why pictures are not decoded now; empty while they are."""
        self.rate = FrameRate()
        """Pictures that were decoded."""
        self.dropped = 0
        """Coded pictures that were not decoded, because too many waited."""
        self._on_picture = on_picture
        self._on_trouble = on_trouble
        self._on_refused = on_refused
        self._news = threading.Condition()
        self._waiting: deque[tuple[VideoCoding, bytes]] = deque()
        self._waiting_bytes = 0
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
            more = self._waiting_bytes + len(data)
            if len(self._waiting) >= MOST_WAITING or (self._waiting and more > MOST_BYTES_WAITING):
                self.dropped += len(self._waiting) + 1
                self._waiting.clear()
                self._waiting_bytes = 0
                return False
            self._waiting.append((codec, data))
            self._waiting_bytes = more
            self._news.notify()
            return True

    def stop(self) -> None:
        """End soon; twice is harmless."""
        with self._news:
            self._stopping = True
            self._waiting.clear()
            self._waiting_bytes = 0
            self._news.notify()

    def _run(self) -> None:
        decoder: VideoDecoder | None = None
        limits = self.limits
        gate = ReceiveGate(limits)
        while (following := self._next()) is not None:
            codec, data = following
            try:
                if limits != self.limits:
                    limits = self.limits
                    gate, decoder = ReceiveGate(limits), None
                if not self._is_admitted(gate, codec, data):
                    continue
                if decoder is None or decoder.codec != codec:
                    decoder = VideoDecoder(codec, limits.most_pixels)
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

    def _is_admitted(self, gate: ReceiveGate, codec: VideoCoding, data: bytes) -> bool:
        try:
            reason = gate.refusal(codec, data, time.monotonic())
        except MalformedHeader:
            self._on_trouble()
            return False
        if reason and not self.refused:
            self._on_refused(reason)
        self.refused = reason
        if gate.wants_keyframe:
            self._on_trouble()
        return not reason

    def _next(self) -> tuple[VideoCoding, bytes] | None:
        with self._news:
            while not self._waiting and not self._stopping:
                self._news.wait()
            if not self._waiting:
                return None
            following = self._waiting.popleft()
            self._waiting_bytes -= len(following[1])
            return following
