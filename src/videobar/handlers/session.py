"""`/rest/session` over the room's sessions."""

from __future__ import annotations

from videobar.contract import session as contract
from videobar.contract.model import Success
from videobar.contract.session import LoginReply, LoginRequest, SessionDescription, SessionList
from videobar.errors import SessionNoActiveSession, SessionRequestInvalid
from videobar.room.login import LoginStatus
from videobar.room.room import Room
from videobar.room.session import Caller, LoginSession


class SessionHandler(contract.Session):
    """Answers for one caller, whose session it begins and ends."""

    def __init__(self, room: Room, caller: Caller) -> None:
        self._sessions = room.sessions
        self._caller = caller

    async def login(self, request: LoginRequest) -> LoginReply:
        """Log the caller in, or out where `action` asks for that."""
        action = (request.action or "Login").lower()
        if action == "logout":
            self._sessions.logout(self._caller)
            return LoginReply(success=True)
        if action != "login":
            raise SessionRequestInvalid
        status = await self._sessions.login(self._caller, request.user, request.password)
        return LoginReply(login_status=login_status(status), session=await self.current(), success=True)

    async def logout(self) -> Success:
        """End the caller's session."""
        self._sessions.logout(self._caller)
        return Success()

    async def current(self) -> SessionDescription:
        """The caller's session."""
        if self._caller.session is None:
            raise SessionNoActiveSession
        return session_description(self._caller.session)

    async def all(self) -> SessionList:
        """Every session; of others than the caller's own the id is one that nobody can log in with."""
        own = self._caller.session
        return SessionList(
            session_list=[
                session_description(one, shown_id=one.id if one is own else one.public_id)
                for one in self._sessions.all()
            ]
        )


def login_status(status: LoginStatus) -> contract.LoginStatus:
    """`loginStatus` of a login's answer; passwords do not age here."""
    return contract.LoginStatus(
        failed_logins=status.failed_logins,
        is_password_age_limit_reached=False,
        last_login_client=status.last_login_client,
        last_login_client_type=status.last_login_client_type,
        last_login_time=status.last_login_ms,
        login_result=status.result,
    )


def session_description(session: LoginSession, shown_id: str | None = None) -> SessionDescription:
    """A session as the API shows it. `isConnected` and `isStale` are false in every recording."""
    return SessionDescription(
        client_type=session.client_type,
        creation_time=session.created_s,
        is_authenticated=True,
        is_connected=False,
        is_new=session.is_new,
        is_stale=False,
        location=session.location,
        role=session.role,
        session_id=shown_id or session.id,
        user_id=session.user,
    )
