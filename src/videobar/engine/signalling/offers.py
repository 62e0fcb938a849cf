"""Offer queue of one call: one offer at a time, and always of what its lines say at that moment."""

from __future__ import annotations

from collections.abc import Callable


class Offers:
    """Turns wishes for a change into offers. `send` makes an offer of the present lines and sends it."""

    def __init__(self, send: Callable[[], None]) -> None:
        self._send = send
        self._under_way = False
        self._wanted = False

    @property
    def idle(self) -> bool:
        """No offer is under way: whether what was offered last has an answer, and nothing has changed since."""
        return not self._under_way

    def want(self) -> None:
        """The lines have changed: offer them, now or as soon as the offer that is under way has an answer."""
        if self._under_way:
            self._wanted = True
        else:
            self._under_way = True
            self._send()

    def expect(self) -> None:
        """An offer of ours was sent on another way, in answer to a request for one."""
        self._under_way = True

    def done(self) -> None:
        """The offer under way was answered, or refused."""
        self._under_way = False
        if self._wanted:
            self._wanted = False
            self.want()

    def crossed(self) -> None:
        """The far end's offer came while ours waits to be repeated: ours is made anew, since it builds on theirs."""
        if self._under_way:
            self._wanted = False
            self._send()
