"""`/rest/provisioning`: the configuration as provisioning servers have it. Not in the guide; recorded from an X30."""

from __future__ import annotations

from typing import Protocol

from videobar.contract.model import Download
from videobar.contract.operation import Certainty, get


class Provisioning(Protocol):
    """Actions on provisioning."""

    @get("provisioning_config_get", "/provisioning/config", documented=False, certainty=Certainty.RECORDED)
    async def config(self) -> Download:
        """The configuration as XML: `<PHONE_CONFIG><ALL name="value" …/></PHONE_CONFIG>`, without secrets."""
        ...
