"""Mode of the system: a conference room of its own, or a camera and speaker for somebody's computer.

In device mode (observed: the persona `camuvc`) a system makes no calls and is not controlled; it can still be looked at
and administered. Signage only decides what an idle display shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from videobar.errors import BlockedByMode, InvalidRequest
from videobar.room.store import Key, Store


@dataclass(frozen=True)
class Application:
    """Application that can have the room. Names and packages are the device's (observed)."""

    name: str
    package: str
    persona: str
    makes_calls: bool


POLY = Application("Poly", "com.poly.polylauncher", "Poly", makes_calls=True)
DEVICE_MODE = Application("Device Mode", "com.polycom.camuvc", "camuvc", makes_calls=False)
APPLICATIONS = (POLY, DEVICE_MODE)
ELSEWHERE = ("com.microsoft.skype.teams.ipphone", "us.zoom.zoompresence")
"""Packages of applications that rooms here do not have, and whose state clients ask for (observed)."""

CONTROLLED = frozenset(
    {"audio", "calendar", "cameras", "collaboration", "conferences", "content", "directory", "video"}
)
"""The areas in which nothing can be changed in device mode."""


class Modes:
    """The application that has the room, and signage; both survive a restart. `leave_calls` ends all calls."""

    def __init__(self, store: Store, leave_calls: Callable[[], None]) -> None:
        self._store = store
        self._leave_calls = leave_calls
        self._device = store.get(Key.DEVICE_MODE) is True
        self._signage = store.get(Key.SIGNAGE) is True
        self._writing = asyncio.Lock()
        self.environment_shown = False
        """True if the application for room control is shown; not stored."""

    @property
    def device(self) -> bool:
        """True if the system is in device mode."""
        return self._device

    @property
    def signage(self) -> bool:
        """True if an idle display shows signage."""
        return self._signage

    @property
    def active(self) -> Application:
        """The application that has the room."""
        return DEVICE_MODE if self._device else POLY

    async def set_device(self, on: bool) -> None:
        """Go into device mode, which ends all calls, or leave it. Raises `StoreUnavailable`."""
        async with self._writing:
            await self._store.put({Key.DEVICE_MODE: on})
            self._device = on
        if on:
            self._leave_calls()

    async def set_signage(self, on: bool) -> None:
        """Turn signage on an idle display on or off. Raises `StoreUnavailable`."""
        async with self._writing:
            await self._store.put({Key.SIGNAGE: on})
            self._signage = on

    async def give_to(self, names: list[str]) -> None:
        """Give the room to the first of these applications. Raises `InvalidRequest` for one that is not there."""
        known = {application.name.lower(): application for application in APPLICATIONS}
        unknown = [name for name in names if name.lower() not in known]
        if unknown or not names:
            raise InvalidRequest(f"enabledapps: must be one of {', '.join(a.name for a in APPLICATIONS)}")
        await self.set_device(known[names[0].lower()] is DEVICE_MODE)

    def check(self, area: str, *, changes: bool) -> None:
        """Raises `BlockedByMode` for a change in an area that cannot be controlled now."""
        if self._device and changes and area in CONTROLLED:
            raise BlockedByMode("the system is in device mode")
