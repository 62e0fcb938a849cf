"""`/rest/mediastats`: what is shared at present."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import field

from videobar.contract.model import EpochMs, WireModel, doc
from videobar.contract.operation import Certainty, get


class SharedMedia(WireModel, kw_only=True):
    """One source of shared content."""

    bitrate: Annotated[int, doc("kbit/s.")]
    client_id: Annotated[str, doc("Id of the client that shares it.")] = field(name="clientID")
    duration: Annotated[int, doc("Seconds since it began.")]
    framerate: Annotated[float, doc("Pictures per second.")]
    height: Annotated[int, doc("Lines.")]
    source_id: Annotated[str, doc("Id of the source.")] = field(name="sourceID")
    source_type: Annotated[str, doc("Kind of source.")]
    start: Annotated[EpochMs, doc("Time at which it began.")]
    width: Annotated[int, doc("Columns.")]


class SharedMediaList(WireModel, kw_only=True):
    """Streams that are shared at present."""

    vars: Annotated[list[SharedMedia], doc("The sources; none when nothing is shared.")]


class MediaStats(Protocol):
    """Actions on shared media."""

    @get("mediastats_get", "/mediastats", certainty=Certainty.CLIENT)
    async def shared(self) -> SharedMediaList:
        """Content that is shared at present, with size, rate and source."""
        ...
