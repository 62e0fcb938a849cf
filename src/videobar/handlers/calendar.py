"""`/rest/calendar`."""

from __future__ import annotations

from videobar.contract import calendar as contract
from videobar.contract.calendar import (
    CalendarStatus,
    Discovered,
    DiscoverRequest,
    DiscoveryDomain,
    Meeting,
    MeetingDialRequest,
)
from videobar.contract.model import Link
from videobar.room.calendar.meeting import Meeting as RoomMeeting
from videobar.room.calendar.port import Search
from videobar.room.room import Room

MASKED = "Private meeting"


class CalendarHandler(contract.Calendar):
    """The room's meetings, in the wire's words."""

    def __init__(self, room: Room) -> None:
        self._calendar = room.calendar
        self._finding = room.finding
        self._calls = room.calls

    async def status(self) -> CalendarStatus:
        """State of the provider."""
        return CalendarStatus(status=self._calendar.state)

    async def meetings(
        self, number: int | None = None, start: int | None = None, end: int | None = None
    ) -> list[Meeting]:
        """Meetings in a span of time."""
        return [self._meeting(meeting) for meeting in self._calendar.meetings(number, start, end)]

    async def meeting(self, meeting_id: str) -> Meeting:
        """One meeting."""
        return self._meeting(self._calendar.meeting(meeting_id))

    async def dial_meeting(self, meeting_id: str, request: MeetingDialRequest | None = None) -> list[Link]:
        """Dial it."""
        connection = self._calendar.joining.dial(self._calendar.meeting(meeting_id))
        conference = self._calls.conference_id(connection)
        return [Link(href=f"/rest/conferences/{conference}/connections/{connection.id}")]

    async def discover(self, request: DiscoverRequest) -> Discovered:
        """Find a server and use it."""
        search = Search(
            address=request.email,
            user=request.username,
            password=request.password,
            windows_domain=request.userdomain,
        )
        by = self._finding.by_sip if request.domain is DiscoveryDomain.SIP else self._finding.by_email
        account = await by(search)
        return Discovered(provider=account.kind, url=account.url)

    def _meeting(self, meeting: RoomMeeting) -> Meeting:
        choices = self._calendar.joining.dialable(meeting)
        hidden = meeting.private
        return Meeting(
            id=meeting.id,
            subject=MASKED if hidden else meeting.subject,
            organizer="" if hidden else meeting.organizer,
            location="" if hidden else meeting.location,
            body="" if hidden else meeting.body,
            start_time=meeting.start_s,
            duration=meeting.end_s - meeting.start_s,
            required_attendees=[] if hidden else list(meeting.required),
            optional_attendees=[] if hidden else list(meeting.optional),
            actions=[] if hidden else [choice.uri for choice in choices],
            can_dial=bool(choices) and not meeting.cancelled,
            canceled=meeting.cancelled,
            in_call=self._calendar.in_call(meeting),
            private_meeting=meeting.private,
            recurring=meeting.recurring,
            last_sync_time=self._calendar.last_sync_s,
        )
