"""Variables of `/rest/config`: the names that clients of devices use, and every setting as `videobar.<name>`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from videobar.assembly.configured import Configured, StoredSettings
from videobar.assembly.names import Behind, device_variables
from videobar.room.system.configuration import Value, Variable, as_text
from videobar.settings import table

__all__ = ["OF_SETTINGS", "StoredSettings", "variables"]

OWN = "videobar."

OF_SETTINGS = {
    "sec.web.idleSessionTimeout": "idle_minutes",
    "sec.web.port": "port",
    "sec.access.maxSessions": "max_sessions",
    "sec.auth.portLockout.lockoutAttempts": "lockout_attempts",
    "sec.auth.portLockout.lockoutTime": "lockout_minutes",
    "sec.auth.portLockout.failedLoginWindow": "lockout_window_hours",
    "sec.auth.accountLockout.admin.lockoutAttempts": "account_lockout_attempts",
    "sec.auth.accountLockout.admin.lockoutTime": "account_lockout_minutes",
}
"""The device's name (its configuration schema, or observed clients) for settings of ours with the same values."""


def variables(behind: Behind) -> Iterator[Variable]:
    """All variables of a room."""
    configured = behind.configured
    yield from device_variables(behind)
    for item in table():
        yield _of_setting(OWN + item.name, item.name, configured, configured.used)
    for name, setting in OF_SETTINGS.items():
        yield _of_setting(name, setting, configured, configured.value)


def _of_setting(name: str, setting: str, configured: Configured, value: Callable[[str], object]) -> Variable:
    """A setting under a name; one that flag, environment or file have fixed cannot be changed here."""
    item = configured.item(setting)
    return Variable(
        name,
        item.help,
        lambda: item.show(value(setting)),
        _writer(setting, configured) if configured.editable(setting) else None,
        at_restart=not configured.is_live(setting),
        secure=item.secret,
        waits=lambda: configured.waits(setting),
    )


def _writer(setting: str, configured: Configured) -> Callable[[Value], Awaitable[None]]:
    async def write(value: Value) -> None:
        await configured.write({setting: as_text(value)})

    return write
