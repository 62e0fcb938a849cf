"""`/x/health` and `/x/metrics`."""

from __future__ import annotations

from collections.abc import AsyncIterator

from msgspec import UNSET

from videobar.contract import monitoring as contract
from videobar.contract.model import Download
from videobar.contract.monitoring import HealthReport, SubsystemHealth
from videobar.room.room import Room


class MonitoringHandler(contract.Monitoring):
    """Health and metrics, for programs that watch a room."""

    def __init__(self, room: Room) -> None:
        self._monitoring = room.monitoring

    async def health(self) -> HealthReport:
        """Health of the room."""
        parts = await self._monitoring.check()
        return HealthReport(
            status="up",
            subsystems=[
                SubsystemHealth(
                    name=part.name,
                    state=part.state,
                    left_out=UNSET if part.left_out is None else part.left_out,
                )
                for part in parts
            ],
        )

    async def metrics(self) -> Download:
        """Figures for Prometheus."""
        page = await self._monitoring.page()

        async def chunks() -> AsyncIterator[bytes]:
            yield page.content

        return Download(page.media_type, "metrics.txt", chunks(), len(page.content))
