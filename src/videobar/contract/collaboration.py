"""`/rest/collaboration`: the collaboration session and the content saved in it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Protocol

from msgspec import field

from videobar.contract.model import Download, Shape, said
from videobar.contract.operation import Certainty, Danger, InQuery, get, post

Pin = Annotated[str | None, InQuery("pin"), said("PIN of the session.")]
ContextId = Annotated[str | None, InQuery("context-id"), said("Which saved item; hyphenated here (guide).")]


class CollaborationState(StrEnum):
    """State of the session (observed)."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    READY = "READY"
    DISCONNECTING = "DISCONNECTING"


class CollaborationSession(Shape, kw_only=True):
    """The session."""

    id: Annotated[str, said("`Local Session` when it is this room's own.")]
    state: Annotated[CollaborationState, said("Its state.")]


class CollaborationRequest(Shape, kw_only=True):
    """What to do with the session."""

    action: Annotated[Literal["END"], said("Only END.")]


class SaveContext(Shape, kw_only=True):
    """What was begun to be saved."""

    context_id: Annotated[str, said("Its id; with an underscore here (guide).")] = field(name="context_id")


class SaveStatus(Shape, kw_only=True):
    """How saving stands."""

    status: Annotated[str, said("State of saving.")]


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

    @post("collaboration_content_start", "/collaboration/content")
    async def start_saving(self, pin: Pin = None) -> SaveContext:
        """Begin to save content."""
        ...

    @get("collaboration_content_get", "/collaboration/content", certainty=Certainty.INFERRED)
    async def saved(self, pin: Pin = None, context_id: ContextId = None) -> Download:
        """One saved item.

        Decided here: the picture itself.
        """
        ...

    @get(
        "collaboration_contentsavestatus_get",
        "/collaboration/contentsavestatus",
        certainty=Certainty.INFERRED,
    )
    async def save_status(
        self,
        pin: Pin = None,
        context_id: ContextId = None,
        status: Annotated[
            str | None, InQuery("status"), said("True or False switches saving (observed).")
        ] = None,
    ) -> SaveStatus:
        """How saving stands.

        Decided here: an object with `status`.
        """
        ...

    @get("collaboration_content_all_get", "/collaboration/content/all")
    async def all_saved(self, pin: Pin = None) -> Download:
        """All saved items as a ZIP archive."""
        ...
