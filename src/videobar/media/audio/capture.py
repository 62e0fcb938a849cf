"""Audio capture: the room's microphones, each with a meter, and what is done to the first one's sound."""

from __future__ import annotations

from collections.abc import Sequence

from videobar.media.audio.echo import EchoSuppressor
from videobar.media.audio.fence import FenceProcessor
from videobar.media.audio.format import FRAME_SAMPLES, Samples
from videobar.media.audio.levels import Meter
from videobar.media.audio.sources import AudioSource
from videobar.media.audio.voice import VoiceProcessor


class AudioCapture:
    """The sound of the first of several microphones; the others are its acoustic fence. Itself a `AudioSource`.

    `voice` suppresses noise and detects speech, where that is wanted; it may be set from any thread. `echo` is for
    loudspeakers that the microphones hear.
    """

    def __init__(self, microphones: Sequence[AudioSource], *, echo: EchoSuppressor | None = None) -> None:
        self.voice: VoiceProcessor | None = None
        self.fence = FenceProcessor()
        self.meters = tuple(Meter() for _ in microphones)
        """One for each microphone, of what comes out of it."""
        self._microphones = tuple(microphones)
        self._echo = echo

    def read(self, count: int = FRAME_SAMPLES) -> Samples:
        """The next frame for the far ends."""
        frames = [microphone.read(count) for microphone in self._microphones]
        for meter, frame in zip(self.meters, frames, strict=True):
            meter.measure(frame)
        heard = frames[0] if self._echo is None else self._echo.process(frames[0])
        speech, voice = None, self.voice
        if voice is not None:
            heard = voice.process(heard)
            speech = voice.speech
        return self.fence.process(heard, frames, speech)

    def close(self) -> None:
        """Let go of the microphones."""
        for microphone in self._microphones:
            microphone.close()
