"""Accounts and sessions of the room."""

from __future__ import annotations

from dataclasses import dataclass

from videobar.assembly.site import Site
from videobar.room.accounts import ADMIN, Accounts, PasswordPolicy
from videobar.room.login_records import StoredLogins
from videobar.room.sessions import Limits, Sessions
from videobar.room.system.service import System


@dataclass(frozen=True)
class Logins:
    """Accounts and sessions, and whether the administrator's password is still the serial number."""

    accounts: Accounts
    sessions: Sessions
    password_is_serial_number: bool


async def open_logins(site: Site, system: System) -> Logins:
    """The accounts, with one for the administrator. Raises `StoreUnavailable`."""
    settings, store, hasher, serial_number = site.settings, site.store, site.hasher, site.serial_number
    accounts = Accounts(
        store=store,
        passwords=hasher,
        policy=PasswordPolicy(settings.password_min_length, settings.password_history),
    )
    sessions = Sessions(
        clock=site.clock,
        passwords=hasher,
        credentials=accounts,
        records=StoredLogins(store),
        uptime_s=lambda: system.uptime_s,
        limits=Limits(
            max_sessions=settings.max_sessions,
            idle_minutes=settings.idle_minutes,
            lockout_attempts=settings.lockout_attempts,
            lockout_minutes=settings.lockout_minutes,
            lockout_window_hours=settings.lockout_window_hours,
            account_lockout_attempts=settings.account_lockout_attempts,
            account_lockout_minutes=settings.account_lockout_minutes,
            logins_per_minute=settings.logins_per_minute,
            account_logins_per_minute=settings.account_logins_per_minute,
        ),
    )
    stored = await accounts.load(ADMIN)
    wanted = settings.admin_password
    if wanted is not None:
        if stored is None or not await hasher.verify(stored, wanted):
            await sessions.set_password(ADMIN, wanted)
    else:
        await sessions.ensure_account(ADMIN, serial_number)
    unchanged = wanted is None and (stored is None or await hasher.verify(stored, serial_number))
    return Logins(accounts, sessions, unchanged)
