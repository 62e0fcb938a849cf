"""Signalling side of one call: how its two ends agree on its media lines, whatever protocol they speak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from videobar.engine.call.description import Agreement
from videobar.room.calls.port import Refusal


@dataclass(frozen=True)
class FarEnd:
    """Far end that answered; texts are as the far end wrote them, and empty where it wrote none."""

    name: str
    product: str
    is_conference_server: bool


class Signalling(Protocol):
    """Signals one call to its far end; `listener` gets its events. Methods return at once."""

    listener: SignallingListener

    def answer(self) -> None:
        """Accept an incoming call; `on_agreed` before that, where the caller has offered something."""
        ...

    def refuse(self, refusal: Refusal) -> None:
        """Refuse an incoming call."""
        ...

    def hang_up(self) -> None:
        """End the call in whatever state it is; `on_ended` follows."""
        ...

    def change(self) -> None:
        """Agree with the far end on the media lines as they are now; `on_change_answered` follows."""
        ...

    def send_digits(self, digits: str) -> None:
        """Send DTMF digits to a far end that takes no telephone events."""
        ...

    def request_keyframe(self) -> None:
        """Ask for a keyframe."""
        ...

    def probe(self) -> None:
        """Ask whether the far end still knows of the call; if not, it ends."""
        ...

    def close(self) -> None:
        """The call is over: signal nothing more."""
        ...


class SignallingListener(Protocol):
    """Listener for the signalling events of one call, called on the event loop."""

    def on_ringing(self) -> None:
        """The far end rings."""
        ...

    def on_early_media(self, agreement: Agreement) -> None:
        """Before it answers, the far end sends this: a ringing tone or an announcement."""
        ...

    def on_agreed(self, agreement: Agreement) -> None:
        """Both ends have agreed on the media lines. Raises `ValueError` for what cannot be used."""
        ...

    def on_connected(self, far: FarEnd) -> None:
        """The call is connected; the media have been agreed on."""
        ...

    def on_change_answered(self, taken: bool) -> None:
        """The last `change` was agreed on, or refused, and nothing has changed since."""
        ...

    def on_keyframe_requested(self) -> None:
        """The far end asks for a keyframe."""
        ...

    def on_digit(self, digit: str) -> None:
        """The far end has sent a DTMF digit."""
        ...

    def on_ended(self, cause: int, detail: str) -> None:
        """The call is over, with a Q.850 cause."""
        ...
