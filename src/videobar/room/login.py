"""Login: the ports that it needs, its status, and the errors of a refused one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from videobar.errors import SessionInvalidUserNamePassword, SessionPortLockout
from videobar.vocabulary import ClientType, LoginResult, Role

LONGEST_USER = 256
BY_ADDRESS, BY_USER = "address", "user"
"""Kinds of lock-out."""
RATE_BY_ADDRESS, RATE_BY_USER = "address-rate", "user-rate"
"""Kinds of rate limit."""
LONGEST_PASSWORD = 1024


class PasswordHasher(Protocol):
    """Port: slow password hashing, done where it does not hold up the event loop."""

    async def hash(self, password: str) -> str:
        """A salted hash of `password`, with its parameters in the text."""
        ...

    async def verify(self, stored: str | None, password: str) -> bool:
        """True if `stored` was made from `password`.

        For `None` (there is no such user) it takes as long as for any other, and is false.
        """
        ...

    def needs_rehash(self, stored: str) -> bool:
        """True if `stored` was made with other parameters than those in use."""
        ...


class CredentialStore(Protocol):
    """Port: the stored hash of each user; user names come in lower case."""

    async def load(self, user: str) -> str | None:
        """The hash of `user`, or `None` when there is no such user."""
        ...

    async def save(self, user: str, password_hash: str) -> None:
        """Keep the hash durably. Raises `StoreUnavailable`."""
        ...

    def role(self, user: str) -> Role:
        """Role of `user`."""
        ...


class LoginRecords(Protocol):
    """Port: what is remembered of logins over a restart. Texts are this module's own; `None` is to forget."""

    def last_login(self, user: str) -> str | None:
        """Stored record of the last login of `user`."""
        ...

    def limits(self, kind: str) -> Mapping[str, str]:
        """Stored records of one kind of lock-out or rate limit, by address or by user."""
        ...

    async def keep_last_login(self, user: str, record: str) -> None:
        """Keep it. Raises `StoreUnavailable`."""
        ...

    async def keep_limits(self, records: Mapping[tuple[str, str], str | None]) -> None:
        """Keep these at once, by kind and subject. Raises `StoreUnavailable`."""
        ...


@dataclass(frozen=True)
class LoginStatus:
    """Login status, as a login is answered. `last_login_ms` is room time; 0 and "" for a client that is refused."""

    failed_logins: int
    """Failures since the last success: the user's, and for a client that is refused those of its address."""
    last_login_ms: int
    last_login_client: str
    last_login_client_type: ClientType
    result: LoginResult = LoginResult.NO_LOCKOUT

    def wire(self) -> Mapping[str, object]:
        """`loginStatus` of an error object; passwords do not age here."""
        return {
            "failedLogins": self.failed_logins,
            "isPasswordAgeLimitReached": False,
            "lastLoginClient": self.last_login_client,
            "lastLoginClientType": self.last_login_client_type,
            "lastLoginTime": self.last_login_ms,
            "loginResult": self.result,
        }


class LoginRefused(SessionInvalidUserNamePassword):
    """Wrong user or password, with the status that the answer carries."""

    code = SessionInvalidUserNamePassword.code

    def __init__(self, status: LoginStatus) -> None:
        super().__init__()
        self.login_status = status

    @property
    def extra(self) -> Mapping[str, object]:
        """`loginStatus`."""
        return {"loginStatus": self.login_status.wire()}


class LoginLockedOut(SessionPortLockout):
    """The address or the user is locked out, with the status that the answer carries."""

    code = SessionPortLockout.code

    def __init__(self, status: LoginStatus) -> None:
        super().__init__()
        self.login_status = status

    @property
    def extra(self) -> Mapping[str, object]:
        """`loginStatus`."""
        return {"loginStatus": self.login_status.wire()}
