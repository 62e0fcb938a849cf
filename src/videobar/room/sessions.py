"""Sessions of the API, with passwords, lock-outs, rates and the limits on all of them.

Times here are monotonic, so that setting the room's clock neither ends a session nor opens a lock-out.
Only `lastLoginTime`, which people read, is room time.
"""

from __future__ import annotations

import logging
import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from videobar.clock import Clock
from videobar.errors import (
    NoSuchSession,
    SessionAlreadyActive,
    SessionMaxActiveSessionsReached,
    SessionNoActiveSession,
    SessionRequestInvalid,
    StoreUnavailable,
)
from videobar.room.login import (
    BY_ADDRESS,
    BY_USER,
    LONGEST_PASSWORD,
    LONGEST_USER,
    RATE_BY_ADDRESS,
    RATE_BY_USER,
    CredentialStore,
    LoginLockedOut,
    LoginRecords,
    LoginRefused,
    LoginStatus,
    PasswordHasher,
)
from videobar.room.login_limits import Lockout, LoginQueue, RateLimit, VerifiedCredentials, source_of
from videobar.room.session import Caller, LoginSession, new_session_id
from videobar.vocabulary import ClientType, LoginResult, Role

log = logging.getLogger("videobar.sessions")


@dataclass(frozen=True)
class Limits:
    """Limits of sessions and logins, as an administrator sets them; the defaults are the device's."""

    max_sessions: int = 50
    idle_minutes: float = 10
    lockout_attempts: int | None = 10
    """Failed logins from one address until it is locked out; `None` for never."""
    lockout_minutes: float = 1
    lockout_window_hours: float | None = None
    """Within how many hours failures add up; `None`: until a login succeeds."""
    account_lockout_attempts: int | None = None
    """Failed logins of one user, from wherever, until it is locked out; `None` for never."""
    account_lockout_minutes: float = 1
    logins_per_minute: int | None = None
    """Password checks for one address, on average and at once; `None` for any number."""
    account_logins_per_minute: int | None = None
    """Password checks for one user, from wherever; `None` for any number."""


@dataclass
class _Account:
    """Login history of one user."""

    failed: int = 0
    last_login_ms: int = 0
    last_login_client: str = ""

    def text(self) -> str:
        """The history as a text to store."""
        return f"{self.last_login_ms} {self.last_login_client}"

    @classmethod
    def read(cls, text: str | None) -> _Account:
        """The history from a stored text; a new one for a text that makes no sense."""
        moment, _, client = (text or "").partition(" ")
        return cls(last_login_ms=int(moment), last_login_client=client) if moment.isdecimal() else cls()


