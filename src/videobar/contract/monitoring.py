"""`/x/health` and `/x/metrics`: what watches a room: containers, load balancers, Prometheus."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from msgspec import UNSET, UnsetType

from videobar.contract.model import Download, WireModel, doc
from videobar.contract.operation import Access, get
from videobar.errors import NotHealthy
from videobar.vocabulary import SubsystemState


class SubsystemHealth(WireModel, kw_only=True):
    """A part of the room."""

    name: Annotated[str, doc("`store`, `media`, or a row of `GET /rest/system/status` without its prefix.")]
    state: Annotated[SubsystemState, doc("State of the part.")]
    left_out: Annotated[
        int | UnsetType,
        doc(
            "Of the calendar, while it has a provider: how many meetings, and properties of meetings, could not be "
            "read. The log names them."
        ),
    ] = UNSET


class HealthReport(WireModel, kw_only=True):
    """A room that can do its work."""

    status: Annotated[Literal["up"], doc("`up`; a room that is not answers with an error.")]
    subsystems: Annotated[list[SubsystemHealth], doc("All parts; only `store` and `media` must be up.")]


class Monitoring(Protocol):
    """Actions for whatever watches a room."""

    @get(
        "monitoring_health_get",
        "/health",
        own=True,
        documented=False,
        access=Access.OPEN,
        errors=(NotHealthy,),
    )
    async def health(self) -> HealthReport:
        """Health of the room, and of its parts; needs no login.

        The room is not healthy (status 503) while it starts or stops, cannot write to its store, or has lost its media
        process. A calendar or directory that is down does not count: no restart of the room would help.
        """
        ...

    @get("monitoring_metrics_get", "/metrics", own=True, documented=False)
    async def metrics(self) -> Download:
        """Figures of the room in the text format of Prometheus.

        With a login (HTTP Basic will do), with the setting `metrics_token` as bearer token, or for everybody where
        `metrics_open` says so.
        """
        ...
