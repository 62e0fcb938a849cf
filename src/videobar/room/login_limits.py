"""Login limits: the queue for password checks, lock-outs, rates, and what need not be checked again."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import itertools
import logging
import math
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from videobar.clock import Clock
from videobar.errors import TooManyLogins, Unavailable

log = logging.getLogger("videobar.sessions")

CHECKS_AT_ONCE = 2
CHECKS_WAITING = 64
BASIC_SECONDS = 300.0
BASIC_REMEMBERED = 256
ADDRESSES_REMEMBERED = 10_000
RATE_SECONDS = 60.0


def source_of(address: str) -> str:
    """Address that logins from `address` are counted for: itself, and for IPv6 its network of 64 bits.

    A host picks the rest of an IPv6 address as it likes (RFC 4291 section 2.5.1, RFC 8981).
    """
    try:
        literal = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(literal, ipaddress.IPv4Address) or literal.is_loopback:
        return address
    if literal.ipv4_mapped is not None:
        return str(literal.ipv4_mapped)
    return str(ipaddress.ip_network((literal, 64), strict=False))


@dataclass
class _Failures:
    """Failed logins of one address: how many, since when, and until when it is locked out (monotonic)."""

    count: int = 0
    since: float = 0.0
    locked_until: float = 0.0


@dataclass(eq=False)
class _Waiter:
    """A login in the queue: the failures of its address, its number in order of arrival, and its turn."""

    failures: int
    number: int
    turn: asyncio.Future[None]

    @property
    def rank(self) -> tuple[int, int]:
        """Sort key: fewer failures first, then in order of arrival."""
        return self.failures, self.number


class LoginQueue:
    """Priority queue for password checks: few run at once, not too many wait, addresses that failed before wait behind.

    A storm of guesses from many addresses fills the places of those that have failed; an address without failures
    is served before them, and takes the place of the last of them when the queue is full.
    """

    def __init__(self) -> None:
        self._running = 0
        self._waiting: list[_Waiter] = []
        self._came = itertools.count()

    @property
    def present(self) -> int:
        """Number of checks that run or wait."""
        return self._running + len(self._waiting)

    @asynccontextmanager
    async def turn(self, failures: int = 0) -> AsyncIterator[None]:
        """Wait for a turn, and have it. `failures` is how often the address has failed since it succeeded.

        Raises `Unavailable` when too many wait who have failed no more often, at once or later.
        """
        await self._wait(failures)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, failures: int) -> None:
        if self._running < CHECKS_AT_ONCE:
            self._running += 1
            return
        waiter = _Waiter(failures, next(self._came), asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        if len(self._waiting) > CHECKS_WAITING:
            last = max(self._waiting, key=lambda one: one.rank)
            self._waiting.remove(last)
            last.turn.set_exception(Unavailable("too many logins are waiting to be checked; try again"))
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            elif not waiter.turn.cancelled() and waiter.turn.exception() is None:
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Give the turn that has ended to the first in the queue."""
        self._waiting = [one for one in self._waiting if not one.turn.done()]
        if not self._waiting:
            self._running -= 1
            return
        first = min(self._waiting, key=lambda one: one.rank)
        self._waiting.remove(first)
        first.turn.set_result(None)