class Sessions:
    """The service. Sessions are in memory, so nobody is logged in after a restart; failures and lock-outs go on.

    `uptime_s` gives the seconds since the room started; by default since this object was made. Without `records`,
    nothing of logins outlives this object.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        passwords: PasswordHasher,
        credentials: CredentialStore,
        limits: Limits | None = None,
        new_id: Callable[[], str] = new_session_id,
        uptime_s: Callable[[], float] | None = None,
        records: LoginRecords | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._clock = clock
        self._passwords = passwords
        self._credentials = credentials
        self._new_id = new_id
        started = clock.monotonic()
        self._uptime_s = uptime_s or (lambda: clock.monotonic() - started)
        self._sessions: dict[str, LoginSession] = {}
        self._accounts: dict[str, _Account] = {}
        self._records = records
        self.failed_logins = 0
        """Number of wrong passwords since this object was made."""
        self._lockout = Lockout(
            clock,
            attempts=self.limits.lockout_attempts,
            minutes=self.limits.lockout_minutes,
            window_hours=self.limits.lockout_window_hours,
        )
        self._account_lockout = Lockout(
            clock,
            attempts=self.limits.account_lockout_attempts,
            minutes=self.limits.account_lockout_minutes,
            window_hours=self.limits.lockout_window_hours,
        )
        self._rate = RateLimit(clock, self.limits.logins_per_minute)
        self._account_rate = RateLimit(clock, self.limits.account_logins_per_minute)
        self._bounds: tuple[tuple[str, Lockout | RateLimit], ...] = (
            (BY_ADDRESS, self._lockout),
            (BY_USER, self._account_lockout),
            (RATE_BY_ADDRESS, self._rate),
            (RATE_BY_USER, self._account_rate),
        )
        if records is not None:
            for kind, bound in self._bounds:
                bound.restore(records.limits(kind))
        self._queue = LoginQueue()
        self._verified = VerifiedCredentials(clock)

    # Sessions

    @property
    def logins(self) -> int:
        """Number of passwords that are being checked, or wait for that."""
        return self._queue.present

    async def login(self, caller: Caller, user: str | None, password: str | None) -> LoginStatus:
        """Log `caller` in and give it a session, which is then `caller.session`.

        Raises `SessionAlreadyActive` when the caller has a live session, `SessionRequestInvalid` without a user or
        password, `LoginLockedOut`, `TooManyLogins`, `LoginRefused`, `SessionMaxActiveSessionsReached`, and
        `Unavailable` when more logins wait than the room can check in reasonable time. The number of sessions is
        checked after the password, so that strangers learn nothing from it.
        """
        if caller.session is not None and self.find(caller.session.id) is not None:
            raise SessionAlreadyActive
        if not user or not password:
            raise SessionRequestInvalid
        name = user.lower()
        await self._check(caller.address, name, password)
        self._free_idle()
        if len(self._sessions) >= self._most_sessions(self._credentials.role(name)):
            raise SessionMaxActiveSessionsReached
        status = self._begin(caller, name)
        await self._keep_last_login(name)
        return status

    def find(self, session_id: str) -> LoginSession | None:
        """The live session with this id, or `None`; does not count as use."""
        session = self._sessions.get(session_id)
        if session is None:
            return None
        if self._is_idle(session):
            del self._sessions[session_id]
            return None
        return session

    def use(self, session: LoginSession) -> None:
        """A request came with `session`: it is in use from now on."""
        session.last_used = self._clock.monotonic()
        session.is_new = False

    def logout(self, caller: Caller) -> None:
        """End the caller's session. Raises `SessionNoActiveSession`."""
        session = caller.session
        caller.session = caller.user = caller.role = None
        if session is None or self.find(session.id) is None:
            raise SessionNoActiveSession
        del self._sessions[session.id]

    def all(self) -> list[LoginSession]:
        """The live sessions, oldest first."""
        self._free_idle()
        return list(self._sessions.values())

    def idle_s(self, session: LoginSession) -> int:
        """Whole seconds since something was asked in a session."""
        return int(self._clock.monotonic() - session.last_used)

    def end(self, handle: str) -> None:
        """End the session of this handle, of any user. Raises `NoSuchSession`."""
        for session in self.all():
            if session.handle == handle:
                del self._sessions[session.id]
                return
        raise NoSuchSession(f"there is no session {handle!r}")

    def end_others(self, user: str, but: LoginSession | None) -> int:
        """End all sessions of `user` but one, as after a change of its password; how many there were."""
        others = [one for one in self._sessions.values() if one.user == user and one is not but]
        for session in others:
            del self._sessions[session.id]
        self._verified.clear()
        return len(others)

    def end_all(self) -> None:
        """End every session, as a reboot does."""
        self._sessions.clear()
        self._verified.clear()

    # Passwords

    async def ensure_account(self, user: str, password: str) -> None:
        """Make `user` with `password` unless it has a password already. Raises `StoreUnavailable`."""
        if await self._credentials.load(user.lower()) is None:
            await self.set_password(user, password)

    async def set_password(self, user: str, password: str) -> None:
        """Give `user` a password, durably; its sessions live on. Raises `StoreUnavailable`."""
        await self._credentials.save(user.lower(), await self._passwords.hash(password))
        self._verified.clear()

    async def authenticate(self, caller: Caller, user: str, password: str) -> None:
        """Check HTTP Basic credentials; afterwards `caller.user` is set, and there is still no session.

        Right ones are remembered for some minutes (as a keyed digest), also through a lock-out; a wrong one counts
        towards the lock-out as a wrong login does. Raises `LoginLockedOut`, `LoginRefused`,
        `TooManyLogins` or `Unavailable`.
        """
        name = user.lower()
        if not self._verified.has(name, password):
            await self._check(caller.address, name, password, remembered=True)
        caller.user, caller.role = name, self._credentials.role(name)

    async def _check(self, address: str, user: str, password: str, *, remembered: bool = False) -> None:
        """Return when the password is right; otherwise count the failure and raise."""
        source, account = source_of(address), user[:LONGEST_USER]
        self._refuse_early(source, account)
        async with self._queue.turn(self._lockout.failures(source)):
            # While waiting, others from this address may have failed or, with Basic, been verified.
            if remembered and self._verified.has(user, password):
                return
            self._refuse_early(source, account)
            self._rate.take(source)
            self._account_rate.take(account)
            generation = self._verified.generation
            if len(user) > LONGEST_USER or len(password) > LONGEST_PASSWORD:
                stored, tried = None, ""
            else:
                stored, tried = await self._credentials.load(user), password
            if not await self._passwords.verify(stored, tried) or stored is None:
                refusal = self._failed(source, user, known=stored is not None)
                await self._keep_limits(source, account)
                raise refusal
            self._lockout.succeeded(source)
            self._account_lockout.succeeded(account)
            await self._keep_limits(source, account)
            if remembered:
                self._verified.add(user, password, generation)
            if self._passwords.needs_rehash(stored):
                await self._rehash(user, password, stored)

    async def _rehash(self, user: str, password: str, stored: str) -> None:
        fresh = await self._passwords.hash(password)
        try:
            if await self._credentials.load(user) == stored:
                await self._credentials.save(user, fresh)
        except StoreUnavailable as error:
            log.warning("the password hash of %s could not be renewed: %s", user, error)

    async def _keep_limits(self, source: str, account: str) -> None:
        """Store the limits of these two; a full disk must neither let anybody in nor lock anybody out."""
        if self._records is None:
            return
        records = {}
        for kind, bound in self._bounds:
            subject = source if kind in {BY_ADDRESS, RATE_BY_ADDRESS} else account
            records[kind, subject] = bound.record(subject)
            while bound.forgotten:
                records[kind, bound.forgotten.pop()] = None
        try:
            await self._records.keep_limits(records)
        except StoreUnavailable as error:
            log.warning("the login limits could not be stored: %s", error)

    def _refuse_early(self, source: str, account: str) -> None:
        """Refuse logins that need no look at their password."""
        if self._lockout.is_locked(source):
            raise LoginLockedOut(self._refused_status(source, LoginResult.PORT_LOCKOUT))
        if self._account_lockout.is_locked(account):
            raise LoginLockedOut(self._refused_status(source, LoginResult.ACCOUNT_LOCKOUT))
        self._rate.check(source)
        self._account_rate.check(account)

    def _failed(self, source: str, user: str, *, known: bool) -> LoginRefused:
        self.failed_logins += 1
        self._lockout.failed(source)
        self._account_lockout.failed(user[:LONGEST_USER])
        if known:
            self._account(user).failed += 1
        return LoginRefused(self._refused_status(source, LoginResult.NO_LOCKOUT))

    def _refused_status(self, source: str, result: LoginResult) -> LoginStatus:
        """Status for a refused client: only of its own failures, so that users cannot be guessed."""
        return LoginStatus(self._lockout.failures(source), 0, "", ClientType.WEB, result)

    def _begin(self, caller: Caller, user: str) -> LoginStatus:
        """Make the session; the status describes the login before it, or this one when it is the first."""
        now_ms = self._clock.now_ms()
        before = self._account(user)
        self._accounts[user] = _Account(last_login_ms=now_ms, last_login_client=caller.address)
        session = LoginSession(
            id=self._new_id(),
            xsrf_token=str(uuid.uuid4()),
            user=user,
            location=caller.address,
            created_s=int(self._uptime_s()),
            last_used=self._clock.monotonic(),
            role=self._credentials.role(user),
        )
        self._sessions[session.id] = session
        caller.session, caller.user, caller.role = session, user, session.role
        return LoginStatus(
            failed_logins=before.failed,
            last_login_ms=before.last_login_ms or now_ms,
            last_login_client=before.last_login_client or caller.address,
            last_login_client_type=session.client_type,
        )

    def _account(self, user: str) -> _Account:
        """Record of `user`, including what was stored before a restart."""
        if user not in self._accounts:
            kept = None if self._records is None else self._records.last_login(user)
            self._accounts[user] = _Account.read(kept)
        return self._accounts[user]

    async def _keep_last_login(self, user: str) -> None:
        if self._records is None:
            return
        try:
            await self._records.keep_last_login(user, self._accounts[user].text())
        except StoreUnavailable as error:
            log.warning("the login record of %s could not be stored: %s", user, error)

    def _most_sessions(self, role: Role) -> int:
        """Maximum number of sessions before one more of this role; the last tenth is for administrators."""
        most = self.limits.max_sessions
        return most if role is Role.ADMIN else max(1, most - math.ceil(most / 10))

    def _is_idle(self, session: LoginSession) -> bool:
        return self._clock.monotonic() - session.last_used >= self.limits.idle_minutes * 60

    def _free_idle(self) -> None:
        for session in [one for one in self._sessions.values() if self._is_idle(one)]:
            del self._sessions[session.id]
