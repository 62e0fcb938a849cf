"""`/rest/mediastats` over the room's content."""

from __future__ import annotations

from videobar.contract import mediastats as contract
from videobar.contract.mediastats import SharedMedia, SharedMediaList
from videobar.errors import EngineUnavailable
from videobar.room.room import Room

FAR_KIND = "FAR_END"
"""`sourceType` of what a far end shares (decided here)."""


class MediaStatsHandler(contract.MediaStats):
    """Statistics of shared content."""

    def __init__(self, room: Room) -> None:
        self._content = room.content
        self._calls = room.calls

    async def shared(self) -> SharedMediaList:
        """All that is shared; without figures, zero each, where the media process has none at the moment."""
        showings = self._content.showings
        if not showings:
            return SharedMediaList(vars=[])
        try:
            figures = await self._content.figures()
        except EngineUnavailable:
            figures = {}
        rows = []
        for showing in showings:
            own = figures.get(showing.leg)
            source = showing.source
            rows.append(
                SharedMedia(
                    bitrate=round(own.kbps) if own else 0,
                    client_id=self._calls.connection_id(showing.leg) if showing.leg is not None else "",
                    duration=self._content.duration(showing),
                    framerate=round(own.frame_rate, 1) if own else 0.0,
                    height=own.height if own else 0,
                    source_id=source.id if source is not None else "far",
                    source_type=source.kind.value if source is not None else FAR_KIND,
                    start=showing.start_ms,
                    width=own.width if own else 0,
                )
            )
        return SharedMediaList(vars=rows)
