"""One encoding of pictures for all who want the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from videobar.engine.video_line import VideoParameters
from videobar.media.encoding import Encoding
from videobar.media.picture import Picture
from videobar.media.video_codec import EncoderSettings
from videobar.rtp import h264, vp8


class Party(Protocol):
    """A far end with video."""

    encoding: Encoding | None

    @property
    def parameters(self) -> VideoParameters | None:
        """What was agreed on; `None` before that."""
        ...

    @property
    def latest(self) -> Picture | None:
        """What it shows."""
        ...

    def send(self, payloads: Sequence[bytes], at_s: float) -> None:
        """Let it see a coded picture."""
        ...


class SharedEncoding:
    """One encoding, and who gets it."""

    def __init__(self, settings: EncoderSettings) -> None:
        self.encoding = Encoding(settings, self._distribute)
        self._parties: tuple[Party, ...] = ()
        self._mode = 0 if settings.largest_slice is not None else 1
        self._is_h264 = settings.codec.lower() == "h264"
        self.encoding.start()

    def give_to(self, parties: Sequence[Party]) -> None:
        """Let these get it, and only these; who is new begins with a whole picture."""
        if any(party.encoding is not self.encoding for party in parties):
            self.encoding.want_key()
        for party in parties:
            party.encoding = self.encoding
        self._parties = tuple(parties)

    def stop(self) -> None:
        """End it."""
        self.encoding.stop()

    def _distribute(self, coded: bytes, at_s: float) -> None:
        """On the encoding thread."""
        payloads = h264.packetize(coded, mode=self._mode) if self._is_h264 else vp8.packetize(coded)
        for party in self._parties:
            if party.encoding is self.encoding:
                party.send(payloads, at_s)
