"""Digest authentication at the client (RFC 7616, RFC 8760).

MD5, SHA-256 and SHA-512-256, each also with `-sess`; `qop` is `auth`, `auth-int` where only that is offered, or none.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from videobar.sip.syntax.grammar import parse_parameters, quote, split_outside, unquote
from videobar.sip.syntax.message import Request, Response

STRENGTH = ("MD5", "SHA-256", "SHA-512-256")
"""Algorithms, the strongest last."""
_NAMES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
MAX_ATTEMPTS = 3
"""Most times that one request is sent again with credentials."""


@dataclass(frozen=True)
class Credentials:
    """A user name and a password. `realm` restricts them to one realm; empty means any."""

    username: str
    password: str = field(repr=False)
    realm: str = ""


@dataclass(frozen=True)
class Challenge:
    """A WWW-Authenticate or Proxy-Authenticate header that can be answered.

    `algorithm` is in capitals and without `-SESS`, which is `session`; `qop` is `auth`, `auth-int`, or empty for
    the scheme of RFC 2069.
    """

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: str = ""
    opaque: str | None = None
    stale: bool = False
    proxy: bool = False
    session: bool = False

    @classmethod
    def parse(cls, text: str, *, proxy: bool = False) -> Challenge | None:
        """Read a header value; None where the scheme, algorithm or qop is not one of ours."""
        scheme, _, rest = text.strip().partition(" ")
        if scheme.lower() != "digest":
            return None
        values = {name: unquote(value or "") for name, value in parse_parameters(split_outside(rest, ","))}
        named = values.get("algorithm", "MD5").upper() or "MD5"
        algorithm = named.removesuffix("-SESS")
        offered = [each.strip().lower() for each in values.get("qop", "").split(",") if each.strip()]
        qop = next((each for each in ("auth", "auth-int") if each in offered), "")
        if algorithm not in STRENGTH or "realm" not in values or "nonce" not in values:
            return None
        if offered and not qop:
            return None
        return cls(
            realm=values["realm"],
            nonce=values["nonce"],
            algorithm=algorithm,
            qop=qop,
            opaque=values.get("opaque"),
            stale=values.get("stale", "").lower() == "true",
            proxy=proxy,
            session=named.endswith("-SESS"),
        )


def challenges_of(response: Response) -> list[Challenge]:
    """The challenges of a 401 or 407 that can be answered, the strongest first, otherwise in their order."""
    name, proxy = ("proxy-authenticate", True) if response.status == 407 else ("www-authenticate", False)
    read = (Challenge.parse(value, proxy=proxy) for value in response.headers.all(name))
    found = [challenge for challenge in read if challenge is not None]
    return sorted(found, key=lambda challenge: -STRENGTH.index(challenge.algorithm))


def authorization(
    challenge: Challenge,
    credentials: Credentials,
    method: str,
    uri: str,
    *,
    count: int,
    cnonce: str,
    body: bytes = b"",
) -> str:
    """The value of Authorization or Proxy-Authorization; `count` is how often the nonce was used, from 1.

    `body` counts for `auth-int` only.
    """

    def digest(text: str) -> str:
        return _hash(challenge.algorithm, text.encode("utf-8", "surrogateescape"))

    secret = digest(f"{credentials.username}:{challenge.realm}:{credentials.password}")
    if challenge.session:
        secret = digest(f"{secret}:{challenge.nonce}:{cnonce}")
    whole = f":{_hash(challenge.algorithm, body)}" if challenge.qop == "auth-int" else ""
    request = digest(f"{method}:{uri}{whole}")
    if challenge.qop:
        response = digest(f"{secret}:{challenge.nonce}:{count:08x}:{cnonce}:{challenge.qop}:{request}")
    else:
        response = digest(f"{secret}:{challenge.nonce}:{request}")
    parts = [
        f"username={quote(credentials.username)}",
        f"realm={quote(challenge.realm)}",
        f"nonce={quote(challenge.nonce)}",
        f"uri={quote(uri)}",
        f'response="{response}"',
        f"algorithm={challenge.algorithm}{'-sess' if challenge.session else ''}",
    ]
    if challenge.qop:
        parts += [f"qop={challenge.qop}", f"nc={count:08x}"]
    if challenge.qop or challenge.session:
        parts.append(f"cnonce={quote(cnonce)}")
    if challenge.opaque is not None:
        parts.append(f"opaque={quote(challenge.opaque)}")
    return "Digest " + ", ".join(parts)


class DigestClient:
    """Answers challenges during one session, and remembers them for its later requests."""

    def __init__(
        self, credentials: Credentials | None, new_cnonce: Callable[[], str] = lambda: secrets.token_hex(8)
    ) -> None:
        self._credentials = credentials
        self._new_cnonce = new_cnonce
        self._known: dict[tuple[bool, str], Challenge] = {}
        self._counts: dict[str, int] = {}

    def handle_challenge(self, response: Response, attempt: int) -> bool:
        """Take the challenges of a 401 or 407 to the `attempt`th sending, from 1; whether another makes sense.

        It does not without credentials, nor when the same realm refuses a second time and does not call the
        nonce stale.
        """
        if self._credentials is None or response.status not in (401, 407) or attempt > MAX_ATTEMPTS:
            return False
        learnt = False
        for challenge in self._best_of_each_realm(challenges_of(response)):
            key = (challenge.proxy, challenge.realm)
            if attempt == 1 or key not in self._known or challenge.stale:
                self._known[key] = challenge
                self._counts.pop(challenge.nonce, None)
                learnt = True
        return learnt

    def authorize(self, request: Request) -> None:
        """Add the headers for all challenges known; the body must be in the request already."""
        if self._credentials is None:
            return
        for challenge in self._known.values():
            count = self._counts[challenge.nonce] = self._counts.get(challenge.nonce, 0) + 1
            name = "proxy-authorization" if challenge.proxy else "authorization"
            value = authorization(
                challenge,
                self._credentials,
                request.method,
                request.target,
                count=count,
                cnonce=self._new_cnonce(),
                body=request.body,
            )
            request.headers.add(name, value)

    def _best_of_each_realm(self, challenges: Iterable[Challenge]) -> list[Challenge]:
        best: dict[str, Challenge] = {}
        for challenge in challenges:
            wanted = self._credentials.realm if self._credentials else ""
            if not wanted or challenge.realm == wanted:
                best.setdefault(challenge.realm, challenge)
        return list(best.values())[:4]


def _hash(algorithm: str, data: bytes) -> str:
    return hashlib.new(_NAMES[algorithm], data, usedforsecurity=False).hexdigest()
