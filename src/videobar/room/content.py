"""The room's content: what is shared with far ends besides the people, and what they share with us.

One thing is shared at a time: the latest sharer takes over. Commands go to the engine and are not
awaited; `hear` takes its events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from msgspec import Struct

from videobar.clock import Clock
from videobar.errors import InvalidRequest
from videobar.room.calls.port import LegId
from videobar.room.delivery import if_running, kept
from videobar.vocabulary import ContentSourceKind


class NearContentEnded(Struct, frozen=True, tag=True):
    """Near content has ended, though nobody here has stopped it."""

    url: str
    """URL of the content that ended; an event with another URL is out of date."""
    detail: str
    """Reason, in words for people."""


class FarContent(Struct, frozen=True, tag=True):
    """A far end has begun or ceased to show content."""

    leg: LegId
    shown: bool


class ContentLost(Struct, frozen=True, tag=True):
    """The engine died: far content is gone, and our own is sent to the next engine."""


ContentReport = NearContentEnded | FarContent
"""Reports of the engine while it runs."""
ContentEvent = ContentReport | ContentLost


class ContentFigures(Struct, frozen=True):
    """Present figures of content that is shown: size in pixels, pictures per second, kbit/s on the wire."""

    leg: LegId | None
    """Call leg whose far end shows it; `None` is this room."""
    width: int
    height: int
    frame_rate: float
    kbps: float


class ContentPath(Protocol):
    """Carries content to and from far ends. Commands are sent and not awaited; `on_content` receives the events."""

    on_content: Callable[[ContentEvent], None]

    @kept
    def show_content(self, url: str) -> None:
        """Share what `url` names, in place of what is shared already."""
        ...

    @if_running
    def hide_content(self) -> None:
        """Stop sharing."""
        ...

    async def content_figures(self) -> Sequence[ContentFigures]:
        """Figures of all content that is shown. Raises `EngineUnavailable`."""
        ...

    async def content_fingerprint(self) -> bytes | None:
        """The content picture as some thousand bytes that are alike for pictures that look alike; `None` without one.

        Raises `EngineUnavailable`.
        """
        ...

    async def content_picture(self) -> bytes | None:
        """The content picture as JPEG in full size, `None` without one. Raises `EngineUnavailable`."""
        ...


@dataclass(frozen=True)
class ContentItem:
    """Source of content, which can be shared."""

    id: str
    """`slide`, or the name of a file among the room's content files."""
    kind: ContentSourceKind
    url: str
    """As the engine reads it."""
    pages: bool = False
    """True if it has pages to choose from."""


class ContentLibrary(Protocol):
    """The files that can be shared."""

    def sources(self) -> Sequence[ContentItem]:
        """All sources, by name."""
        ...

    def find(self, name: str) -> ContentItem:
        """The source of this name. Raises `NoSuchContentSource`, or `InvalidRequest` for one that cannot be shown."""
        ...


@dataclass(frozen=True)
class Showing:
    """Content that is shown."""

    source: ContentItem | None
    """Content that this room shares; `None` for content of a far end."""
    leg: LegId | None
    start_ms: int
    started: float
    """By the monotonic clock."""
    page: int = 1


SLIDE = ContentItem("slide", ContentSourceKind.SLIDE, "slide:")
"""Default content, for a start that names none."""


class Content:
    """Starts and stops content, and knows what is shown. `on_change` are called after every change."""

    def __init__(self, *, path: ContentPath, library: ContentLibrary, clock: Clock) -> None:
        self.on_change: list[Callable[[], None]] = []
        self.problem = ""
        """Reason why the room's own content ended unasked; empty once it is started again."""
        self._path = path
        self._library = library
        self._clock = clock
        self._near: Showing | None = None
        self._url = ""
        self._far: dict[LegId, Showing] = {}
        path.on_content = self.hear

    @property
    def near(self) -> Showing | None:
        """Content that this room shares."""
        return self._near

    @property
    def showings(self) -> tuple[Showing, ...]:
        """All that is shown: what this room shares, then what far ends do."""
        return (*((self._near,) if self._near is not None else ()), *self._far.values())

    @property
    def shown(self) -> bool:
        """True if any content is shown."""
        return bool(self.showings)

    @property
    def from_far(self) -> bool:
        """True if only a far end shows content."""
        return bool(self._far) and self._near is None

    def sources(self) -> list[ContentItem]:
        """All that can be shared."""
        return [SLIDE, *self._library.sources()]

    def start(self, source_id: str = SLIDE.id, page: int = 1) -> Showing:
        """Share a source, or another one, or another page of it.

        Raises `NoSuchContentSource`, or `InvalidRequest` for one that cannot be shown or has no such page.
        """
        source = SLIDE if source_id == SLIDE.id else self._library.find(source_id)
        if page < 1 or (page > 1 and not source.pages):
            raise InvalidRequest(f"page: {source.id} has no page {page}")
        self._url = f"{source.url}#{page}" if source.pages else source.url
        if self._near is not None and self._near.source == source:
            self._near = replace(self._near, page=page)
        else:
            self._near = Showing(source, None, self._clock.now_ms(), self._clock.monotonic(), page)
        self.problem = ""
        self._path.show_content(self._url)
        self._changed()
        return self._near

    def stop(self) -> None:
        """Stop sharing; harmless when nothing is shared."""
        if self._near is not None:
            self._near = None
            self._path.hide_content()
            self._changed()

    def duration(self, showing: Showing) -> int:
        """Whole seconds since it began."""
        return max(0, int(self._clock.monotonic() - showing.started))

    async def figures(self) -> Mapping[LegId | None, ContentFigures]:
        """Figures of each content that is shown. Raises `EngineUnavailable`."""
        return {each.leg: each for each in await self._path.content_figures()}

    def hear(self, event: ContentEvent) -> None:
        """Take what the engine says."""
        if isinstance(event, ContentLost):
            self._far.clear()
            self._changed()
            return
        if isinstance(event, FarContent):
            if event.shown:
                showing = Showing(None, event.leg, self._clock.now_ms(), self._clock.monotonic())
                self._far.setdefault(event.leg, showing)
            else:
                self._far.pop(event.leg, None)
        elif self._near is not None and event.url == self._url:
            self._near, self.problem = None, event.detail
        self._changed()

    def _changed(self) -> None:
        for tell in self.on_change:
            tell()
