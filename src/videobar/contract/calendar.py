"""`/rest/calendar`: the room's meetings."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Protocol

from videobar.contract.model import LONGEST_ID, EpochSeconds, Link, Success, WireModel, doc
from videobar.contract.operation import Certainty, InPath, InQuery, get, post
from videobar.vocabulary import CalendarState

MeetingId = Annotated[str, InPath("meetingId"), doc("Id of a meeting.", max_length=LONGEST_ID)]


class CalendarStatus(WireModel, kw_only=True):
    """State of the calendar service."""

    status: Annotated[CalendarState, doc("The state.")]


class Meeting(WireModel, kw_only=True):
    """One meeting. Times are in seconds here, unlike elsewhere in this API (observed)."""

    id: Annotated[str, doc("Stable, and fit to stand in a path.")]
    subject: Annotated[
        str, doc("Subject; `Private meeting` for private meetings, whose other texts are empty.")
    ]
    organizer: Annotated[str, doc("Name of the organizer.")]
    location: Annotated[str, doc("Location, as written in the invitation.")]
    body: Annotated[str, doc("Text of the invitation, without HTML, cut at 4,000 characters.")]
    start_time: Annotated[EpochSeconds, doc("Begin.")]
    duration: Annotated[int, doc("Length in seconds. Decided here: the unit.")]
    required_attendees: Annotated[list[str], doc("Names. Decided here: names as texts.")]
    optional_attendees: Annotated[list[str], doc("Names.")]
    actions: Annotated[
        list[str],
        doc(
            "Addresses that dialling would try, in order of preference: those with `sip:`, `h323:` and `tel:` that "
            "this room can dial; masked for private meetings. Decided here: the form."
        ),
    ]
    can_dial: Annotated[
        bool, doc("Whether the meeting can be dialled: it is not cancelled, and there is an address.")
    ]
    canceled: Annotated[bool, doc("Whether it was cancelled.")]
    in_call: Annotated[bool, doc("Whether its call is up.")]
    private_meeting: Annotated[bool, doc("Whether it is private.")]
    recurring: Annotated[bool, doc("Whether it belongs to a series.")]
    last_sync_time: Annotated[EpochSeconds, doc("Time at which the calendar was last read.")]


class MeetingAction(StrEnum):
    """Action on a meeting."""

    DIAL = "dial"


class MeetingDialRequest(WireModel, kw_only=True):
    """Body of dialling a meeting; nothing in it is needed."""

    action: Annotated[MeetingAction, doc("`dial`, if anything.")] = MeetingAction.DIAL


class DiscoveryDomain(StrEnum):
    """Kind of address that discovery starts from (guide)."""

    SIP = "sip"
    EMAIL = "email"


class DiscoverRequest(WireModel, kw_only=True):
    """Account whose calendar is to be found."""

    domain: Annotated[DiscoveryDomain, doc("Kind of address of `email`.")]
    email: Annotated[
        str, doc("The address; for `sip` the room's own when it is missing.", max_length=320)
    ] = ""
    username: Annotated[str, doc("User of the calendar server.", max_length=320)] = ""
    password: Annotated[str, doc("Password of that user.", max_length=1024)] = ""
    userdomain: Annotated[str, doc("Windows domain of that user.", max_length=255)] = ""


class Discovered(Success, kw_only=True):
    """Account that discovery found and uses from now on. Decided here: all but the two fields of `Success`."""

    provider: Annotated[str, doc("Kind of server: `caldav`, `ews` or `graph`.")]
    url: Annotated[str, doc("Address of the server; empty for a well-known service.")]


class Calendar(Protocol):
    """Actions on the room's calendar."""

    @get("calendar_get", "/calendar", certainty=Certainty.CLIENT)
    async def status(self) -> CalendarStatus:
        """State of the calendar service."""
        ...

    @get("calendar_meetings_get", "/calendar/meetings", certainty=Certainty.CLIENT)
    async def meetings(
        self,
        number: Annotated[int | None, InQuery("number"), doc("At most so many; not negative.")] = None,
        start: Annotated[
            EpochSeconds | None, InQuery("start"), doc("Not over before; now, when it is missing.")
        ] = None,
        end: Annotated[EpochSeconds | None, InQuery("end"), doc("Begins before.")] = None,
    ) -> list[Meeting]:
        """Meetings in a span of time, by their begin; without one, those that are on and those that come."""
        ...

    @get("calendar_meetings_get_one", "/calendar/meetings/{meetingId}")
    async def meeting(self, meeting_id: MeetingId) -> Meeting:
        """One meeting."""
        ...

    @post(
        "calendar_meetings_dial",
        "/calendar/meetings/{meetingId}",
        decided="the body may be missing; the answer is that of dialling.",
    )
    async def dial_meeting(
        self,
        meeting_id: MeetingId,
        request: MeetingDialRequest | None = None,
    ) -> list[Link]:
        """Dial a meeting.

        Of several addresses the first that can be dialled is; while it is tried and fails, the next one follows as a
        connection of its own.
        """
        ...

    @post(
        "calendar_discover",
        "/calendar/discover",
        decided="the answer.",
    )
    async def discover(self, request: DiscoverRequest) -> Discovered:
        """Look for a calendar server and use it, also after a restart.

        Credentials are given to servers inside the domain of the address only, unless the setting `calendar_hosts`
        allows others.
        """
        ...
