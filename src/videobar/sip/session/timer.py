"""Session timers (RFC 4028): a session ends unless one of its two ends refreshes it in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from videobar.sip.syntax.grammar import parse_parameters
from videobar.sip.syntax.message import Message, Request, Response
from videobar.sip.transaction.state_machine import Scheduler, TimerHandle

TIMER = "timer"
"""The option tag."""
USUAL_S = 1800
"""The interval that we ask for (section 4)."""
SHORTEST_S = 90
"""The shortest that we accept (section 5)."""
LONGEST_S = 7 * 24 * 3600


@dataclass(frozen=True)
class SessionExpires:
    """Session-Expires: the interval in seconds, and the refresher: `uac`, `uas` or empty where that is open."""

    seconds: int
    refresher: str = ""

    @classmethod
    def of(cls, message: Message) -> SessionExpires | None:
        """Session-Expires of a message; None where it is absent or malformed."""
        text, *parts = (message.headers.get("session-expires") or "").split(";")
        refresher = (dict(parse_parameters(parts)).get("refresher") or "").lower()
        text = text.strip()
        if not text.isascii() or not text.isdigit():
            return None
        return cls(min(int(text[:9]), LONGEST_S), refresher if refresher in ("uac", "uas") else "")

    def __str__(self) -> str:
        return f"{self.seconds};refresher={self.refresher}" if self.refresher else str(self.seconds)


def min_se_of(message: Message) -> int:
    """Min-SE of a message; `SHORTEST_S` where it is absent or malformed."""
    text = (message.headers.get("min-se") or "").partition(";")[0].strip()
    return min(max(int(text[:9]), SHORTEST_S), LONGEST_S) if text.isascii() and text.isdigit() else SHORTEST_S


def supports_timer(message: Message) -> bool:
    """True if its sender supports session timers."""
    return any(
        option.lower() == TIMER
        for name in ("supported", "require")
        for option in message.headers.items_of(name)
    )


def is_too_brief(request: Request) -> bool:
    """True if a request must be refused with 422 (section 9): its sender supports timers, and asks for too little."""
    asked = SessionExpires.of(request)
    return asked is not None and asked.seconds < SHORTEST_S and supports_timer(request)


class SessionTimer:
    """Session timer: expiry and refreshes of one session, and the headers that negotiate them.

    It restarts with each refresh from either side: `refresh` is called after half of the interval if we refresh, and
    `expired` a little before its end (section 10).
    """

    def __init__(
        self, scheduler: Scheduler, refresh: Callable[[], None], expired: Callable[[], None]
    ) -> None:
        self._scheduler = scheduler
        self._refresh = refresh
        self._expired = expired
        self._running: list[TimerHandle] = []
        self._shortest = SHORTEST_S
        self._seconds = 0
        self._ours = False

    def request_headers(self, *, first: bool = False) -> tuple[tuple[str, str], ...]:
        """Headers of our INVITE or UPDATE: the `first` one proposes a timer, later ones keep the one there is."""
        if not first and not self._seconds:
            return ()
        if first:
            proposed = SessionExpires(max(USUAL_S, self._shortest))
        else:
            interval = max(self._seconds, self._shortest)
            proposed = SessionExpires(interval, "uac" if self._ours else "uas")
        return (("session-expires", str(proposed)), ("min-se", str(self._shortest)))

    def handle_refusal(self, refusal: Response) -> bool:
        """Take the Min-SE of a 422; True if another request makes sense."""
        needed = min_se_of(refusal)
        if refusal.status != 422 or needed <= self._shortest:
            return False
        self._shortest = needed
        return True

    def on_success(self, response: Response) -> None:
        """Start the timer that a 2xx to our INVITE or UPDATE grants (section 7.2)."""
        answered = SessionExpires.of(response)
        if answered is None:
            self.stop()
        else:
            self._run(max(answered.seconds, SHORTEST_S), ours=answered.refresher != "uas")

    def answer(self, request: Request, response: Response) -> None:
        """Grant a timer in the 2xx to an INVITE or UPDATE, and start it (section 9).

        A far end that knows timers and asks for none gets ours, and we refresh. One that does not know them, whose
        proxy asked in its place, cannot refresh.
        """
        asked, knows = SessionExpires.of(request), supports_timer(request)
        if asked is not None:
            refresher = (asked.refresher or "uac") if knows else "uas"
            granted = SessionExpires(max(asked.seconds, SHORTEST_S), refresher)
        elif knows:
            granted = SessionExpires(max(USUAL_S, min_se_of(request)), "uas")
        else:
            self.stop()
            return
        response.headers.set("session-expires", str(granted))
        if granted.refresher == "uac":
            response.headers.add("require", TIMER)
        self._run(granted.seconds, ours=granted.refresher == "uas")

    def refresh_again_in(self, delay: float) -> None:
        """Call `refresh` again after `delay` seconds."""
        if self._seconds:
            self._running.append(self._scheduler.call_later(delay, self._refresh))

    def stop(self) -> None:
        """Stop, until the next 2xx grants a timer."""
        for timer in self._running:
            timer.cancel()
        self._running.clear()
        self._seconds = 0

    def _run(self, seconds: int, *, ours: bool) -> None:
        self.stop()
        self._seconds, self._ours = seconds, ours
        self._running.append(self._scheduler.call_later(seconds - min(32.0, seconds / 3), self._expired))
        if ours:
            self._running.append(self._scheduler.call_later(seconds / 2, self._refresh))
