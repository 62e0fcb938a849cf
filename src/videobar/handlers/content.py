"""`/x/content` over the room's content."""

from __future__ import annotations

from videobar.contract import content as contract
from videobar.contract.content import (
    ContentSource,
    ContentStart,
    ContentStatus,
    FarContentShown,
    NearContent,
)
from videobar.room.room import Room


class ContentHandler(contract.Content):
    """Starts and stops content."""

    def __init__(self, room: Room) -> None:
        self._content = room.content
        self._calls = room.calls

    async def status(self) -> ContentStatus:
        """Content that is shown."""
        content = self._content
        near = content.near
        return ContentStatus(
            near=None
            if near is None or near.source is None
            else NearContent(
                source=near.source.id,
                kind=near.source.kind,
                page=near.page,
                start_time=near.start_ms,
                duration=content.duration(near),
            ),
            far=[
                FarContentShown(
                    connection_id=self._calls.connection_id(showing.leg),
                    start_time=showing.start_ms,
                    duration=content.duration(showing),
                )
                for showing in content.showings
                if showing.leg is not None
            ],
            problem=content.problem,
            sources=[ContentSource(id=source.id, kind=source.kind) for source in content.sources()],
        )

    async def start(self, request: ContentStart) -> ContentStatus:
        """Share a source."""
        self._content.start(request.source, request.page)
        return await self.status()

    async def stop(self) -> ContentStatus:
        """Share nothing."""
        self._content.stop()
        return await self.status()
