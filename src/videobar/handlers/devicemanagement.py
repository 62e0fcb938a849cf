"""`/rest/devicemanagement`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from videobar.contract import devicemanagement as contract
from videobar.contract.devicemanagement import (
    ConnectedDevice,
    DeviceCategory,
    DevicesRequest,
    DeviceState,
    DeviceType,
)
from videobar.room.cameras.sources import PEOPLE, Source
from videobar.room.room import Room

BUILT_IN: Final = "BUILT_IN"
"""Prefix of the model of a system's own camera (recorded)."""
MAIN_CAMERA: Final = 1


class DeviceManagementHandler(contract.DeviceManagement):
    """The system, its cameras and the remote control that it would have."""

    def __init__(self, room: Room) -> None:
        self._system = room.system
        self._cameras = room.cameras

    async def devices(self, request: DevicesRequest | None = None) -> list[ConnectedDevice]:
        """All devices, whatever is asked for."""
        return list(self._all())

    def _all(self) -> Iterator[ConnectedDevice]:
        system, lan = self._system, self._system.lan()
        yield ConnectedDevice(
            connection_type="Unknown",
            device_category=DeviceCategory.SYSTEM,
            device_state=DeviceState.CONNECTED,
            device_type=DeviceType.CODEC,
            ip=lan.ipv4_address,
            mac_address=lan.mac_address,
            network_interface="",
            product_name=system.identity.model,
            serial_number="",
            software_version=system.identity.software_version,
            system_name=system.name,
            uid="local-system",
        )
        for source in self._cameras.sources(PEOPLE):
            if source.connected:
                yield _camera(source)
        yield _paired(DeviceCategory.REMOTE, DeviceType.UNKNOWN, "Unknown", "local-remote")


def _camera(source: Source) -> ConnectedDevice:
    uid = "local-camera" if source.index == MAIN_CAMERA else f"local-camera-{source.index}"
    model = source.facts.model
    named = not model.startswith(BUILT_IN)
    return _paired(
        DeviceCategory.CAMERA,
        DeviceType.CAMERA,
        "HDCI",
        uid,
        product_name=model if named else "",
        system_name=source.name if named else "",
    )


def _paired(
    category: DeviceCategory,
    kind: DeviceType,
    connection: str,
    uid: str,
    *,
    product_name: str = "",
    system_name: str = "",
) -> ConnectedDevice:
    return ConnectedDevice(
        connection_type=connection,
        device_category=category,
        device_state=DeviceState.PAIRED,
        device_type=kind,
        ip="",
        mac_address="",
        network_interface="",
        product_name=product_name,
        serial_number="",
        software_version="",
        system_name=system_name,
        uid=uid,
    )
