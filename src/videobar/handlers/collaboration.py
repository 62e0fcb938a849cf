"""`/rest/collaboration` over the room's collaboration session."""

from __future__ import annotations

from videobar.contract import collaboration as contract
from videobar.contract.collaboration import (
    CollaborationBeginning,
    CollaborationDetails,
    CollaborationRequest,
    CollaborationSession,
    SaveContext,
    SavedItem,
    SaveStatus,
)
from videobar.contract.model import Download
from videobar.errors import InvalidRequest
from videobar.room.room import Room

LOCAL_SESSION = "Local Session"
"""Id of a session of the room's own, and of none (recorded)."""
_SWITCH = {"true": True, "false": False}


class CollaborationHandler(contract.Collaboration):
    """The session, what is saved, and downloads."""

    def __init__(self, room: Room) -> None:
        self._collaboration = room.collaboration

    async def session(self) -> CollaborationSession:
        """The session."""
        return CollaborationSession(id=LOCAL_SESSION, state=self._collaboration.state)

    async def end(self, request: CollaborationRequest) -> None:
        """End it."""
        self._collaboration.end()

    async def start_saving(self, pin: str | None = None) -> SaveContext:
        """Save from now on."""
        return SaveContext(context_id=self._collaboration.start_saving(pin))

    async def saved(self, pin: str | None = None, context_id: str | None = None) -> Download:
        """One picture."""
        saved, reading = self._collaboration.read_one(pin, context_id or None)
        return Download("image/jpeg", saved.name, reading.chunks, reading.length)

    async def save_status(
        self, pin: str | None = None, context_id: str | None = None, status: str | None = None
    ) -> SaveStatus:
        """Switch saving if that is asked, then say how it stands."""
        if status is not None:
            switch = _SWITCH.get(status.lower())
            if switch is None:
                raise InvalidRequest("status: is True or False")
            if switch:
                self._collaboration.start_saving(pin)
            else:
                self._collaboration.stop_saving(pin)
        return SaveStatus(status=self._collaboration.save_state(pin, context_id or None))

    async def all_saved(self, pin: str | None = None) -> Download:
        """The archive."""
        reading = self._collaboration.read_all(pin)
        return Download("application/zip", "content.zip", reading.chunks, reading.length)

    async def details(self) -> CollaborationDetails:
        """All details of the session."""
        session = self._collaboration.session
        return CollaborationDetails(
            state=self._collaboration.state,
            pin=session.pin if session else "",
            start_time=session.start_ms if session else 0,
            saving=(session.saving or "") if session else "",
            items=[
                SavedItem(
                    id=saved.id,
                    context_id=saved.context_id,
                    time=saved.taken_ms,
                    far=saved.from_far,
                    name=saved.name,
                    size=saved.size,
                )
                for saved in (session.saved if session else ())
            ],
            size=session.bytes if session else 0,
            wrong_pins=session.wrong_pins if session else 0,
            problem=session.problem if session else "",
        )

    async def begin(self, request: CollaborationBeginning) -> CollaborationDetails:
        """Begin one."""
        self._collaboration.begin(request.pin)
        return await self.details()
