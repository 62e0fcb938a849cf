"""`/rest/mediastats`: none of it is built yet."""

from __future__ import annotations

from videobar.contract import mediastats as contract
from videobar.handlers.not_built_yet import honest


@honest
class MediaStatsHandler(contract.MediaStats):
    """Refuses everything."""
