"""`/rest/mediastats`: what is shared at present."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import field

from videobar.contract.model import EpochMs, Shape, said
from videobar.contract.operation import Certainty, get


class SharedMedia(Shape, kw_only=True):
    """One source of shared content."""

    bitrate: Annotated[int, said("kbit/s.")]
    client_id: Annotated[str, said("Who shares it.")] = field(name="clientID")
    duration: Annotated[int, said("Seconds since it began.")]
    framerate: Annotated[float, said("Pictures per second.")]
    height: Annotated[int, said("Lines.")]
    source_id: Annotated[str, said("Which source.")] = field(name="sourceID")
    source_type: Annotated[str, said("Kind of source.")]
    start: Annotated[EpochMs, said("When it began.")]
    width: Annotated[int, said("Columns.")]


class SharedMediaList(Shape, kw_only=True):
    """What is shared at present."""

    vars: Annotated[list[SharedMedia], said("The sources; none when nothing is shared.")]


class MediaStats(Protocol):
    """Actions on shared media."""

    @get("mediastats_get", "/mediastats", certainty=Certainty.CLIENT)
    async def shared(self) -> SharedMediaList:
        """What is shared at present, with size, rate and source."""
        ...
