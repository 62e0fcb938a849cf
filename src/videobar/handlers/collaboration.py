"""`/rest/collaboration`: none of it is built yet."""

from __future__ import annotations

from videobar.contract import collaboration as contract
from videobar.handlers.not_built_yet import honest


@honest
class CollaborationHandler(contract.Collaboration):
    """Refuses everything."""
