"""A session, and the caller who may have one."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field

from videobar.vocabulary import ClientType, Role


@dataclass
class LoginSession:
    """One log-in. `created_s` is in seconds of uptime, as the device has it."""

    id: str
    xsrf_token: str
    user: str
    location: str
    created_s: int
    last_used: float
    """Monotonic seconds."""
    role: Role = Role.ADMIN
    client_type: ClientType = ClientType.WEB
    is_new: bool = True
    """True until the first request of the session."""
    handle: str = field(init=False)
    """Names the session in logs; the id cannot be found from it."""
    public_id: str = field(init=False)
    """Identifies the session to other users: of the shape of an id, which cannot be found from it either."""

    def __post_init__(self) -> None:
        digest = hashlib.sha512(b"public" + self.id.encode()).digest()
        self.public_id = "PS" + base64.b64encode(digest[:36]).decode()
        self.handle = hashlib.sha256(self.id.encode()).hexdigest()[:8]


@dataclass
class Caller:
    """Caller: the maker of a request. Logging in and out changes it, and the HTTPS face sets cookies accordingly."""

    address: str
    session: LoginSession | None = None
    user: str | None = None
    """Lower case; set with a session, and for HTTP Basic without one."""
    role: Role | None = None
    """Role of the caller; set together with `user`."""

    @property
    def authenticated(self) -> bool:
        """True if the caller has logged in, by session or by password."""
        return self.user is not None


def new_session_id() -> str:
    """`PS` and the base64 of 36 random bytes: 50 characters, as on real devices."""
    return "PS" + base64.b64encode(secrets.token_bytes(36)).decode()
