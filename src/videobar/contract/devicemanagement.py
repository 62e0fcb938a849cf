"""`/rest/devicemanagement`: the system and what is connected to it. Not in the guide; recorded from two devices."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Protocol

from videobar.contract.model import WireModel, Word, doc
from videobar.contract.operation import Certainty, post


class DeviceCategory(StrEnum):
    """Category of a device (observed)."""

    SYSTEM = "SYSTEM"
    MODULE = "MODULE"
    CAMERA = "CAMERA"
    REMOTE = "REMOTE"


class DeviceType(StrEnum):
    """Kind of device (observed)."""

    CODEC = "CODEC"
    TOUCHCONTROL = "TOUCHCONTROL"
    CAMERA = "CAMERA"
    UNKNOWN = "UNKNOWN"


class DeviceState(StrEnum):
    """State of a device (observed)."""

    CONNECTED = "CONNECTED"
    PAIRED = "PAIRED"


class DevicesRequest(WireModel, kw_only=True):
    """Filter that clients send; it chooses nothing."""

    device_state: Annotated[
        Word | None,
        doc("`PAIRED` in all that was observed, and answered with more than that."),
    ] = None


class ConnectedDevice(WireModel, kw_only=True):
    """A device (recorded). Texts are empty where nothing is known, and for what is built in."""

    connection_type: Annotated[
        str, doc("`Corp` for the network, `HDCI` for cameras, or `Unknown`, as for the system itself.")
    ]
    device_category: Annotated[DeviceCategory, doc("Category of the device to the system.")]
    device_state: Annotated[DeviceState, doc("Its state.")]
    device_type: Annotated[DeviceType, doc("Type of device.")]
    ip: Annotated[str, doc("Its address.")]
    mac_address: Annotated[
        str, doc("Its hardware address; with colons that of the system, without them others.")
    ]
    network_interface: Annotated[str, doc("Through which interface it is reached.")]
    product_name: Annotated[str, doc("Its product.")]
    serial_number: Annotated[str, doc("Its serial number.")]
    software_version: Annotated[str, doc("Its software.")]
    system_name: Annotated[str, doc("Its name.")]
    uid: Annotated[
        str,
        doc(
            "`local-system`, `local-camera`, `local-remote` (observed), and for further cameras their index."
        ),
    ]


class DeviceManagement(Protocol):
    """Actions on connected devices."""

    @post(
        "devicemanagement_devices",
        "/devicemanagement/devices",
        documented=False,
        certainty=Certainty.RECORDED,
        changed_by=lambda _: (),
        decided="nor does any other state leave out anything; each row says its own.",
    )
    async def devices(self, request: DevicesRequest | None = None) -> list[ConnectedDevice]:
        """The system itself, which is connected, and what is paired with it; reads only, though it is a POST.

        Observed: the state that is asked for does not leave out the system, whose state is another.
        """
        ...
