"""Authorization: whether the caller's role allows an action, and whether the mode of the system does."""

from __future__ import annotations

from videobar.contract.access import role_for
from videobar.contract.operation import Operation
from videobar.errors import NotPermitted
from videobar.room.session import Caller
from videobar.room.system.modes import Modes
from videobar.vocabulary import Role


class Authorization:
    """Authorization by the caller's role and the system's mode."""

    def __init__(self, modes: Modes) -> None:
        self._modes = modes

    def check(self, caller: Caller, operation: Operation) -> None:
        """Raises `NotPermitted` or `BlockedByMode`."""
        if role_for(operation) is Role.ADMIN and caller.role is not Role.ADMIN:
            raise NotPermitted("that is for administrators")
        self._modes.check(operation.area, changes=operation.method != "GET")
