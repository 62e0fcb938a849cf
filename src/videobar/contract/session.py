"""`/rest/session`: logging in and out."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import UNSET, UnsetType

from videobar.contract.model import EpochMs, Success, Text, WireModel, Word, doc
from videobar.contract.operation import Access, Certainty, delete, get, post
from videobar.errors import (
    SessionAlreadyActive,
    SessionInvalidUserNamePassword,
    SessionMaxActiveSessionsReached,
    SessionNoActiveSession,
    SessionPortLockout,
    SessionRequestInvalid,
    TooManyLogins,
)
from videobar.vocabulary import ClientType, LoginResult, Role


class LoginRequest(WireModel, kw_only=True):
    """Login: user and password. Group Series clients add `action`; `Logout` ends the session instead (observed)."""

    user: Annotated[Text | None, doc("User name; its case does not matter.")] = None
    password: Annotated[Text | None, doc("Password.")] = None
    action: Annotated[Word | None, doc("`Login` or nothing; `Logout` ends the session of the cookie.")] = None


class LoginStatus(WireModel, kw_only=True):
    """Status of the logins before this one (recorded from an X30)."""

    failed_logins: Annotated[int, doc("Failed logins since the last that succeeded.")]
    is_password_age_limit_reached: Annotated[bool, doc("Whether the password should be changed.")]
    last_login_client: Annotated[str, doc("Address of the client that logged in last.")]
    last_login_client_type: Annotated[ClientType, doc("Type of the client that logged in.")]
    last_login_time: Annotated[EpochMs, doc("Time of the login.")]
    login_result: Annotated[LoginResult, doc("Whether there is a lock-out.")]


class SessionDescription(WireModel, kw_only=True):
    """A session (recorded from an X30)."""

    client_type: Annotated[ClientType, doc("Type of the client.")]
    creation_time: Annotated[int, doc("Seconds of uptime when the session was made: not an epoch.")]
    is_authenticated: Annotated[bool, doc("True.")]
    is_connected: Annotated[bool, doc("Whether it has a lasting connection.")]
    is_new: Annotated[bool, doc("Whether no request has come in it yet.")]
    is_stale: Annotated[bool, doc("Whether it has ended.")]
    location: Annotated[str, doc("Address of the client.")]
    role: Annotated[Role, doc("Role of the user.")]
    session_id: Annotated[str, doc("50 characters: `PS` and 48 of the base64 alphabet.")]
    user_id: Annotated[str, doc("User name.")]


class LoginReply(WireModel, kw_only=True):
    """The answer to a login. On failure there is no `session`, and `reason` says why."""

    login_status: Annotated[LoginStatus | UnsetType, doc("Logins before this one.")] = UNSET
    reason: Annotated[str | UnsetType, doc("Reason why not; absent when logged in.")] = UNSET
    session: Annotated[SessionDescription | UnsetType, doc("The new session.")] = UNSET
    success: Annotated[bool, doc("Whether the client is logged in.")]


class SessionList(WireModel, kw_only=True):
    """All sessions (recorded from an X30)."""

    session_list: Annotated[list[SessionDescription], doc("The sessions, oldest first.")]


class Session(Protocol):
    """Actions on sessions."""

    @post(
        "session_login",
        "/session",
        access=Access.OPEN,
        certainty=Certainty.RECORDED,
        errors=(
            SessionRequestInvalid,
            SessionInvalidUserNamePassword,
            SessionMaxActiveSessionsReached,
            SessionAlreadyActive,
            SessionPortLockout,
            TooManyLogins,
        ),
        decided=(
            "a lock-out is answered with status 400, and `loginResult` is then `PORTLOCKOUT`; the token "
            "is given whatever the firmware, since some clients take the session from that answer alone; "
            "`VerifyIdentity`, which the Group Series has, is refused as no login. Too many logins in a "
            "minute, right or wrong, get status 429 and `Retry-After` (RFC 6585 section 4)."
        ),
    )
    async def login(self, request: LoginRequest) -> LoginReply:
        """Log in; the answer sets the cookies `session_id` and `XSRF-TOKEN`."""
        ...

    @delete(
        "session_logout",
        "/session",
        synonyms=("/sessions/self",),
        access=Access.OPEN,
        documented=False,
        certainty=Certainty.CLIENT,
        errors=(SessionNoActiveSession,),
    )
    async def logout(self) -> Success:
        """End the session of the cookie."""
        ...

    @get(
        "session_get",
        "/session",
        access=Access.OPEN,
        documented=False,
        certainty=Certainty.CLIENT,
        errors=(SessionNoActiveSession,),
        decided="the object alone.",
    )
    async def current(self) -> SessionDescription:
        """The session of the cookie."""
        ...

    @get(
        "session_sessions_get",
        "/session/sessions",
        documented=False,
        certainty=Certainty.RECORDED,
        decided="Ids of others than the caller's own have the same shape, and open nothing.",
    )
    async def all(self) -> SessionList:
        """All sessions."""
        ...
