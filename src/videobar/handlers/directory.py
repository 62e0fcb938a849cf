"""`/rest/directory`: none of it is built yet."""

from __future__ import annotations

from videobar.contract import directory as contract
from videobar.handlers.not_built_yet import honest


@honest
class DirectoryHandler(contract.Directory):
    """Refuses everything."""
