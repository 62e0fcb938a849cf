"""`/rest/system/mode` and `/rest/system/apps`: a part of the handler of the system."""

from __future__ import annotations

from videobar.contract.model import Result, Success
from videobar.contract.modes import (
    AppState,
    EnvironmentState,
    InstalledApp,
    Mode,
    ModeAnswer,
    ModeRequest,
)
from videobar.room.room import Room
from videobar.room.system.modes import APPLICATIONS, ELSEWHERE


class ModeActions:
    """Mode of the room: the application that has it, device mode and signage."""

    def __init__(self, room: Room) -> None:
        self._modes = room.modes
        self._calls = room.calls
        self._system = room.system

    async def mode(self) -> Mode:
        """Mode of the room."""
        active = self._modes.active
        return Mode(
            active_persona=active.persona,
            app=active.name,
            app_locked=False,
            app_persona=active.persona,
            eco_mode=False,
            mode="DEVICE" if self._modes.device else "APP",
            poly_call_control=active.makes_calls,
        )

    async def set_mode(self, request: ModeRequest) -> ModeAnswer:
        """Give the room to another application."""
        await self._modes.give_to(request.enabledapps)
        return ModeAnswer()

    async def device(self) -> Result:
        """Device mode."""
        return Result(result=self._modes.device)

    async def enter_device(self) -> Success:
        """Into device mode."""
        await self._modes.set_device(True)
        return Success()

    async def leave_device(self) -> Success:
        """Out of device mode."""
        await self._modes.set_device(False)
        return Success()

    async def signage(self) -> Result:
        """Signage."""
        return Result(result=self._modes.signage)

    async def show_signage(self) -> Success:
        """Show signage."""
        await self._modes.set_signage(True)
        return Success()

    async def hide_signage(self) -> Success:
        """Show none."""
        await self._modes.set_signage(False)
        return Success()

    async def apps(self) -> list[InstalledApp]:
        """All there are."""
        identity = self._system.identity
        return [
            InstalledApp(
                app_name=application.name,
                app_size=0,
                eco_mode=False,
                last_updated_on=identity.installed_ms,
                package_name=application.package,
                persona_name=application.persona,
                poly_call_features_enabled=application.makes_calls,
                version_info=identity.build,
            )
            for application in APPLICATIONS
        ]

    async def all_apps(self) -> list[InstalledApp]:
        """All there are."""
        return await self.apps()

    async def app_states(self) -> list[AppState]:
        """Only the one that has the room can be in a meeting; those that are not here never are."""
        absent = [AppState(app_package_name=package, in_meeting=False) for package in ELSEWHERE]
        return [*absent, *self._own_app_states()]

    def _own_app_states(self) -> list[AppState]:
        return [
            AppState(
                app_package_name=application.package,
                in_meeting=application.makes_calls and self._calls.connected,
            )
            for application in APPLICATIONS
        ]

    async def environment(self) -> list[EnvironmentState]:
        """State of room control."""
        return [EnvironmentState(environment_control_app_active=self._modes.environment_shown)]

    async def show_environment(self) -> None:
        """Show it."""
        self._modes.environment_shown = True

    async def hide_environment(self) -> None:
        """Hide it."""
        self._modes.environment_shown = False
