"""Composition: several pictures in one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

from videobar.media.video.frame import Frame, Scaler, black, paste
from videobar.media.video.layout import LayoutStyle, places

_FORGET_AFTER: Final = 32
"""Scaled pictures that are kept: each of six in two sizes, with room to spare."""


class Composer:
    """Puts pictures together. Keeps what it has scaled, so that several compositions of the same pictures are cheap.

    Belongs to one thread.
    """

    def __init__(self) -> None:
        self._scaler = Scaler()
        self._scaled: dict[tuple[Hashable, int, int], tuple[Frame, Frame]] = {}

    def compose(
        self, tiles: Sequence[tuple[Hashable, Frame | None]], width: int, height: int, style: LayoutStyle
    ) -> Frame:
        """The pictures of `tiles` on `width` by `height`; the first is the speaker. Their names stay the same.

        A tile without a picture stays black.
        """
        if len(tiles) == 1 and tiles[0][1] is not None:
            return self._fitted(tiles[0][0], tiles[0][1], width, height)
        canvas = black(width, height)
        for (name, picture), place in zip(tiles, places(len(tiles), width, height, style), strict=True):
            if picture is not None:
                paste(canvas, self._fitted(name, picture, place.width, place.height), place.left, place.top)
        return canvas

    def _fitted(self, name: Hashable, picture: Frame, width: int, height: int) -> Frame:
        key = (name, width, height)
        kept = self._scaled.pop(key, None)
        if kept is None or kept[0] is not picture:
            kept = (picture, self._scaler.fit(picture, width, height))
        self._scaled[key] = kept  # at the end: the oldest goes first
        if len(self._scaled) > _FORGET_AFTER:
            del self._scaled[next(iter(self._scaled))]
        return kept[1]
