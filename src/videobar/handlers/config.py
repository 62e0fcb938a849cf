"""`/rest/config`."""

from __future__ import annotations

from msgspec import UNSET

from videobar.contract import config as contract
from videobar.contract.config import ConfigAnswer, ConfigDescription, ConfigRequest, ConfigVariable
from videobar.room.room import Room
from videobar.room.session import Caller
from videobar.room.system.configuration import ReadVariable, Value, VariableOutcome, Written, shown

EXACT = 2**53
"""Up to here, a float can be every whole number."""


class ConfigHandler(contract.Config):
    """The configuration by names, for one caller, whose session outlives a change of its password."""

    def __init__(self, room: Room, caller: Caller) -> None:
        self._configuration = room.configuration
        self._sessions = room.sessions
        self._caller = caller

    async def act(self, request: ConfigRequest) -> ConfigAnswer:
        """Set, then read."""
        written = await self._configuration.write(
            [(change.name, _plain(change.value)) for change in request.vars]
        )
        for account in {row.account for row in written if row.account}:
            self._sessions.end_others(account, self._caller.session)
        read = self._configuration.read(request.names)
        return ConfigAnswer(
            vars=[*map(_written, written), *map(_read, read)],
            reboot_needed=self._configuration.reboot_needed if request.vars else UNSET,
        )

    async def variables(self) -> list[ConfigDescription]:
        """All there are."""
        return [
            ConfigDescription(
                name=variable.name,
                meaning=variable.meaning,
                value="" if variable.secure else shown(variable.read()),
                is_editable=variable.write is not None,
                is_secure=variable.secure,
                at_restart=variable.at_restart,
            )
            for variable in self._configuration.all()
        ]


def _plain(value: Value) -> Value:
    """A whole number that came as `43.0`, as some languages write their only kind of number, as a whole number."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return int(value)
    return value


def _read(reading: ReadVariable) -> ConfigVariable:
    variable = reading.variable
    if variable is None:
        return ConfigVariable(name=reading.name, result=VariableOutcome.NO_SUCH_NAME, value="")
    return ConfigVariable(
        name=reading.name,
        result=VariableOutcome.NOERROR,
        value=shown(reading.value),
        is_editable=variable.write is not None,
        is_hidden=False,
        is_secure=variable.secure,
    )


def _written(written: Written) -> ConfigVariable:
    return ConfigVariable(
        name=written.name,
        result=written.outcome,
        requested_value=shown(written.value),
        reason=written.detail or UNSET,
    )
