"""`/rest/conferences`: calls."""

from __future__ import annotations

from typing import Annotated, Protocol

from videobar.contract.calls import (
    ActiveRequest,
    BlastRequest,
    CallActionRequest,
    Conference,
    ConferenceId,
    Connection,
    ConnectionId,
    ConnectionRequest,
    DialRequest,
    ReceivedDigit,
    RoomCapabilities,
    Terminal,
    TerminalId,
)
from videobar.contract.model import Link, doc
from videobar.contract.operation import Certainty, Danger, InQuery, delete, get, post
from videobar.contract.streams import MediaStatistics, StreamReport, TerminalMediaStatistics
from videobar.errors import (
    AddressInvalid,
    DialTypeNotSupported,
    LineBusy,
    NoSuchConference,
    NoSuchConnection,
    NoSuchTerminal,
    NotAnswerable,
    NotInCall,
)
from videobar.vocabulary import ConnectionFilter

DIAL_ERRORS = (AddressInvalid, DialTypeNotSupported, LineBusy)


class Conferences(Protocol):
    """Actions on calls."""

    @get("conferences_get", "/conferences", certainty=Certainty.RECORDED)
    async def all(self) -> list[Conference]:
        """The conference that is on, and `PENDING` while calls wait; an empty list when the room is idle."""
        ...

    @post(
        "conferences_dial",
        "/conferences",
        certainty=Certainty.CLIENT,
        errors=DIAL_ERRORS,
        decided="status 200.",
    )
    async def dial(self, request: DialRequest) -> list[Link]:
        """Dial one far end; in a call, this adds it to the conference.

        The answer links to the new connection, at once, while the far end still rings.
        """
        ...

    @post(
        "conferences_blast",
        "/conferences/blast",
        certainty=Certainty.INFERRED,
        errors=DIAL_ERRORS,
        decided="the answer is that of dialling, with a link for each.",
    )
    async def blast(self, request: BlastRequest) -> list[Link]:
        """Dial several far ends at once, or none when one address is invalid."""
        ...

    @get("conferences_capabilities_get", "/conferences/capabilities", certainty=Certainty.RECORDED)
    async def capabilities(self) -> RoomCapabilities:
        """Kinds of calls that the room can make now."""
        ...

    @get("conferences_active_get", "/conferences/active", documented=False, certainty=Certainty.CLIENT)
    async def active(self) -> Conference:
        """The conference that is on, without connections when the room is idle."""
        ...

    @post(
        "conferences_active_action",
        "/conferences/active",
        documented=False,
        certainty=Certainty.CLIENT,
        danger=Danger.ENDS_CALLS,
        errors=(NoSuchConference,),
    )
    async def act_on_active(self, request: ActiveRequest) -> None:
        """Hang up the conference that is on."""
        ...

    @post(
        "conferences_callaction",
        "/conferences/callaction",
        documented=False,
        certainty=Certainty.CLIENT,
        danger=Danger.ENDS_CALLS,
        errors=(NoSuchConnection, NotAnswerable),
    )
    async def call_action(self, request: CallActionRequest) -> None:
        """Answer or ignore an incoming call, or hang up any connection."""
        ...

    @get(
        "conferences_get_one", "/conferences/{confID}", certainty=Certainty.CLIENT, errors=(NoSuchConference,)
    )
    async def one(self, conference_id: ConferenceId) -> Conference:
        """One conference."""
        ...

    @delete(
        "conferences_hangup",
        "/conferences/{confID}",
        certainty=Certainty.CLIENT,
        danger=Danger.ENDS_CALLS,
        errors=(NoSuchConference,),
        decided="the answer is empty.",
    )
    async def hang_up(self, conference_id: ConferenceId) -> None:
        """End a conference; for `PENDING`, refuse all calls that wait."""
        ...

    @get(
        "conferences_connections_get",
        "/conferences/{confID}/connections",
        errors=(NoSuchConference,),
        decided="ACTIVE are those connected, PENDING those that are not yet.",
    )
    async def connections(
        self,
        conference_id: ConferenceId,
        which: Annotated[
            ConnectionFilter, InQuery("filter"), doc("Filter for the connections.")
        ] = ConnectionFilter.ALL,
    ) -> list[Connection]:
        """The connections of a conference."""
        ...

    @post(
        "conferences_connections_add",
        "/conferences/{confID}/connections",
        errors=(NoSuchConference, *DIAL_ERRORS),
        decided="request and answer are those of dialling.",
    )
    async def add_connection(self, conference_id: ConferenceId, request: DialRequest) -> list[Link]:
        """Add a far end to a conference."""
        ...

    @get(
        "conferences_connection_get",
        "/conferences/{confID}/connections/{connID}",
        certainty=Certainty.CLIENT,
        errors=(NoSuchConference, NoSuchConnection),
    )
    async def connection(self, conference_id: ConferenceId, connection_id: ConnectionId) -> Connection:
        """One connection; for a moment after its end too, with its cause."""
        ...

    @delete(
        "conferences_connection_hangup",
        "/conferences/{confID}/connections/{connID}",
        danger=Danger.ENDS_CALLS,
        errors=(NoSuchConference, NoSuchConnection),
        decided="the answer is empty.",
    )
    async def hang_up_connection(self, conference_id: ConferenceId, connection_id: ConnectionId) -> None:
        """End one connection."""
        ...

    @post(
        "conferences_connection_action",
        "/conferences/{confID}/connections/{connID}",
        documented=False,
        certainty=Certainty.CLIENT,
        danger=Danger.ENDS_CALLS,
        errors=(NoSuchConference, NoSuchConnection, NotAnswerable),
    )
    async def act_on_connection(
        self, conference_id: ConferenceId, connection_id: ConnectionId, request: ConnectionRequest
    ) -> None:
        """Answer, reject or hang up one connection."""
        ...

    @post(
        "conferences_connection_addvideo",
        "/conferences/{confID}/connections/{connID}/video",
        own=True,
        documented=False,
        errors=(NoSuchConference, NoSuchConnection, NotInCall, LineBusy),
    )
    async def add_video(self, conference_id: ConferenceId, connection_id: ConnectionId) -> None:
        """Offer video to a far end that is connected without; where there is video already, nothing happens."""
        ...

    @get("conferences_terminals_get", "/conferences/{confID}/terminals", errors=(NoSuchConference,))
    async def terminals(self, conference_id: ConferenceId) -> list[Terminal]:
        """The systems of those connected."""
        ...

    @get(
        "conferences_terminal_get",
        "/conferences/{confID}/terminals/{termID}",
        certainty=Certainty.RECORDED,
        errors=(NoSuchConference, NoSuchTerminal),
    )
    async def terminal(self, conference_id: ConferenceId, terminal_id: TerminalId) -> Terminal:
        """One far end's system."""
        ...

    @delete(
        "conferences_terminal_hangup",
        "/conferences/{confID}/terminals/{termID}",
        danger=Danger.ENDS_CALLS,
        errors=(NoSuchConference, NoSuchTerminal),
        decided="the answer is empty.",
    )
    async def hang_up_terminal(self, conference_id: ConferenceId, terminal_id: TerminalId) -> None:
        """End the connection of one terminal."""
        ...

    @get(
        "conferences_mediastats_get",
        "/conferences/{confID}/mediastats",
        certainty=Certainty.CLIENT,
        errors=(NoSuchConference,),
    )
    async def media_statistics(self, conference_id: ConferenceId) -> list[MediaStatistics]:
        """Statistics of all streams of a conference."""
        ...

    @get(
        "conferences_connection_mediastat_get",
        "/conferences/{confID}/connections/{connID}/mediastat",
        certainty=Certainty.CLIENT,
        errors=(NoSuchConference, NoSuchConnection),
    )
    async def connection_media_statistics(
        self, conference_id: ConferenceId, connection_id: ConnectionId
    ) -> list[MediaStatistics]:
        """Statistics of one connection's streams: audio sent, audio received."""
        ...

    @get(
        "conferences_terminal_mediastats_get",
        "/conferences/{confID}/mediastats/terminals/{termID}",
        errors=(NoSuchConference, NoSuchTerminal),
        decided="the shape is that of a connection's.",
    )
    async def terminal_media_statistics(
        self, conference_id: ConferenceId, terminal_id: TerminalId
    ) -> list[MediaStatistics]:
        """Statistics of one terminal's streams."""
        ...

    @get(
        "conferences_term_mediastats_get",
        "/conferences/{confID}/termmediastats",
        certainty=Certainty.INFERRED,
        errors=(NoSuchConference,),
        decided="the shape.",
    )
    async def all_terminal_media_statistics(
        self, conference_id: ConferenceId
    ) -> list[TerminalMediaStatistics]:
        """Statistics of all streams, by terminal."""
        ...

    @get(
        "conferences_streams_get",
        "/conferences/{confID}/streams",
        own=True,
        documented=False,
        errors=(NoSuchConference,),
    )
    async def streams(self, conference_id: ConferenceId) -> list[StreamReport]:
        """All that is known of the streams of a conference: round trip, loss that far ends report, encryption."""
        ...

    @post(
        "conferences_hold_set",
        "/conferences/{confID}/hold",
        own=True,
        documented=False,
        errors=(NoSuchConference, NotInCall),
    )
    async def set_hold(self, conference_id: ConferenceId, held: bool) -> None:
        """Put everybody in a conference on hold (`true`), or take them back (`false`).

        `holdState` follows when the far ends have agreed.
        """
        ...

    @post(
        "conferences_connection_hold_set",
        "/conferences/{confID}/connections/{connID}/hold",
        own=True,
        documented=False,
        errors=(NoSuchConference, NoSuchConnection, NotInCall),
    )
    async def set_connection_hold(
        self, conference_id: ConferenceId, connection_id: ConnectionId, held: bool
    ) -> None:
        """Put one far end on hold (`true`), or take it back (`false`)."""
        ...

    @get("conferences_donotdisturb_get", "/conferences/donotdisturb", own=True, documented=False)
    async def do_not_disturb(self) -> bool:
        """Do not disturb, as a bare boolean: true if nobody may ring."""
        ...

    @post("conferences_donotdisturb_set", "/conferences/donotdisturb", own=True, documented=False)
    async def set_do_not_disturb(self, wanted: bool) -> None:
        """Let nobody ring (`true`), or everybody again (`false`); survives a restart.

        Callers get a busy signal, and are in the call log as missed. Calls that ring already go on.
        """
        ...

    @get("conferences_digits_get", "/conferences/digits", own=True, documented=False)
    async def digits(self) -> list[ReceivedDigit]:
        """The latest DTMF digits that far ends sent, oldest first; at most 200."""
        ...
