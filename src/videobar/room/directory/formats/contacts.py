"""Contacts of other software: names that are missing, and telephones by their labels."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from videobar.room.directory.entry import LONGEST_TEXT, EntryFields


def named(content: EntryFields, organization: str = "") -> EntryFields:
    """`content` with a name to show: address books keep companies, numbers and mail addresses without one."""
    if any((content.display_name, content.full_name, content.first_name, content.last_name)):
        return content
    numbers = (content.work_phone, content.mobile_phone, content.home_phone)
    others = (organization, content.email, *numbers, *(device.address for device in content.devices))
    return replace(content, display_name=next(filter(None, others), "")[:LONGEST_TEXT])


def phone_field(labels: Collection[str]) -> str:
    """The field for a telephone with these labels, in lower case; empty for what nobody can talk to."""
    if "voice" not in labels and not {"fax", "pager"}.isdisjoint(labels):
        return ""
    if not {"cell", "mobile"}.isdisjoint(labels):
        return "mobile_phone"
    return "home_phone" if "home" in labels else "work_phone"
