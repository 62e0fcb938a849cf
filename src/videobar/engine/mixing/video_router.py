"""Video router: the picture for each party.

The near picture in a call of two, a composition where there are more; one encoding for all who want
the same.

With up to `MOST_OWN_VIEWS` far ends that show pictures, each sees all but itself. With more, all see one composition
of everybody, in which only the one who speaks has another view: the one who spoke before is large there.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from videobar.engine.mixing.on_loop import on_loop
from videobar.engine.mixing.shared_encoding import Party, SharedEncoding, narrow_ones
from videobar.engine.streams.video_formats import encoder_settings
from videobar.media.clock import Deadlines
from videobar.media.video.active_speaker import ActiveSpeaker
from videobar.media.video.capture import PICTURES_PER_S, VideoCapture
from videobar.media.video.coding import EncoderSettings
from videobar.media.video.composition import Composer
from videobar.media.video.encoder_thread import EncoderThread
from videobar.media.video.frame import Frame
from videobar.media.video.layout import LayoutStyle

log = logging.getLogger("videobar.engine")

MOST_OWN_VIEWS: Final = 3
"""Maximum number of far ends with views of their own; more share one, since each is a composition and an encoding."""
COMPOSED_SIZE: Final = (1280, 720)
PIXELS_PER_S_AND_CORE: Final = 2.2 * 1280 * 720 * 30
"""Encoded pixels per second and core, at most; measured, see bench/video.py. Beyond, pictures become smaller."""
SHRINKING: Final = (
    ((1920, 1080), 30),
    ((1280, 720), 30),
    ((848, 480), 30),
    ((640, 360), 30),
    ((640, 360), 15),
)
"""Largest size and most pictures a second, tried in turn until the machine can encode all that is wanted."""

NEAR: Final = "near"
"""The name of the room's own tile."""


@dataclass(frozen=True)
class _View:
    """Picture of an encoding. `viewer` alone receives it; if `composed`, it shows all parties but that one."""

    composed: bool = False
    viewer: Hashable | None = None
    for_speaker: bool = False
    dark: bool = False


@dataclass(frozen=True)
class _Key:
    """Key of a shared encoding: its picture, its settings, and whether it is for paths that carry less than others."""

    view: _View
    settings: EncoderSettings
    narrow: bool = False


class VideoRouter:
    """Sends pictures to parties. All methods are called on the event loop and return at once."""

    def __init__(self, near: VideoCapture, style: LayoutStyle, near_level: Callable[[], float]) -> None:
        self._near = near
        self._style = style
        self._near_level = near_level
        self._muted = False
        self._near_size = COMPOSED_SIZE
        """Size of the near pictures: larger ones are not made of them."""
        self._arrange_soon = on_loop(self._arrange)
        self._regroup_soon = on_loop(self._regroup)
        self._narrow: frozenset[Hashable] = frozenset()
        """Parties that get an encoding for a path that carries less."""
        self._parties: dict[Hashable, tuple[Party, Callable[[], float]]] = {}
        self._encodings: dict[_Key, SharedEncoding] = {}
        self._composing: _Composing | None = None

    @property
    def muted(self) -> bool:
        """True if the room's own picture is hidden."""
        return self._muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        if muted is not self._muted:
            self._muted = muted
            self._arrange()

    @property
    def encodings(self) -> int:
        """Number of different streams that are being encoded."""
        return len(self._encodings)

    def add(self, name: Hashable, party: Party, level: Callable[[], float]) -> None:
        """Let a party see and be seen, or do so as its parameters are now; `level` gives its sound level in dBFS."""
        self._parties[name] = (party, level)
        self._arrange()

    def remove(self, name: Hashable) -> None:
        """End that; twice is harmless."""
        if self._parties.pop(name, None) is not None:
            self._arrange()

    def near_lost(self) -> None:
        """There is no near picture any more: black instead of the last one."""
        for key, shared in self._encodings.items():
            if not key.view.composed:
                shared.encoding.show(None, time.monotonic())

    def far_picture(self) -> Frame | None:
        """Current picture of the far ends, as the room sees it; `None` when none shows anything."""
        tiles = [(name, party.latest) for name, (party, _) in self._parties.items()]
        shown = [(name, picture) for name, picture in tiles if picture is not None]
        if len(shown) <= 1:
            return shown[0][1] if shown else None
        composing = self._composing
        order = composing.order([name for name, _ in shown]) if composing is not None else None
        if order is not None:
            shown.sort(key=lambda tile: order.index(tile[0]))
        return Composer().compose(shown, *COMPOSED_SIZE, self._style)

    def close(self) -> None:
        """End all encodings."""
        self._parties.clear()
        self._arrange()

    # How

    def _arrange(self) -> None:
        """Update the encodings and compositions for the present parties."""
        wanted = self._wanted()
        for key, names in wanted.items():
            shared = self._encodings.get(key)
            if shared is None:
                shared = self._encodings[key] = SharedEncoding(key.settings, self._regroup_soon)
            shared.give_to([self._parties[name][0] for name in names])
        for key in [key for key in self._encodings if key not in wanted]:
            self._encodings.pop(key).stop()
        for name, (party, _) in self._parties.items():
            if not any(name in names for names in wanted.values()):
                party.encoding = None
        self._narrow = frozenset(name for key, names in wanted.items() if key.narrow for name in names)
        self._look({key.view for key in wanted})
        self._compose({key: shared.encoding for key, shared in self._encodings.items() if key.view.composed})

    def _regroup(self) -> None:
        """Arrange anew if paths have changed so much that others belong together."""
        wanted = self._wanted()
        if {name for key, names in wanted.items() if key.narrow for name in names} != self._narrow:
            self._arrange()

    def _wanted(self) -> dict[_Key, list[Hashable]]:
        """Receivers of each encoding, in sizes that the machine can encode."""
        budget = PIXELS_PER_S_AND_CORE * (os.cpu_count() or 1)
        wanted: dict[_Key, list[Hashable]] = {}
        for largest, most_pictures in SHRINKING:
            alike: dict[tuple[_View, EncoderSettings], dict[Hashable, Party]] = {}
            for name, (party, _) in self._parties.items():
                parameters = party.parameters
                if parameters is not None and parameters.direction.sends:
                    view = self._view_of(name)
                    source = COMPOSED_SIZE if view.composed else self._near_size
                    size = (min(largest[0], source[0]), min(largest[1], source[1]))
                    settings = encoder_settings(parameters, size, most_pictures)
                    alike.setdefault((view, settings), {})[name] = party
            wanted = {}
            for (view, settings), parties in alike.items():
                narrow = narrow_ones(parties, settings.kbps, self._narrow)
                for name in parties:
                    wanted.setdefault(_Key(view, settings, name in narrow), []).append(name)
            pixels = (
                each.settings.width * each.settings.height * each.settings.pictures_per_s for each in wanted
            )
            if sum(pixels) <= budget:
                break
        return wanted

    def _view_of(self, name: Hashable) -> _View:
        showing = [each for each, (party, _) in self._parties.items() if _shows(party)]
        others = [each for each in showing if each != name]
        if not others:
            return _View(dark=self._muted)
        if len(self._parties) <= MOST_OWN_VIEWS:
            return _View(composed=True, viewer=name)
        speaker = self._composing.speaker if self._composing is not None else None
        return _View(composed=True, for_speaker=name == speaker and name in showing)

    def _look(self, views: set[_View]) -> None:
        if not self._muted and any(not view.dark for view in views):
            self._near.subscribe(self._show_near)
        else:
            self._near.unsubscribe(self._show_near)

    def _show_near(self, picture: Frame, at_s: float) -> None:
        """On the near thread."""
        if picture.size != self._near_size:
            self._near_size = picture.size
            self._arrange_soon()
        for key, shared in tuple(self._encodings.items()):
            if not key.view.composed and not key.view.dark:
                shared.encoding.show(picture, at_s)

    def _compose(self, encodings: dict[_Key, EncoderThread]) -> None:
        if not encodings:
            if self._composing is not None:
                self._composing.stop()
                self._composing = None
            return
        if self._composing is None:
            self._composing = _Composing(self._near, self._style, self._near_level, self._arrange_soon)
            self._composing.start()
        views: dict[_View, list[EncoderThread]] = {}
        for key, encoding in encodings.items():
            views.setdefault(key.view, []).append(encoding)
        self._composing.scene = _Scene(
            parties={name: party for name, (party, _) in self._parties.items() if _shows(party)},
            levels={name: level for name, (party, level) in self._parties.items() if _shows(party)},
            views=views,
            near_shown=not self._muted,
        )


