"""Who is logged in: sessions, passwords, lock-out and the limits on all three.

Times here are monotonic, so that setting the room's clock neither ends a session nor opens a lock-out.
Only `lastLoginTime`, which people read, is room time.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import secrets
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from videobar.clock import Clock
from videobar.errors import (
    SessionAlreadyActive,
    SessionInvalidUserNamePassword,
    SessionMaxActiveSessionsReached,
    SessionNoActiveSession,
    SessionPortLockout,
    SessionRequestInvalid,
    StoreUnavailable,
    Unavailable,
)
from videobar.vocabulary import ClientType, LoginResult, Role

log = logging.getLogger("videobar.sessions")

LONGEST_USER = 256
LONGEST_PASSWORD = 1024
CHECKS_AT_ONCE = 2
CHECKS_WAITING = 64
BASIC_SECONDS = 300.0
BASIC_REMEMBERED = 256
ADDRESSES_REMEMBERED = 10_000


class PasswordHasher(Protocol):
    """Port: slow password hashing, done where it does not hold up the event loop."""

    async def hash(self, password: str) -> str:
        """A salted hash of `password`, with its parameters in the text."""
        ...

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` made `stored`.

        For `None` (there is no such user) it takes as long as for any other, and is false.
        """
        ...

    def needs_rehash(self, stored: str) -> bool:
        """Whether `stored` was made with other parameters than those in use."""
        ...


class CredentialStore(Protocol):
    """Port: the stored hash of each user; user names come in lower case."""

    async def load(self, user: str) -> str | None:
        """The hash of `user`, or `None` when there is no such user."""
        ...

    async def save(self, user: str, password_hash: str) -> None:
        """Keep the hash durably. Raises `StoreUnavailable`."""
        ...


@dataclass(frozen=True)
class Limits:
    """What an administrator can set about sessions; the defaults are the device's."""

    max_sessions: int = 50
    idle_minutes: float = 10
    lockout_attempts: int | None = 10
    """Failed logins from one address until it is locked out; `None` for never."""
    lockout_minutes: float = 1
    lockout_window_hours: float | None = None
    """Within how many hours failures add up; `None`: until a login succeeds."""