class Lockout:
    """Failed logins by client address; `attempts` of them within `window_hours` lock it out for `minutes`.

    `None` attempts never lock out; without a window failures add up until a login succeeds. The oldest
    addresses are forgotten when there are very many.
    """

    def __init__(
        self, clock: Clock, *, attempts: int | None, minutes: float, window_hours: float | None
    ) -> None:
        self._clock = clock
        self._attempts = attempts
        self._lock_seconds = minutes * 60
        self._window_seconds = None if window_hours is None else window_hours * 3600
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self.forgotten: list[str] = []
        """Evicted addresses, whose records are to be deleted."""

    def is_locked(self, address: str) -> bool:
        """True if logins from `address` are refused at the moment."""
        failures = self._failures.get(address)
        if failures is None or not failures.locked_until:
            return False
        if self._clock.monotonic() < failures.locked_until:
            return True
        del self._failures[address]
        return False

    def failures(self, address: str) -> int:
        """Number of failed logins from `address` since the last success."""
        failures = self._failures.get(address)
        return failures.count if failures is not None else 0

    def failed(self, address: str) -> None:
        """Count a failure, and lock the address out when that was one too many."""
        now = self._clock.monotonic()
        window = self._window_seconds
        failures = self._failures.get(address)
        if failures is None or (
            window is not None and not failures.locked_until and now - failures.since >= window
        ):
            failures = self._failures[address] = _Failures(since=now)
        failures.count += 1
        self._failures.move_to_end(address)
        if self._attempts is not None and failures.count >= self._attempts and not failures.locked_until:
            failures.locked_until = now + self._lock_seconds
            log.warning("logins from %s are locked out after %d failures", address, failures.count)
        while len(self._failures) > ADDRESSES_REMEMBERED:
            forgotten, _ = self._failures.popitem(last=False)
            self.forgotten.append(forgotten)

    def succeeded(self, address: str) -> bool:
        """Forget the failures of `address`; whether there were any."""
        return self._failures.pop(address, None) is not None

    def record(self, address: str) -> str | None:
        """Record of `address`, as a text to store; `None` when there is nothing to store.

        Times are kept as what is left of them, so that neither a restart nor a clock that is set makes them longer.
        """
        failures = self._failures.get(address)
        if failures is None or self._attempts is None:
            return None
        now = self._clock.monotonic()
        left = max(0.0, failures.locked_until - now) if failures.locked_until else 0.0
        return f"{failures.count} {now - failures.since:.0f} {left:.0f}"

    def restore(self, records: Mapping[str, str]) -> None:
        """Restore what was stored; unreadable records are ignored. A lock-out lasts as long as was left of it."""
        now = self._clock.monotonic()
        for address, record in records.items():
            try:
                count, age, left = (float(part) for part in record.split())
            except ValueError:
                continue
            if left <= 0 and self._attempts is not None and count >= self._attempts:
                continue  # it was locked out, and that is over
            until = now + min(left, self._lock_seconds) if left > 0 else 0.0
            self._failures[address] = _Failures(int(count), now - age, until)


class RateLimit:
    """Rate limit of password checks for one subject: a token bucket of `per_minute`, refilled within a minute.

    Of each subject it knows only when its bucket is full again (the virtual scheduling form of ITU-T I.371's generic
    cell rate algorithm). `None` limits nothing. The oldest subjects are forgotten when there are very many.
    """

    def __init__(self, clock: Clock, per_minute: int | None) -> None:
        self._clock = clock
        self._interval_s = 0.0 if per_minute is None else RATE_SECONDS / per_minute
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self.forgotten: list[str] = []
        """Evicted subjects, whose records are to be deleted."""

    def check(self, subject: str) -> None:
        """Raise `TooManyLogins` while the bucket of `subject` has no token."""
        wait_s = self._missing_s(subject) + self._interval_s - RATE_SECONDS
        if wait_s > 1e-6:  # of a minute's sums of floats
            seconds = math.ceil(wait_s)
            raise TooManyLogins(f"too many logins; try again in {seconds} s", retry_after_s=seconds)

    def take(self, subject: str) -> None:
        """Take a token from the bucket of `subject`, which was checked to have one."""
        if not self._interval_s:
            return
        self._full_at[subject] = self._clock.monotonic() + self._missing_s(subject) + self._interval_s
        self._full_at.move_to_end(subject)
        while len(self._full_at) > ADDRESSES_REMEMBERED:
            forgotten, _ = self._full_at.popitem(last=False)
            self.forgotten.append(forgotten)

    def record(self, subject: str) -> str | None:
        """Seconds until the bucket of `subject` is full, as a text to store; `None` when it is."""
        missing_s = self._missing_s(subject)
        return f"{missing_s:.3f}" if missing_s else None

    def restore(self, records: Mapping[str, str]) -> None:
        """Restore what was stored; unreadable records are ignored."""
        now = self._clock.monotonic()
        for subject, record in records.items():
            try:
                missing_s = float(record)
            except ValueError:
                continue
            if 0 < missing_s <= RATE_SECONDS:
                self._full_at[subject] = now + missing_s

    def _missing_s(self, subject: str) -> float:
        """Seconds until the bucket of `subject` is full."""
        return max(0.0, self._full_at.get(subject, 0.0) - self._clock.monotonic())


class VerifiedCredentials:
    """Basic credentials that were right a short while ago, as digests under a key of this process."""

    def __init__(self, clock: Clock) -> None:
        self.generation = 0
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def has(self, user: str, password: str) -> bool:
        """True if these credentials were verified within the last minutes."""
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