def _shows(party: Party) -> bool:
    """True if pictures may come from it."""
    return party.parameters is not None and party.parameters.direction.receives


@dataclass(frozen=True)
class _Scene:
    """Scene to compose."""

    parties: dict[Hashable, Party]
    levels: dict[Hashable, Callable[[], float]]
    views: dict[_View, list[EncoderThread]]
    near_shown: bool


class _Composing:
    """The thread that puts pictures together, `compose`, 30 times a second."""

    def __init__(
        self,
        near: VideoCapture,
        style: LayoutStyle,
        near_level: Callable[[], float],
        on_speaker: Callable[[], None],
    ) -> None:
        self.scene = _Scene({}, {}, {}, True)
        """Replaced as a whole."""
        self._near = near
        self._style = style
        self._near_level = near_level
        self._on_speaker = on_speaker
        self._active: ActiveSpeaker[Hashable] = ActiveSpeaker()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="compose", daemon=True)

    @property
    def speaker(self) -> Hashable | None:
        """Active speaker, or the last one."""
        return self._active.active

    def start(self) -> None:
        """Begin; once."""
        self._thread.start()

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def order(self, names: Sequence[Hashable], viewer: Hashable | None = None) -> list[Hashable]:
        """The names with the one in front who is to be large for `viewer`."""
        speaker, previous = self._active.active, self._active.previous
        first = speaker if speaker != viewer else previous
        return sorted(names, key=lambda name: name != first)

    def _run(self) -> None:
        composer = Composer()
        deadlines = Deadlines(time.monotonic(), 1 / PICTURES_PER_S)
        while not self._stopping.wait(deadlines.wait_s(time.monotonic())):
            try:
                self._turn(composer, time.monotonic())
            except Exception:
                log.exception("pictures could not be composed")
                self._stopping.wait(1.0)

    def _turn(self, composer: Composer, now: float) -> None:
        scene = self.scene
        before = self._active.active
        levels = {name: level() for name, level in scene.levels.items()}
        if scene.near_shown:
            levels[NEAR] = self._near_level()
        if self._active.update(levels, now) != before:
            self._on_speaker()
        pictures: dict[Hashable, Frame | None] = {name: party.latest for name, party in scene.parties.items()}
        pictures[NEAR] = self._near.latest if scene.near_shown else None
        for view, encodings in scene.views.items():
            viewer = view.viewer if view.viewer is not None else self.speaker if view.for_speaker else None
            # In a shared view everybody is there, also who looks at it.
            names = [name for name in pictures if view.viewer is None or name != view.viewer]
            tiles = [(name, pictures[name]) for name in self.order(names, viewer)]
            size = max((each.settings.width, each.settings.height) for each in encodings)
            composed = composer.compose(tiles, *size, self._style)
            for encoding in encodings:
                encoding.show(composed, now)
