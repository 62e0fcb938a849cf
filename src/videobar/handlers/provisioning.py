"""`/rest/provisioning`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from xml.sax.saxutils import quoteattr

from videobar.contract import provisioning as contract
from videobar.contract.model import Download
from videobar.room.room import Room
from videobar.room.system.configuration import shown

REMOVED = "REMOVED_SECURE_CONTENT"
"""Placeholder of a secret (observed)."""


class ProvisioningHandler(contract.Provisioning):
    """The configuration as a provisioning server would have it."""

    def __init__(self, room: Room) -> None:
        self._configuration = room.configuration

    async def config(self) -> Download:
        """One element with an attribute for every variable."""
        attributes = "".join(
            f"\n    {variable.name}={quoteattr(REMOVED if variable.secure else shown(variable.read()))}"
            for variable in self._configuration.all()
        )
        page = f'<?xml version="1.0" encoding="UTF-8"?>\n<PHONE_CONFIG>\n  <ALL{attributes}></ALL>\n</PHONE_CONFIG>\n'
        content = page.encode("utf-8", "xmlcharrefreplace")

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        return Download("application/xml", "config.xml", chunks(), len(content))
