"""Access control: the role that each action asks for, in one table.

The guide knows administrators only. A user, which is decided here, may use the room: see everything that has no
secrets, and do everything that a person at the table does. Whatever changes the room for others, or for good, is for
administrators.
"""

from __future__ import annotations

from videobar.contract.operation import Access, Operation
from videobar.vocabulary import Role

ADMINISTRATION = frozenset({"config", "devicemanagement", "provisioning", "security", "stage"})
"""Areas for administrators alone."""

NOT_FOR_USERS = frozenset(
    {
        "audio_mutelock_set",
        "calendar_discover",
        "calllog_entries_clear",
        "calllog_entry_delete",
        "directory_export",
        "directory_import",
        "directory_local_entries_add",
        "directory_local_entries_delete",
        "directory_local_entries_members",
        "directory_local_entries_update",
        "session_sessions_get",
        "system_logs_get",
    }
)
"""Actions elsewhere that are for administrators too. Of the system, users may only read."""


def role_for(operation: Operation) -> Role | None:
    """The role that an action asks for; `None` for those that need no session."""
    if operation.access is Access.OPEN:
        return None
    changes_system = operation.area == "system" and operation.method != "GET"
    if operation.area in ADMINISTRATION or operation.id in NOT_FOR_USERS or changes_system:
        return Role.ADMIN
    return Role.USER
