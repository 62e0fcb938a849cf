"""`/x/content`: what the room shows far ends besides its people."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import Meta

from videobar.contract.model import EpochMs, WireModel, doc
from videobar.contract.operation import get, post
from videobar.errors import NoSuchContentSource
from videobar.vocabulary import ContentSourceKind


class ContentSource(WireModel, kw_only=True):
    """Something that can be shared."""

    id: Annotated[str, doc("`slide`, or the name of a file among the room's content files.")]
    kind: Annotated[ContentSourceKind, doc("Kind of source.")]


class NearContent(WireModel, kw_only=True):
    """Content that this room shares."""

    source: Annotated[str, doc("Id of the source.")]
    kind: Annotated[ContentSourceKind, doc("Kind of source.")]
    page: Annotated[int, doc("Page of a document; 1 for anything else.")]
    start_time: Annotated[EpochMs, doc("Time at which sharing began.")]
    duration: Annotated[int, doc("Seconds since then.")]


class FarContentShown(WireModel, kw_only=True):
    """Content that a far end shares."""

    connection_id: Annotated[str, doc("The connection that it comes by; empty once that has ended.")]
    start_time: Annotated[EpochMs, doc("Time at which sharing began.")]
    duration: Annotated[int, doc("Seconds since then.")]


class ContentStatus(WireModel, kw_only=True):
    """Content that is shared at present, and sources that could be."""

    near: Annotated[NearContent | None, doc("Content that this room shares, or null.")]
    far: Annotated[list[FarContentShown], doc("Content that far ends share.")]
    problem: Annotated[str, doc("Reason why this room's content ended by itself; empty when it did not.")]
    sources: Annotated[list[ContentSource], doc("Sources that this room can share.")]


class ContentStart(WireModel, kw_only=True):
    """Content to share."""

    source: Annotated[str, doc("Id of a source.", max_length=255)] = "slide"
    page: Annotated[int, Meta(ge=1, le=100_000, description="Page of a document.")] = 1


class Content(Protocol):
    """Actions on content."""

    @get("content_get", "/content", own=True, documented=False)
    async def status(self) -> ContentStatus:
        """Content that is shared at present, and that could be."""
        ...

    @post("content_start", "/content/start", own=True, documented=False, errors=(NoSuchContentSource,))
    async def start(self, request: ContentStart) -> ContentStatus:
        """Share something, or share another source or page instead; the far ends' content ends."""
        ...

    @post("content_stop", "/content/stop", own=True, documented=False)
    async def stop(self) -> ContentStatus:
        """Share nothing; harmless when nothing is shared."""
        ...
