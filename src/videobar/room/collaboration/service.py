"""The collaboration session and what is saved in it.

    INACTIVE ── content is shown, or begun by hand ──► READY / ACTIVE ── ended ──► DISCONNECTING ──► INACTIVE

READY and ACTIVE differ in whether content is shown at the moment. DISCONNECTING lasts while something that was saved is
still being downloaded. Nothing of a session survives its end or the room's.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from videobar.clock import Clock
from videobar.errors import (
    CollaborationNotActive,
    EngineUnavailable,
    InvalidRequest,
    NothingSaved,
    PinInvalid,
    SavedContentFull,
    StoreUnavailable,
    WrongState,
)
from videobar.fingerprint import alike
from videobar.room.collaboration.port import OpenedContent, Shelf, Shelves
from videobar.room.content import Content, ContentPath
from videobar.vocabulary import CollaborationState, SaveState

log = logging.getLogger("videobar.collaboration")

SAMPLE_S: Final = 1.0
"""Interval at which content is sampled while it is saved."""
RESTLESS_S: Final = 5.0
"""Content that never stands still is saved at least this often."""
WRONG_PINS: Final = 5
"""After so many wrong PINs one after the other, none is looked at for `LOCKED_S`."""
LOCKED_S: Final = 60.0


@dataclass(frozen=True)
class SaveLimits:
    """Limits of what one session may save."""

    pictures: int = 2000
    bytes: int = 500_000_000


@dataclass(frozen=True)
class Saved:
    """One saved picture."""

    id: str
    context_id: str
    taken_ms: int
    from_far: bool
    name: str
    size: int


@dataclass
class CollaborationSession:
    """One session, from its beginning to its end."""

    number: int
    pin: str
    start_ms: int
    shelf: Shelf
    saved: list[Saved] = field(default_factory=list)
    contexts: dict[str, SaveState] = field(default_factory=dict)
    """State of each context, by its id, in the order in which they began."""
    fingerprints: list[bytes] = field(default_factory=list)
    problem: str = ""
    wrong_pins: int = 0
    """Since the session began."""
    wrong_in_a_row: int = 0
    locked_until: float = 0.0

    @property
    def bytes(self) -> int:
        """Size of all saved content."""
        return sum(each.size for each in self.saved)

    @property
    def saving(self) -> str | None:
        """The id of the context that is being saved."""
        return next((id_ for id_, state in self.contexts.items() if state is SaveState.SAVING), None)


def four_digits() -> str:
    """A random PIN."""
    return f"{secrets.randbelow(10_000):04d}"


class Collaboration:
    """The service. A session begins when content is shown, or by `begin`."""

    def __init__(
        self,
        *,
        clock: Clock,
        content: Content,
        pictures: ContentPath,
        shelves: Shelves,
        limits: SaveLimits | None = None,
        new_pin: Callable[[], str] = four_digits,
    ) -> None:
        self._clock = clock
        self._content = content
        self._pictures = pictures
        self._shelves = shelves
        self._limits = limits or SaveLimits()
        self._new_pin = new_pin
        self._sessions = 0
        self._session: CollaborationSession | None = None
        self._was_shown = False
        self._ending: set[asyncio.Task[None]] = set()
        self._saver: asyncio.Task[None] | None = None
        content.on_change.append(self._content_changed)

    # What is there

    @property
    def state(self) -> CollaborationState:
        """The session's state."""
        if self._session is not None:
            return CollaborationState.ACTIVE if self._content.shown else CollaborationState.READY
        return CollaborationState.DISCONNECTING if self._ending else CollaborationState.INACTIVE

    @property
    def session(self) -> CollaborationSession | None:
        """The session that is on."""
        return self._session

    def save_state(self, pin: str | None, context_id: str | None = None) -> SaveState:
        """State of a context, or of the latest one. Raises what `admit` raises, and `NothingSaved`."""
        session = self.admit(pin)
        if context_id is not None:
            state = session.contexts.get(context_id)
            if state is None:
                raise NothingSaved(f"context-id: nothing was saved as {context_id!r}")
            return state
        return next(reversed(session.contexts.values()), SaveState.IDLE)

    def read_one(self, pin: str | None, wanted: str | None = None) -> tuple[Saved, OpenedContent]:
        """A saved picture: the one with the id `wanted`, the latest of the context `wanted`, or the latest of all.

        Raises what `admit` raises, `NothingSaved` and `StoreUnavailable`.
        """
        session = self.admit(pin)
        for saved in reversed(session.saved):
            if wanted in (None, saved.id, saved.context_id):
                return saved, session.shelf.read(saved.name)
        if wanted is None or wanted in session.contexts:
            raise NothingSaved("no content was shown yet since saving began")
        raise NothingSaved(f"context-id: nothing was saved as {wanted!r}")

    def read_all(self, pin: str | None) -> OpenedContent:
        """Everything that is saved, as a ZIP archive.

        Raises what `admit` raises, `NothingSaved` and `StoreUnavailable`.
        """
        session = self.admit(pin)
        if not session.saved:
            raise NothingSaved("nothing is saved")
        return session.shelf.read_all([saved.name for saved in session.saved])

    # What can be done

    def begin(self, pin: str | None = None) -> CollaborationSession:
        """Begin a session, with this PIN or a random one. Raises `WrongState` when one is on."""
        if self._session is not None:
            raise WrongState("a collaboration session is on already")
        self._sessions += 1
        self._session = CollaborationSession(
            number=self._sessions,
            pin=pin or self._new_pin(),
            start_ms=self._clock.now_ms(),
            shelf=self._shelves.new(str(self._sessions)),
        )
        return self._session

    def end(self) -> None:
        """End the session: what the room shares is stopped, and what was saved is removed once nobody downloads it.

        Harmless when there is none.
        """
        session, self._session = self._session, None
        if session is None:
            return
        self._stop_saver()
        self._content.stop()
        ending = asyncio.create_task(session.shelf.remove(), name="collaboration-removal")
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    def admit(self, pin: str | None) -> CollaborationSession:
        """The session, for those who know its PIN.

        Raises `CollaborationNotActive`, `InvalidRequest` without a PIN, and `PinInvalid`, which also refuses right
        ones for a minute after several wrong ones.
        """
        session = self._session
        if session is None:
            raise CollaborationNotActive("there is no collaboration session")
        if pin is None:
            raise InvalidRequest("pin: is needed")
        if self._clock.monotonic() < session.locked_until:
            raise PinInvalid("pin: too many wrong ones; try again in a minute")
        if hmac.compare_digest(pin.encode(errors="replace"), session.pin.encode()):
            session.wrong_in_a_row = 0
            return session
        session.wrong_pins += 1
        session.wrong_in_a_row += 1
        if session.wrong_in_a_row >= WRONG_PINS:
            session.wrong_in_a_row = 0
            session.locked_until = self._clock.monotonic() + LOCKED_S
        raise PinInvalid("pin: not that of the session")

    def start_saving(self, pin: str | None) -> str:
        """Save content from now on; the id of the context, which is the same when it is being saved already.

        Raises what `admit` raises, and `SavedContentFull`.
        """
        session = self.admit(pin)
        saving = session.saving
        if saving is not None:
            return saving
        if self._is_full(session, 0):
            raise SavedContentFull(self._full())
        context_id = f"{session.number}-{len(session.contexts) + 1}"
        session.contexts[context_id] = SaveState.SAVING
        session.problem = ""
        self._stop_saver()
        self._saver = asyncio.create_task(self._save(session, context_id), name="collaboration-saver")
        return context_id

    def stop_saving(self, pin: str | None) -> None:
        """Save no more; what is saved stays. Raises what `admit` raises."""
        session = self.admit(pin)
        if session.saving is not None:
            session.contexts[session.saving] = SaveState.SAVED
        self._stop_saver()

    async def close(self) -> None:
        """End the session with the room: what is saved is removed, downloads or not."""
        session, self._session = self._session, None
        self._stop_saver()
        for ending in self._ending:
            ending.cancel()
        if session is not None and not session.shelf.in_use:
            await session.shelf.remove()

    # How

    def _content_changed(self) -> None:
        """A session begins with content that begins; content that outlives a session begins none."""
        shown = self._content.shown
        if shown and not self._was_shown and self._session is None:
            self.begin()
        self._was_shown = shown

    def _stop_saver(self) -> None:
        saver, self._saver = self._saver, None
        if saver is not None:
            saver.cancel()

    async def _save(self, session: CollaborationSession, context_id: str) -> None:
        """Look at the content until saving stops, and keep what is new and stands still."""
        before: bytes | None = None
        kept_at = self._clock.monotonic()
        while session.saving == context_id:
            try:
                fingerprint = await self._pictures.content_fingerprint() if self._content.shown else None
                is_new = fingerprint is not None and not any(
                    alike(fingerprint, each) for each in session.fingerprints
                )
                restless = self._clock.monotonic() - kept_at >= RESTLESS_S
                settled = fingerprint is not None and before is not None and alike(fingerprint, before)
                if fingerprint is not None and is_new and (settled or restless):
                    if not await self._keep(session, context_id, fingerprint):
                        return
                    kept_at = self._clock.monotonic()
                before = fingerprint
            except EngineUnavailable:
                before = None
            except StoreUnavailable as error:
                log.error("content is no longer saved: %s", error)
                self._stop_because(session, context_id, SaveState.FAILED, error.detail)
                return
            await self._clock.sleep(SAMPLE_S)

    async def _keep(self, session: CollaborationSession, context_id: str, fingerprint: bytes) -> bool:
        """Save the picture that is shown. Returns whether saving goes on."""
        picture = await self._pictures.content_picture()
        if picture is None:
            return True
        if self._is_full(session, len(picture)):
            self._stop_because(session, context_id, SaveState.FULL, self._full())
            return False
        taken_ms, from_far = self._clock.now_ms(), self._content.from_far
        number = len(session.saved) + 1
        stamp = datetime.fromtimestamp(taken_ms / 1000, UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
        name = f"{number:04d}-{stamp}-{'far' if from_far else 'near'}.jpg"
        await session.shelf.add(name, picture, taken_ms)
        session.saved.append(
            Saved(f"{context_id}-{number}", context_id, taken_ms, from_far, name, len(picture))
        )
        session.fingerprints.append(fingerprint)
        return True

    def _stop_because(
        self, session: CollaborationSession, context_id: str, state: SaveState, problem: str
    ) -> None:
        session.contexts[context_id] = state
        session.problem = problem

    def _is_full(self, session: CollaborationSession, more: int) -> bool:
        return len(session.saved) >= self._limits.pictures or session.bytes + more > self._limits.bytes

    def _full(self) -> str:
        limits = self._limits
        return f"a session saves at most {limits.pictures} pictures and {limits.bytes // 1_000_000} MB"
