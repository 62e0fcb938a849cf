"""`/rest/calendar`: none of it is built yet."""

from __future__ import annotations

from videobar.contract import calendar as contract
from videobar.handlers.not_built_yet import honest


@honest
class CalendarHandler(contract.Calendar):
    """Refuses everything."""
