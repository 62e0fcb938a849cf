"""`/rest/cameras`: none of it is built yet."""

from __future__ import annotations

from videobar.contract import cameras as contract
from videobar.handlers.not_built_yet import honest


@honest
class CamerasHandler(contract.Cameras):
    """Refuses everything."""
