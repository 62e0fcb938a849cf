"""`/rest/config`."""

from __future__ import annotations

from msgspec import UNSET

from videobar.contract import config as contract
from videobar.contract.config import ConfigAnswer, ConfigDescription, ConfigRequest, ConfigVariable
from videobar.room.system.configuration import Configuration, Outcome, Reading, Written, shown


class ConfigHandler(contract.Config):
    """The configuration by names."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    async def act(self, request: ConfigRequest) -> ConfigAnswer:
        """Set, then read."""
        written = await self._configuration.write([(change.name, change.value) for change in request.vars])
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


def _read(reading: Reading) -> ConfigVariable:
    variable = reading.variable
    if variable is None:
        return ConfigVariable(name=reading.name, result=Outcome.NO_SUCH_NAME)
    return ConfigVariable(
        name=reading.name,
        result=Outcome.NOERROR,
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
