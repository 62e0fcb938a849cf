"""One encoding of pictures for all who want the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Final, Protocol, TypeVar

from videobar.codecs.registry import video_format
from videobar.engine.streams.video_formats import VideoParameters
from videobar.media.video.coding import EncoderSettings
from videobar.media.video.encoder_thread import EncoderThread
from videobar.media.video.frame import Frame

NARROW: Final = 0.5
"""A far end whose path carries less than this part of what another's does gets an encoding apart."""
NARROW_NO_MORE: Final = 0.8
REGROUP_S: Final = 1.0
"""Interval at which the parties that share an encoding are regrouped."""

Name = TypeVar("Name", bound=Hashable)


class Party(Protocol):
    """A far end with video."""

    encoding: EncoderThread | None

    @property
    def parameters(self) -> VideoParameters | None:
        """Agreed parameters; `None` before the agreement."""
        ...

    @property
    def latest(self) -> Frame | None:
        """Latest picture from the party."""
        ...

    @property
    def allowed_kbps(self) -> float:
        """Bandwidth for pictures on the path to it, as far as is known; at most the agreed one, or infinity."""
        ...

    def send(self, payloads: Sequence[bytes], at_s: float) -> None:
        """Let it see a coded picture."""
        ...


def narrow_ones(parties: Mapping[Name, Party], kbps: float, already: Collection[Name]) -> frozenset[Name]:
    """Those of who would share an encoding of `kbps` whose paths carry much less than the best one.

    They share another one, so that one bad path does not make pictures bad for everybody; `already` are those who did.
    """
    allowed = {name: min(kbps, party.allowed_kbps) for name, party in parties.items()}
    best = max(allowed.values(), default=kbps)
    return frozenset(
        name
        for name, each in allowed.items()
        if each < best * (NARROW_NO_MORE if name in already else NARROW)
    )


class SharedEncoding:
    """One encoding, and who gets it; it takes no more than the path to each of them carries.

    `regroup` is called on the encoding thread from time to time, because paths change.
    """

    def __init__(self, settings: EncoderSettings, regroup: Callable[[], None] = lambda: None) -> None:
        self.encoding = EncoderThread(settings, self._distribute, self._allowed)
        self._regroup = regroup
        self._regrouped_at = time.monotonic()
        self._parties: tuple[Party, ...] = ()
        self._settings = settings
        self._format = video_format(settings.codec.encoding)
        self.encoding.start()

    def give_to(self, parties: Sequence[Party]) -> None:
        """Let these get it, and only these; who is new begins with a keyframe."""
        if any(party.encoding is not self.encoding for party in parties):
            self.encoding.request_keyframe()
        for party in parties:
            party.encoding = self.encoding
        self._parties = tuple(parties)

    def stop(self) -> None:
        """End it."""
        self.encoding.stop()

    def _allowed(self) -> float:
        """On the encoding thread."""
        now = time.monotonic()
        if now - self._regrouped_at >= REGROUP_S:
            self._regrouped_at = now
            self._regroup()
        return min((party.allowed_kbps for party in self._parties), default=float("inf"))

    def _distribute(self, coded: bytes, at_s: float) -> None:
        """On the encoding thread."""
        payloads = self._format.packetize(coded, self._settings)
        for party in self._parties:
            if party.encoding is self.encoding:
                party.send(payloads, at_s)
