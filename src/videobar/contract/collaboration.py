"""`/rest/collaboration`: the collaboration session and the content saved in it."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from msgspec import Meta, field

from videobar.contract.model import Download, EpochMs, Id, WireModel, Word, doc
from videobar.contract.operation import Certainty, Danger, InQuery, get, post
from videobar.errors import CollaborationNotActive, NothingSaved, PinInvalid, SavedContentFull, WrongState
from videobar.vocabulary import CollaborationState, SaveState

Pin = Annotated[Word | None, InQuery("pin"), doc("PIN of the session.")]
ContextId = Annotated[
    Id | None,
    InQuery("context-id"),
    doc("Id of the saved item; hyphenated here (guide)."),
]


class CollaborationSession(WireModel, kw_only=True):
    """The session."""

    id: Annotated[str, doc("`Local Session` when it is this room's own.")]
    state: Annotated[CollaborationState, doc("Its state.")]


class CollaborationRequest(WireModel, kw_only=True):
    """Action on the session."""

    action: Annotated[Literal["END"], doc("Only END.")]


class SaveContext(WireModel, kw_only=True):
    """Save context that was begun."""

    context_id: Annotated[str, doc("Its id; with an underscore here (guide).")] = field(name="context_id")


class SaveStatus(WireModel, kw_only=True):
    """State of saving."""

    status: Annotated[SaveState, doc("State of saving.")]


class SavedItem(WireModel, kw_only=True):
    """One saved picture."""

    id: Annotated[str, doc("Its id, which `context-id` takes as well.")]
    context_id: Annotated[str, doc("Id of the context that it was saved in.")]
    time: Annotated[EpochMs, doc("Time at which it was shown.")]
    far: Annotated[bool, doc("Whether a far end showed it.")]
    name: Annotated[str, doc("Its name in the archive.")]
    size: Annotated[int, doc("Bytes.")]


class CollaborationDetails(WireModel, kw_only=True):
    """The session as an administrator may see it."""

    state: Annotated[CollaborationState, doc("Its state.")]
    pin: Annotated[str, doc("Its PIN; empty when there is no session.")]
    start_time: Annotated[EpochMs, doc("Time at which it began; 0 when there is no session.")]
    saving: Annotated[str, doc("Id of the context that is being saved; empty when none is.")]
    items: Annotated[list[SavedItem], doc("Saved items, oldest first.")]
    size: Annotated[int, doc("Bytes that are saved.")]
    wrong_pins: Annotated[int, doc("Number of wrong PINs that were tried in this session.")]
    problem: Annotated[str, doc("Reason why saving stopped by itself; empty when it did not.")]


class CollaborationBeginning(WireModel, kw_only=True):
    """Parameters of a new session."""

    pin: Annotated[
        Annotated[str, Meta(pattern=r"^[0-9]{4,10}$", max_length=10)] | None,
        doc("Its PIN, 4 to 10 digits; a random one if missing."),
    ] = None


class Collaboration(Protocol):
    """Actions on the collaboration session."""

    @get("collaboration_get", "/collaboration", certainty=Certainty.RECORDED)
    async def session(self) -> CollaborationSession:
        """The session and its state."""
        ...

    @post("collaboration_end", "/collaboration", certainty=Certainty.CLIENT, danger=Danger.DELETES)
    async def end(self, request: CollaborationRequest) -> None:
        """End the session and remove what was saved in it."""
        ...

    @post(
        "collaboration_content_start",
        "/collaboration/content",
        errors=(CollaborationNotActive, PinInvalid, SavedContentFull),
        decided="while content is being saved already, its id is answered again.",
    )
    async def start_saving(self, pin: Pin = None) -> SaveContext:
        """Begin to save content."""
        ...

    @get(
        "collaboration_content_get",
        "/collaboration/content",
        certainty=Certainty.INFERRED,
        errors=(CollaborationNotActive, PinInvalid, NothingSaved),
        decided=(
            "the picture itself, as JPEG. `context-id` names a picture, or what saving answered, of which"
            " the latest picture is meant; without it the latest of all."
        ),
    )
    async def saved(self, pin: Pin = None, context_id: ContextId = None) -> Download:
        """One saved item."""
        ...

    @get(
        "collaboration_contentsavestatus_get",
        "/collaboration/contentsavestatus",
        certainty=Certainty.INFERRED,
        errors=(CollaborationNotActive, PinInvalid, NothingSaved, SavedContentFull),
        decided="an object with `status`. With the query parameter `status` saving is switched first.",
    )
    async def save_status(
        self,
        pin: Pin = None,
        context_id: ContextId = None,
        status: Annotated[
            Word | None, InQuery("status"), doc("True or False switches saving (observed).")
        ] = None,
    ) -> SaveStatus:
        """State of saving."""
        ...

    @get(
        "collaboration_content_all_get",
        "/collaboration/content/all",
        errors=(CollaborationNotActive, PinInvalid, NothingSaved),
    )
    async def all_saved(self, pin: Pin = None) -> Download:
        """All saved items as a ZIP archive, oldest first."""
        ...

    @get("collaboration_details_get", "/collaboration", own=True, documented=False)
    async def details(self) -> CollaborationDetails:
        """The session with its PIN, and what is saved in it."""
        ...

    @post("collaboration_begin", "/collaboration", own=True, documented=False, errors=(WrongState,))
    async def begin(self, request: CollaborationBeginning) -> CollaborationDetails:
        """Begin a session; one begins by itself when content is shown."""
        ...
