"""Calling an entry of the directory."""

from __future__ import annotations

from videobar.errors import InvalidRequest, NoSuchDevice, NothingToDial
from videobar.room.calls.connection import Connection
from videobar.room.calls.dialling import Dialling
from videobar.room.calls.service import Calls
from videobar.room.directory.entry import Entry, EntryDevice
from videobar.vocabulary import DialType


def dial(calls: Calls, entry: Entry, device_id: str | None) -> Connection:
    """Dial a device of `entry`: the one that is named, else the first that this room can dial, else a telephone.

    Raises `NoSuchDevice`, `NothingToDial`, and what dialling raises: `AddressInvalid` or `DialTypeNotSupported` for
    the device that was named, `LineBusy` for any.
    """
    content = entry.content
    name = content.display_name
    if device_id is not None:
        devices = tuple(device for device in content.devices if device.id == device_id)
        if not devices:
            raise NoSuchDevice(f"deviceId: {name!r} has no device {device_id!r}")
    else:
        phones = (content.work_phone, content.mobile_phone, content.home_phone)
        telephones = (EntryDevice("telephone", phone, DialType.VOICE) for phone in phones if phone)
        devices = (*content.devices, *telephones)
    if not devices:
        raise NothingToDial(f"{name!r} has neither a device nor a telephone")
    why: list[str] = []
    for device in devices:
        try:
            return calls.dial(Dialling(device.address, device.dial_type, device.rate_kbps))
        except InvalidRequest as error:
            if device_id is not None:
                raise
            why.append(f"device {device.id}: {error.detail}")
    raise NothingToDial(f"{name!r} has no device that this room can dial; {'; '.join(why)}")
