"""HTTP Digest authentication of a client (RFC 7616): what a challenge is answered with, also in later requests."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator

from videobar.sip.session.digest import STRENGTH, Challenge, Credentials, authorization
from videobar.sip.syntax.grammar import split_outside


class HttpLogin:
    """The credentials of one server, and the challenge that it gave last."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._challenge: Challenge | None = None
        self._count = 0

    @property
    def challenged(self) -> bool:
        """True if the server asks for Digest authentication."""
        return self._challenge is not None

    def learn(self, challenges: Iterable[str], *, again: bool) -> bool:
        """Take the `WWW-Authenticate` headers of a 401; whether to send the request once more.

        The strongest algorithm counts. `again` says that the request carried an answer to a challenge that was new:
        then only a stale nonce is a reason.
        """
        read = [Challenge.parse(each) for header in challenges for each in _each_challenge(header)]
        found = [challenge for challenge in read if challenge is not None]
        if not found:
            return False
        best = max(found, key=lambda challenge: STRENGTH.index(challenge.algorithm))
        self._challenge, self._count = best, 0
        return best.stale or not again

    def header(self, method: str, target: str, body: bytes) -> str | None:
        """The value of `Authorization` for one request; `None` before the first challenge."""
        if self._challenge is None:
            return None
        self._count += 1
        return authorization(
            self._challenge,
            self._credentials,
            method,
            target,
            count=self._count,
            cnonce=secrets.token_hex(8),
            body=body,
        )


def _each_challenge(header: str) -> Iterator[str]:
    """The challenges of one header, which may hold several (RFC 9110 section 11.6.1)."""
    current = ""
    for part in split_outside(header, ","):
        first = part.strip().partition(" ")[0]
        if current and ("=" in first or not first):
            current = f"{current}, {part.strip()}"
        else:
            if current:
                yield current
            current = part.strip()
    if current:
        yield current
