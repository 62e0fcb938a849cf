"""Encoder thread: one outgoing stream of coded pictures, for as many far ends as want the same."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from videobar.media.video.codec import VideoEncoder
from videobar.media.video.coding import EncoderSettings
from videobar.media.video.frame import Frame, Scaler, black
from videobar.media.video.frame_rate import FrameRate
from videobar.media.video.ladder import NARROW_BUFFER_MS, step_for

log = logging.getLogger("videobar.media")

KEYFRAME_PAUSE_S: Final = 0.5
"""Keyframes are no closer together than this, however often they are asked for."""
REPEAT_S: Final = 0.2
"""Repetition: when there is nothing new for so long, the last picture is sent once more: the stream goes on."""
JITTER_S: Final = 0.004
"""Tolerance for pictures that are too early."""
LEAST_STEP_S: Final = 0.001
"""Times of pictures only ever grow."""
UP_PAUSE_S: Final = 3.0
"""Pictures become larger or better no sooner than this after such a change: each takes a keyframe."""
DOWN_PAUSE_S: Final = 1.0
"""Minimum pause before pictures become smaller; meanwhile the encoder in use makes less."""
SAME: Final = 0.02
"""A rate that differs by less is the same."""
NEW_ENCODER: Final = 0.15
"""A codec that cannot change its rate gets a new encoder, with a keyframe, for no smaller change than this."""
NEW_ENCODER_PAUSE_S: Final = 1.0
TIGHT: Final = 0.5
"""An encoder that is to make less than this part of what it was opened for is opened anew: its bursts are too large."""
LOOSE: Final = 1.25
"""Headroom: an encoder is opened for so much more than it is to make."""

Sink = Callable[[bytes, float], None]
"""Gets each coded picture and the monotonic time of what it shows, on the encoding thread; must not block long."""


class EncoderThread:
    """Encodes the latest of the pictures that `show` brings, no more of them than the settings say.

    `allowed` gives before each picture the kbit/s that may be sent; where that is less than was agreed on, pictures
    lose first quality and then size. Begins with black. The thread, `encode`, runs from `start` to `stop`, which does
    not wait for it. Methods may be called from any thread and return at once.
    """

    def __init__(
        self, settings: EncoderSettings, sink: Sink, allowed: Callable[[], float] = lambda: float("inf")
    ) -> None:
        self.settings = settings
        """Settings that were agreed on."""
        self.made = settings
        """Settings in use now, which may be smaller."""
        self._allowed = allowed
        self.rate = FrameRate()
        """Pictures that were encoded."""
        self.failures = 0
        self._sink = sink
        self._news = threading.Condition()
        self._latest: tuple[Frame | None, float] = (None, 0.0)
        self._is_new = False
        self._keyframe_requested = False
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

    def show(self, picture: Frame | None, at_s: float) -> None:
        """Encode `picture` next, black for `None`, unless there is a later one by then."""
        with self._news:
            self._latest = (picture, at_s)
            self._is_new = True
            self._news.notify()

    def request_keyframe(self) -> None:
        """Make one of the next pictures a keyframe."""
        with self._news:
            self._keyframe_requested = True

    def _run(self) -> None:
        making = _Making(self.settings, self._allowed())
        scaler = Scaler()
        due = keyframe_at = shown_at = 0.0
        while (shown := self._next(due)) is not None:
            picture, at_s = shown[0], max(shown[1], shown_at + LEAST_STEP_S)
            shown_at = at_s
            now = time.monotonic()
            period_s = 1 / making.settings.pictures_per_s
            due = max(due + period_s, at_s + period_s / 2)
            keyframe = self._keyframe_requested and now - keyframe_at >= KEYFRAME_PAUSE_S
            if keyframe:
                self._keyframe_requested, keyframe_at = False, now
            try:
                making.adapt(self._allowed(), now)
                self.made = making.settings
                size = (making.settings.width, making.settings.height)
                fitted = making.nothing if picture is None else scaler.fit(picture, *size)
                self._sink(making.encoder.encode(fitted, keyframe=keyframe), at_s)
                self.rate.add(now)
            except Exception:
                self.failures += 1
                if self.failures == 1:
                    log.exception("a picture could not be encoded; further failures are only counted")
        making.encoder.close()

    def _next(self, due: float) -> tuple[Frame | None, float] | None:
        """Next picture to encode and its time, once `due` has come; `None` to end."""
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


class _Making:
    """The encoder in use, and what it aims at."""

    def __init__(self, wanted: EncoderSettings, allowed: float) -> None:
        self._wanted = wanted
        self._changed_at = float("-inf")
        kbps = max(1.0, min(allowed, wanted.kbps))
        step = step_for(wanted, kbps, wanted)
        self._step = step
        self.settings = step if kbps >= TIGHT * step.kbps else _bounded(step, kbps * LOOSE)
        self._aimed = min(kbps, self.settings.kbps)
        self.encoder = VideoEncoder(self.settings, self._aimed)
        self.nothing = black(self.settings.width, self.settings.height)

    def adapt(self, allowed: float, now: float) -> None:
        """Make no more than what is allowed."""
        kbps = max(1.0, min(allowed, self._wanted.kbps))
        step = step_for(self._wanted, kbps, self.settings)
        since_s = now - self._changed_at
        may_grow, may_shrink = since_s >= UP_PAUSE_S, since_s >= DOWN_PAUSE_S
        if step != self._step and (may_grow if _is_larger(step, self._step) else may_shrink):
            self._reopen(step, step if kbps >= TIGHT * step.kbps else _bounded(step, kbps * LOOSE), kbps, now)
        elif kbps < TIGHT * self.settings.kbps and may_shrink:
            self._reopen(self._step, _bounded(self._step, kbps * LOOSE), kbps, now)
        elif kbps > self.settings.kbps < self._step.kbps and may_grow:
            self._reopen(self._step, _bounded(self._step, kbps * 2 * LOOSE), kbps, now)
        elif abs(kbps - self._aimed) > SAME * self._aimed:
            self._aim(min(kbps, self.settings.kbps), now)

    def _aim(self, kbps: float, now: float) -> None:
        if self.encoder.aim(kbps):
            self._aimed = kbps
        elif (
            abs(kbps - self._aimed) > NEW_ENCODER * self._aimed
            and now - self._changed_at >= NEW_ENCODER_PAUSE_S
        ):
            self._reopen(self._step, self.settings, kbps, now)

    def _reopen(self, step: EncoderSettings, settings: EncoderSettings, kbps: float, now: float) -> None:
        aimed = min(kbps, settings.kbps)
        encoder = VideoEncoder(settings, aimed)
        self.encoder.close()
        self._step, self.settings, self.encoder, self._aimed = step, settings, encoder, aimed
        self._changed_at = now
        self.nothing = black(settings.width, settings.height)


def _bounded(step: EncoderSettings, kbps: float) -> EncoderSettings:
    """The same with room for bursts of so much only: what bounds them cannot be changed later."""
    return replace(step, kbps=max(1, min(step.kbps, int(kbps))), buffer_ms=NARROW_BUFFER_MS)


def _is_larger(one: EncoderSettings, other: EncoderSettings) -> bool:
    return one.width * one.height * one.pictures_per_s > other.width * other.height * other.pictures_per_s