@dataclass
class Session:
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
    """Whether no request has come with it yet."""
    handle: str = field(init=False)
    """Names the session in logs; the id cannot be found from it."""

    def __post_init__(self) -> None:
        self.handle = hashlib.sha256(self.id.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class LoginStatus:
    """What a login is told about the account. `last_login_ms` is room time; 0 and "" before the first login."""

    failed_logins: int
    """Failures of this user since the last success."""
    last_login_ms: int
    last_login_client: str
    last_login_client_type: ClientType
    result: LoginResult = LoginResult.NO_LOCKOUT


class LoginRefused(SessionInvalidUserNamePassword):
    """Wrong user or password; knows the status that the answer carries."""

    def __init__(self, status: LoginStatus) -> None:
        super().__init__()
        self.status = status

    @property
    def code(self) -> str:
        """The observed token."""
        return SessionInvalidUserNamePassword.__name__


class LoginLockedOut(SessionPortLockout):
    """The address is locked out; knows the status that the answer carries."""

    def __init__(self, status: LoginStatus) -> None:
        super().__init__()
        self.status = status

    @property
    def code(self) -> str:
        """The observed token."""
        return SessionPortLockout.__name__


@dataclass
class Caller:
    """Who makes a request. Logging in and out changes it, and the HTTPS face sets cookies accordingly."""

    address: str
    session: Session | None = None
    user: str | None = None
    """Lower case; set with a session, and for HTTP Basic without one."""

    @property
    def authenticated(self) -> bool:
        """Whether the caller has shown who it is, by session or by password."""
        return self.user is not None


@dataclass
class _Failures:
    """Failed logins of one address: how many, since when, and until when it is locked out (monotonic)."""

    count: int = 0
    since: float = 0.0
    locked_until: float = 0.0


@dataclass
class _Account:
    """What is remembered of a user between logins."""

    failed: int = 0
    last_login_ms: int = 0
    last_login_client: str = ""


def new_session_id() -> str:
    """`PS` and the base64 of 36 random bytes: 50 characters, as on real devices."""
    return "PS" + base64.b64encode(secrets.token_bytes(36)).decode()


class Sessions:
    """The service. All state is in memory, so nobody is logged in after a restart.

    `uptime_s` tells the seconds since the room started; by default since this object was made.
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
    ) -> None:
        self.limits = limits or Limits()
        self._clock = clock
        self._passwords = passwords
        self._credentials = credentials
        self._new_id = new_id
        started = clock.monotonic()
        self._uptime_s = uptime_s or (lambda: clock.monotonic() - started)
        self._sessions: dict[str, Session] = {}
        self._accounts: dict[str, _Account] = {}
        self._lockout = _Lockout(clock, self.limits)
        self._checks = _Checks()
        self._verified = _VerifiedBasic(clock)

    # Sessions

    async def login(self, caller: Caller, user: str | None, password: str | None) -> LoginStatus:
        """Log `caller` in and give it a session, which is then `caller.session`.

        Raises `SessionAlreadyActive` when the caller has a live session, `SessionRequestInvalid` without a user or
        password, `LoginLockedOut`, `LoginRefused`, `SessionMaxActiveSessionsReached`, and `Unavailable` when
        more logins wait than the room can check in reasonable time. The number of sessions is checked
        after the password, so that strangers learn nothing from it.
        """
        if caller.session is not None and self.find(caller.session.id) is not None:
            raise SessionAlreadyActive
        if not user or not password:
            raise SessionRequestInvalid
        name = user.lower()
        await self._check(caller.address, name, password)
        self._free_idle()
        if len(self._sessions) >= self.limits.max_sessions:
            raise SessionMaxActiveSessionsReached
        return self._begin(caller, name)

    def find(self, session_id: str) -> Session | None:
        """The live session with this id, or `None`; does not count as use."""
        session = self._sessions.get(session_id)
        if session is None:
            return None
        if self._is_idle(session):
            del self._sessions[session_id]
            return None
        return session

    def use(self, session: Session) -> None:
        """A request came with `session`: it is in use from now on."""
        session.last_used = self._clock.monotonic()
        session.is_new = False

    def logout(self, caller: Caller) -> None:
        """End the caller's session. Raises `SessionNoActiveSession`."""
        session = caller.session
        caller.session = caller.user = None
        if session is None or self.find(session.id) is None:
            raise SessionNoActiveSession
        del self._sessions[session.id]

    def all(self) -> list[Session]:
        """The live sessions, oldest first."""
        self._free_idle()
        return list(self._sessions.values())

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
        towards the lock-out as a wrong login does. Raises `LoginLockedOut`, `LoginRefused` or `Unavailable`.
        """
        name = user.lower()
        if not self._verified.has(name, password):
            await self._check(caller.address, name, password, remembered=True)
        caller.user = name

    async def _check(self, address: str, user: str, password: str, *, remembered: bool = False) -> None:
        """Return when the password is right; otherwise count the failure and raise."""
        self._refuse_locked_out(address, user)
        async with self._checks.turn():
            # While waiting, others from this address may have failed or, with Basic, been verified.
            if remembered and self._verified.has(user, password):
                return
            self._refuse_locked_out(address, user)
            generation = self._verified.generation
            if len(user) > LONGEST_USER or len(password) > LONGEST_PASSWORD:
                stored, tried = None, ""
            else:
                stored, tried = await self._credentials.load(user), password
            if not await self._passwords.verify(stored, tried) or stored is None:
                raise self._failed(address, user, known=stored is not None)
            self._lockout.succeeded(address)
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
            log.warning("the password hash of %s stays as it was: %s", user, error)

    def _refuse_locked_out(self, address: str, user: str) -> None:
        if self._lockout.is_locked(address):
            raise LoginLockedOut(self._status(user, LoginResult.PORT_LOCKOUT))

    def _failed(self, address: str, user: str, *, known: bool) -> LoginRefused:
        self._lockout.failed(address)
        if known:
            self._accounts.setdefault(user, _Account()).failed += 1
        return LoginRefused(self._status(user))

    def _status(self, user: str, result: LoginResult = LoginResult.NO_LOCKOUT) -> LoginStatus:
        account = self._accounts.get(user) or _Account()
        return LoginStatus(
            failed_logins=account.failed,
            last_login_ms=account.last_login_ms,
            last_login_client=account.last_login_client,
            last_login_client_type=ClientType.WEB,
            result=result,
        )

    def _begin(self, caller: Caller, user: str) -> LoginStatus:
        account = self._accounts.setdefault(user, _Account())
        failed = account.failed
        account.failed = 0
        account.last_login_ms = self._clock.now_ms()
        account.last_login_client = caller.address
        session = Session(
            id=self._new_id(),
            xsrf_token=str(uuid.uuid4()),
            user=user,
            location=caller.address,
            created_s=int(self._uptime_s()),
            last_used=self._clock.monotonic(),
        )
        self._sessions[session.id] = session
        caller.session, caller.user = session, user
        return LoginStatus(failed, account.last_login_ms, caller.address, ClientType.WEB)

    def _is_idle(self, session: Session) -> bool:
        return self._clock.monotonic() - session.last_used >= self.limits.idle_minutes * 60

    def _free_idle(self) -> None:
        for session in [one for one in self._sessions.values() if self._is_idle(one)]:
            del self._sessions[session.id]


class _Checks:
    """Lets few password checks run at once and not too many wait, so that a storm of logins starves nobody."""

    def __init__(self) -> None:
        self._running = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._present = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and have it. Raises `Unavailable` at once when too many wait already."""
        if self._present >= CHECKS_AT_ONCE + CHECKS_WAITING:
            raise Unavailable("too many logins are waiting to be checked; try again")
        self._present += 1
        try:
            async with self._running:
                yield
        finally:
            self._present -= 1


class _Lockout:
    """Failed logins by client address. The oldest addresses are forgotten when there are very many."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def is_locked(self, address: str) -> bool:
        """Whether logins from `address` are refused at the moment."""
        failures = self._failures.get(address)
        if failures is None or not failures.locked_until:
            return False
        if self._clock.monotonic() < failures.locked_until:
            return True
        del self._failures[address]
        return False

    def failed(self, address: str) -> None:
        """Count a failure, and lock the address out when that was one too many."""
        if self._limits.lockout_attempts is None:
            return
        now = self._clock.monotonic()
        window = self._limits.lockout_window_hours
        failures = self._failures.get(address)
        if failures is None or (
            window is not None and not failures.locked_until and now - failures.since >= window * 3600
        ):
            failures = self._failures[address] = _Failures(since=now)
        failures.count += 1
        self._failures.move_to_end(address)
        if failures.count >= self._limits.lockout_attempts and not failures.locked_until:
            failures.locked_until = now + self._limits.lockout_minutes * 60
            log.warning("logins from %s are locked out after %d failures", address, failures.count)
        while len(self._failures) > ADDRESSES_REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget the failures of `address`."""
        self._failures.pop(address, None)


class _VerifiedBasic:
    """Basic credentials that were right a short while ago, as digests under a key of this process."""

    def __init__(self, clock: Clock) -> None:
        self.generation = 0
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def has(self, user: str, password: str) -> bool:
        """Whether these credentials were verified within the last minutes."""
        digest = self._digest(user, password)
        until = self._until.get(digest)
        if until is None:
            return False
        if self._clock.monotonic() < until:
            return True
        del self._until[digest]
        return False

    def add(self, user: str, password: str, generation: int) -> None:
        """Remember them, unless passwords have changed since `generation` was read."""
        if generation != self.generation:
            return
        self._until[self._digest(user, password)] = self._clock.monotonic() + BASIC_SECONDS
        while len(self._until) > BASIC_REMEMBERED:
            self._until.popitem(last=False)

    def clear(self) -> None:
        """Forget all, as after a change of password."""
        self.generation += 1
        self._until.clear()

    def _digest(self, user: str, password: str) -> bytes:
        """Keyed digest; the length keeps `("ab", "c")` apart from `("a", "bc")`."""
        text = f"{len(user)}:{user}{password}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256")
