"""Going back to the settings of a new room: ordered now, done by the next start, before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Keep:
    """Parts that a reset leaves as they are. The serial number always stays."""

    certificates: bool = False
    call_log: bool = False
    directory: bool = False
    logs: bool = False


class ResetOrders(Protocol):
    """Takes the order."""

    async def order(self, keep: Keep) -> None:
        """Make a backup, and make sure that the next start begins with a reset. Raises `StoreUnavailable`."""
        ...
