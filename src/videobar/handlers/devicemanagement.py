"""`/rest/devicemanagement`."""

from __future__ import annotations

from collections.abc import Iterator

from videobar.contract import devicemanagement as contract
from videobar.contract.devicemanagement import (
    ConnectedDevice,
    DeviceCategory,
    DevicesRequest,
    DeviceState,
    DeviceType,
)
from videobar.room.cameras.service import Cameras
from videobar.room.system.service import System


class DeviceManagementHandler(contract.DeviceManagement):
    """The system and its cameras."""

    def __init__(self, system: System, cameras: Cameras) -> None:
        self._system = system
        self._cameras = cameras

    async def devices(self, request: DevicesRequest | None = None) -> list[ConnectedDevice]:
        """All of that state."""
        wanted = request.device_state if request is not None else None
        return [device for device in self._all() if wanted in (None, device.device_state)]

    def _all(self) -> Iterator[ConnectedDevice]:
        system, lan = self._system, self._system.lan()
        yield ConnectedDevice(
            connection_type="Corp",
            device_category=DeviceCategory.SYSTEM,
            device_state=DeviceState.CONNECTED,
            device_type=DeviceType.CODEC,
            ip=lan.ipv4_address,
            mac_address=lan.mac_address.replace(":", ""),
            network_interface=lan.interface,
            product_name=system.identity.model,
            serial_number=system.identity.serial_number,
            software_version=system.identity.software_version,
            system_name=system.name,
            uid="local-system",
        )
        uid = "local-camera"
        for source in self._cameras.sources():
            if not source.connected:
                continue
            yield ConnectedDevice(
                connection_type="HDCI",
                device_category=DeviceCategory.CAMERA,
                device_state=DeviceState.CONNECTED,
                device_type=DeviceType.CAMERA,
                ip="",
                mac_address="",
                network_interface="",
                product_name=source.facts.model,
                serial_number="",
                software_version="",
                system_name=source.name,
                uid=uid,
            )
            uid = f"local-camera-{source.index + 1}"
