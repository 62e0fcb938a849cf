"""Sessions, lock-out and Basic credentials, on a driven clock."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from videobar.errors import (
    SessionAlreadyActive,
    SessionInvalidUserNamePassword,
    SessionMaxActiveSessionsReached,
    SessionNoActiveSession,
    SessionPortLockout,
    SessionRequestInvalid,
    StoreUnavailable,
    TooManyLogins,
    Unavailable,
)
from videobar.room.login import LoginLockedOut, LoginRefused
from videobar.room.login_limits import (
    ADDRESSES_REMEMBERED,
    CHECKS_AT_ONCE,
    CHECKS_WAITING,
    Lockout,
    LoginQueue,
    RateLimit,
    source_of,
)
from videobar.room.session import Caller, LoginSession, new_session_id
from videobar.room.sessions import Limits, Sessions
from videobar.vocabulary import LoginResult, Role

HERE = "10.0.0.1"


@dataclass
class CountingPasswords:
    """Implements the port; a hash is `v<version>:<password>`. While `gate` is set, checks wait for it."""

    version: int = 1
    checks: list[str | None] = field(default_factory=list)
    gate: asyncio.Event | None = None
    running: int = 0
    most_running: int = 0

    async def hash(self, password: str) -> str:
        return f"v{self.version}:{password}"

    async def verify(self, stored: str | None, password: str) -> bool:
        self.checks.append(stored)
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        if self.gate is not None:
            await self.gate.wait()
        self.running -= 1
        return stored is not None and stored.partition(":")[2] == password

    def needs_rehash(self, stored: str) -> bool:
        return not stored.startswith(f"v{self.version}:")


@dataclass
class Credentials:
    """Implements the port in memory; `broken` makes saving fail."""

    hashes: dict[str, str] = field(default_factory=lambda: {"admin": "v1:secret"})
    broken: bool = False

    def role(self, user: str) -> Role:
        return Role.USER if user == "guest" else Role.ADMIN

    async def load(self, user: str) -> str | None:
        return self.hashes.get(user)

    async def save(self, user: str, password_hash: str) -> None:
        if self.broken:
            raise StoreUnavailable("the disk is full")
        self.hashes[user] = password_hash


@pytest.fixture
def passwords() -> CountingPasswords:
    return CountingPasswords()


@pytest.fixture
def credentials() -> Credentials:
    return Credentials()


@pytest.fixture
def make(clock: Any, passwords: CountingPasswords, credentials: Credentials) -> Any:
    def build(**limits: Any) -> Sessions:
        return Sessions(clock=clock, passwords=passwords, credentials=credentials, limits=Limits(**limits))

    return build


@pytest.fixture
def sessions(make: Any) -> Sessions:
    return make()


async def login(sessions: Sessions, password: str = "secret", address: str = HERE) -> Caller:
    caller = Caller(address)
    await sessions.login(caller, "admin", password)
    return caller


async def fail(sessions: Sessions, times: int, address: str = HERE) -> None:
    for _ in range(times):
        with pytest.raises(SessionInvalidUserNamePassword):
            await login(sessions, "wrong", address)


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_login_makes_a_session_like_a_devices(sessions: Sessions, clock: Any) -> None:
    await clock.advance(77.9)
    caller = Caller(HERE)
    status = await sessions.login(caller, "ADMIN", "secret")
    session = caller.session
    assert session is not None
    assert re.fullmatch(r"PS[A-Za-z0-9+/]{48}", session.id)
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", session.xsrf_token
    )
    assert (session.user, session.location, session.created_s, session.is_new) == ("admin", HERE, 77, True)
    assert status.failed_logins == 0
    assert (status.last_login_ms, status.last_login_client) == (clock.now_ms(), HERE)
    assert status.result is LoginResult.NO_LOCKOUT
    assert (caller.user, caller.authenticated) == ("admin", True)
    assert session.handle not in session.id
    assert len(session.handle) == 8


async def test_ids_and_tokens_differ(sessions: Sessions) -> None:
    callers = [await login(sessions) for _ in range(5)]
    assert len({caller.session.id for caller in callers if caller.session}) == 5
    assert len({caller.session.xsrf_token for caller in callers if caller.session}) == 5


async def test_the_second_login_is_told_of_the_first(sessions: Sessions, clock: Any) -> None:
    await login(sessions, address="10.0.0.9")
    first_at = clock.now_ms()
    await clock.advance(60)
    await fail(sessions, 3)
    caller = Caller(HERE)
    status = await sessions.login(caller, "admin", "secret")
    assert (status.last_login_ms, status.last_login_client, status.failed_logins) == (first_at, "10.0.0.9", 3)
    assert (await sessions.login(Caller(HERE), "admin", "secret")).failed_logins == 0


async def test_a_live_session_cannot_log_in_again_but_an_ended_one_can(sessions: Sessions) -> None:
    caller = await login(sessions)
    first = caller.session
    with pytest.raises(SessionAlreadyActive):
        await sessions.login(caller, "admin", "secret")
    sessions.end_all()
    await sessions.login(caller, "admin", "secret")
    assert caller.session is not first


@pytest.mark.parametrize(("user", "password"), [(None, "x"), ("x", None), ("", "x"), ("x", ""), (None, None)])
async def test_user_and_password_are_needed(
    sessions: Sessions, passwords: CountingPasswords, user: str | None, password: str | None
) -> None:
    with pytest.raises(SessionRequestInvalid) as caught:
        await sessions.login(Caller(HERE), user, password)
    assert caught.value.reason == "SessionRequestInvalid"
    assert passwords.checks == []


async def test_unknown_users_are_answered_as_wrong_passwords(
    sessions: Sessions, passwords: CountingPasswords
) -> None:
    refused = []
    for user, address in (("admin", "10.0.0.2"), ("nobody", "10.0.0.3")):
        with pytest.raises(LoginRefused) as caught:
            await sessions.login(Caller(address), user, "wrong")
        refused.append((caught.value.reason, caught.value.login_status))
    assert refused[0] == refused[1]
    assert refused[0][0] == "SessionInvalidUserNamePassword"
    assert passwords.checks == ["v1:secret", None]


@pytest.mark.parametrize(("user", "password"), [("a" * 1000, "x"), ("admin", "secret" + "x" * 100_000)])
async def test_overlong_credentials_are_wrong(sessions: Sessions, user: str, password: str) -> None:
    with pytest.raises(LoginRefused):
        await sessions.login(Caller(HERE), user, password)


async def test_idle_sessions_end_and_used_ones_do_not(sessions: Sessions, clock: Any) -> None:
    idle, used = await login(sessions), await login(sessions)
    assert idle.session is not None
    assert used.session is not None
    await clock.advance(599)
    found = sessions.find(used.session.id)
    assert found is used.session
    sessions.use(found)
    assert found.is_new is False
    await clock.advance(1)
    assert sessions.find(idle.session.id) is None
    assert sessions.find(used.session.id) is used.session
    assert sessions.all() == [used.session]


async def test_setting_the_rooms_time_ends_no_session(sessions: Sessions, clock: Any) -> None:
    caller = await login(sessions)
    clock.offset_ms = 10**10
    assert caller.session is not None
    assert sessions.find(caller.session.id) is caller.session


async def test_the_limit_frees_idle_sessions_first(make: Any, clock: Any) -> None:
    sessions = make(max_sessions=2)
    await login(sessions)
    await login(sessions)
    refused = Caller(HERE)
    with pytest.raises(SessionMaxActiveSessionsReached):
        await sessions.login(refused, "admin", "secret")
    assert refused.session is None
    await clock.advance(600)
    await login(sessions)
    assert len(sessions.all()) == 1


async def test_logins_at_once_do_not_exceed_the_limit(make: Any) -> None:
    sessions = make(max_sessions=3)
    outcomes = await asyncio.gather(*(login(sessions) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(outcome, SessionMaxActiveSessionsReached) for outcome in outcomes) == 5
    assert len(sessions.all()) == 3


async def test_the_last_tenth_of_the_sessions_is_for_administrators(
    make: Any, credentials: Credentials
) -> None:
    credentials.hashes["guest"] = "v1:secret"
    sessions = make(max_sessions=20)

    async def begun(user: str, times: int) -> int:
        tries = (sessions.login(Caller(HERE), user, "secret") for _ in range(times))
        outcomes = await asyncio.gather(*tries, return_exceptions=True)
        return sum(not isinstance(outcome, SessionMaxActiveSessionsReached) for outcome in outcomes)

    assert await begun("guest", 30) == 18
    assert await begun("admin", 3) == 2


async def test_who_has_failed_before_waits_behind_who_has_not() -> None:
    queue, served = LoginQueue(), []
    go = asyncio.Event()

    async def check(name: str, failures: int) -> None:
        try:
            async with queue.turn(failures):
                await go.wait()
                served.append(name)
        except Unavailable:
            served.append(f"{name} refused")

    guesses = [asyncio.create_task(check(f"guess {number}", 1)) for number in range(100)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(served) == 100 - CHECKS_AT_ONCE - CHECKS_WAITING
    admin = asyncio.create_task(check("admin", 0))
    gone = asyncio.create_task(check("gone", 0))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    served.clear()
    go.set()
    await asyncio.gather(*guesses, admin)
    assert served.index("admin") == CHECKS_AT_ONCE
    assert sum(not name.endswith("refused") for name in served) == CHECKS_AT_ONCE + CHECKS_WAITING - 1
    async with queue.turn():
        pass


async def test_logout(sessions: Sessions) -> None:
    caller = await login(sessions)
    assert caller.session is not None
    copy = Caller(HERE, caller.session, "admin")
    sessions.logout(caller)
    assert (caller.session, caller.authenticated) == (None, False)
    assert sessions.all() == []
    for again in (caller, copy, Caller(HERE)):
        with pytest.raises(SessionNoActiveSession):
            sessions.logout(again)


async def test_end_all(sessions: Sessions) -> None:
    caller = await login(sessions)
    sessions.end_all()
    assert caller.session is not None
    assert sessions.find(caller.session.id) is None


async def test_lockout_refuses_right_passwords_without_checking_them(
    make: Any, passwords: CountingPasswords, clock: Any
) -> None:
    sessions = make(lockout_attempts=3)
    await fail(sessions, 3)
    checked = len(passwords.checks)
    with pytest.raises(LoginLockedOut) as caught:
        await login(sessions)
    assert caught.value.reason == "SessionPortLockout"
    assert isinstance(caught.value, SessionPortLockout)
    assert caught.value.login_status.result is LoginResult.PORT_LOCKOUT
    assert caught.value.login_status.failed_logins == 3
    assert len(passwords.checks) == checked
    await login(sessions, address="10.0.0.2")
    await clock.advance(59.9)
    with pytest.raises(SessionPortLockout):
        await login(sessions)
    await clock.advance(0.1)
    await login(sessions)


async def test_a_success_clears_the_count(make: Any) -> None:
    sessions = make(lockout_attempts=3)
    await fail(sessions, 2)
    await login(sessions)
    await fail(sessions, 2)
    await login(sessions)


async def test_failures_outside_the_window_do_not_add_up(make: Any, clock: Any) -> None:
    sessions = make(lockout_attempts=2, lockout_window_hours=1)
    await fail(sessions, 1)
    await clock.advance(3600)
    await fail(sessions, 1)
    await login(sessions)


async def test_without_lockout_any_number_may_fail(make: Any) -> None:
    sessions = make(lockout_attempts=None)
    await fail(sessions, 50)
    await login(sessions)


async def test_failures_at_once_pass_the_lockout_by_no_more_than_run_at_once(
    make: Any, passwords: CountingPasswords
) -> None:
    sessions = make(lockout_attempts=2)
    passwords.gate = asyncio.Event()
    attempts = [asyncio.create_task(login(sessions, "wrong")) for _ in range(30)]
    await turns()
    passwords.gate.set()
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert passwords.most_running == CHECKS_AT_ONCE
    assert len(passwords.checks) < 2 + CHECKS_AT_ONCE
    assert sum(isinstance(outcome, LoginLockedOut) for outcome in outcomes) >= 30 - 2 - CHECKS_AT_ONCE


async def test_too_many_waiting_logins_are_refused_at_once(
    sessions: Sessions, passwords: CountingPasswords
) -> None:
    passwords.gate = asyncio.Event()
    waiting = [asyncio.create_task(login(sessions)) for _ in range(CHECKS_AT_ONCE + CHECKS_WAITING)]
    await turns()
    with pytest.raises(Unavailable):
        await login(sessions)
    passwords.gate.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert len(sessions.all()) == sum(isinstance(outcome, Caller) for outcome in outcomes) == 50
    with pytest.raises(SessionMaxActiveSessionsReached):
        await login(sessions)


async def test_a_given_up_login_gives_its_place_back(
    sessions: Sessions, passwords: CountingPasswords
) -> None:
    passwords.gate = asyncio.Event()
    waiting = [asyncio.create_task(login(sessions)) for _ in range(CHECKS_AT_ONCE + CHECKS_WAITING)]
    await turns()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    passwords.gate = None
    assert (await login(sessions)).session is not None


def test_the_lockout_remembers_a_bounded_number_of_addresses(clock: Any) -> None:
    lockout = Lockout(clock, attempts=2, minutes=1, window_hours=None)
    for number in range(ADDRESSES_REMEMBERED + 1):
        lockout.failed(str(number))
    assert lockout.failures("0") == 0
    assert lockout.failures("1") == 1


async def test_logins_of_an_address_are_limited_right_or_wrong(
    make: Any, passwords: CountingPasswords, clock: Any
) -> None:
    sessions = make(logins_per_minute=6)
    await fail(sessions, 3)
    for _ in range(3):
        await login(sessions)
    with pytest.raises(TooManyLogins) as caught:
        await login(sessions)
    assert caught.value.retry_after_s == 10
    assert len(passwords.checks) == 6
    await login(sessions, address="10.0.0.2")
    await clock.advance(9.9)
    with pytest.raises(TooManyLogins):
        await login(sessions)
    await clock.advance(0.1)
    await login(sessions)
    with pytest.raises(TooManyLogins):
        await login(sessions)


async def test_logins_of_a_user_are_limited_wherever_they_come_from(make: Any) -> None:
    sessions = make(account_logins_per_minute=2)
    await login(sessions, address="10.0.0.1")
    await login(sessions, address="10.0.0.2")
    with pytest.raises(TooManyLogins):
        await login(sessions, address="10.0.0.3")
    with pytest.raises(SessionInvalidUserNamePassword):
        await sessions.login(Caller("10.0.0.3"), "other", "secret")


async def test_basic_takes_from_the_rate_only_when_the_password_is_checked(make: Any) -> None:
    sessions = make(logins_per_minute=1)
    for _ in range(3):
        await sessions.authenticate(Caller(HERE), "admin", "secret")
    with pytest.raises(TooManyLogins):
        await sessions.authenticate(Caller(HERE), "admin", "other")


async def test_logins_at_once_pass_the_rate_no_more_often_than_one_after_the_other(
    make: Any, passwords: CountingPasswords
) -> None:
    sessions = make(logins_per_minute=5)
    outcomes = await asyncio.gather(*(login(sessions) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(outcome, TooManyLogins) for outcome in outcomes) == 15
    assert len(passwords.checks) == 5


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::1", "::1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::f00:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("client", "client"),
    ],
)
def test_logins_of_an_ipv6_network_count_together(address: str, source: str) -> None:
    assert source_of(address) == source


async def test_a_rate_goes_on_after_a_restart_and_fills_again(clock: Any) -> None:
    rate = RateLimit(clock, 2)
    rate.take(HERE)
    rate.take(HERE)
    kept = rate.record(HERE)
    assert kept is not None
    again = RateLimit(clock, 2)
    again.restore({HERE: kept, "10.0.0.2": "nonsense", "10.0.0.3": "9e9", "10.0.0.4": "nan"})
    with pytest.raises(TooManyLogins):
        again.check(HERE)
    for other in ("10.0.0.2", "10.0.0.3", "10.0.0.4"):
        again.check(other)
    await clock.advance(60)
    assert again.record(HERE) is None


def test_the_rate_remembers_a_bounded_number_of_addresses(clock: Any) -> None:
    rate = RateLimit(clock, 2)
    for number in range(ADDRESSES_REMEMBERED + 1):
        rate.take(str(number))
    assert rate.forgotten == ["0"]
    assert rate.record("0") is None


async def test_a_hash_with_old_parameters_is_renewed(
    sessions: Sessions, passwords: CountingPasswords, credentials: Credentials
) -> None:
    passwords.version = 2
    await login(sessions)
    assert credentials.hashes == {"admin": "v2:secret"}


async def test_a_hash_that_cannot_be_renewed_stops_nobody(
    sessions: Sessions, passwords: CountingPasswords, credentials: Credentials
) -> None:
    passwords.version = 2
    credentials.broken = True
    assert (await login(sessions)).session is not None
    assert credentials.hashes == {"admin": "v1:secret"}


async def test_ensure_account_keeps_an_existing_password(
    sessions: Sessions, credentials: Credentials
) -> None:
    await sessions.ensure_account("Admin", "other")
    assert credentials.hashes == {"admin": "v1:secret"}
    await sessions.ensure_account("Second", "new")
    assert credentials.hashes["second"] == "v1:new"


async def test_basic_is_checked_once_per_five_minutes(
    sessions: Sessions, passwords: CountingPasswords, clock: Any
) -> None:
    caller = Caller(HERE)
    await sessions.authenticate(caller, "Admin", "secret")
    await sessions.authenticate(Caller(HERE), "admin", "secret")
    assert (caller.user, caller.session, caller.authenticated) == ("admin", None, True)
    assert len(passwords.checks) == 1
    await clock.advance(300)
    await sessions.authenticate(Caller(HERE), "admin", "secret")
    assert len(passwords.checks) == 2


async def test_basic_requests_at_once_are_checked_no_more_often_than_run_at_once(
    sessions: Sessions, passwords: CountingPasswords
) -> None:
    await asyncio.gather(*(sessions.authenticate(Caller(HERE), "admin", "secret") for _ in range(20)))
    assert len(passwords.checks) <= CHECKS_AT_ONCE


async def test_wrong_basic_counts_towards_the_lockout(make: Any) -> None:
    sessions = make(lockout_attempts=2)
    for _ in range(2):
        with pytest.raises(LoginRefused):
            await sessions.authenticate(Caller(HERE), "admin", "wrong")
    with pytest.raises(LoginLockedOut):
        await sessions.authenticate(Caller(HERE), "admin", "secret")


async def test_remembered_basic_lives_through_a_lockout_but_not_a_new_password(make: Any) -> None:
    sessions = make(lockout_attempts=2)
    await sessions.authenticate(Caller(HERE), "admin", "secret")
    await fail(sessions, 2)
    await sessions.authenticate(Caller(HERE), "admin", "secret")
    await sessions.set_password("ADMIN", "fresh")
    with pytest.raises(LoginLockedOut):
        await sessions.authenticate(Caller(HERE), "admin", "secret")
    with pytest.raises(LoginRefused):
        await sessions.authenticate(Caller("10.0.0.7"), "admin", "secret")
    await sessions.authenticate(Caller("10.0.0.7"), "admin", "fresh")


async def test_basic_verified_while_the_password_changes_is_not_remembered(
    sessions: Sessions, passwords: CountingPasswords
) -> None:
    passwords.gate = asyncio.Event()
    checking = asyncio.create_task(sessions.authenticate(Caller(HERE), "admin", "secret"))
    await turns()
    await sessions.set_password("admin", "fresh")
    passwords.gate.set()
    await checking
    with pytest.raises(LoginRefused):
        await sessions.authenticate(Caller(HERE), "admin", "secret")


def test_the_public_id_has_the_shape_of_an_id():
    session = LoginSession(new_session_id(), "token", "admin", "here", 0, 0.0)
    assert len(session.public_id) == len(session.id) == 50
    assert session.public_id.startswith("PS")
    assert session.public_id != session.id
