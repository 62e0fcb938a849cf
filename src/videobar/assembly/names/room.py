"""Names of what a room is, what it is called, and of its network."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Final

from videobar.assembly.names.behind import Behind
from videobar.assembly.names.kinds import (
    OFF,
    read_only,
    state,
)
from videobar.room.system.configuration import (
    Variable,
    as_text,
)

NO_NAT: Final = "there is no address translation to be set here"


def identity(behind: Behind) -> Iterator[Variable]:
    """Variables of the room's identity."""
    identity, system = behind.system.identity, behind.system
    image = identity.software_version
    if identity.build not in image:
        image = f"{image}-{identity.build}"
    model = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", identity.model)
    yield from read_only("system.info.serialnumber", "serial number", lambda: identity.serial_number)
    yield from read_only("system.info.model", "model", lambda: str(identity.model))
    yield from read_only("system.info.humanreadablemodel", "model, for people", lambda: model)
    yield from read_only("system.info.hardwareversion", "version of the hardware", lambda: "1")
    yield from read_only(
        "system.info.humanreadableversion", "software version", lambda: identity.software_version
    )
    yield from read_only("softupdate.webui.systemimage", "software version with its build", lambda: image)
    yield from read_only(
        "system.info.humanreadableversioncamera", "software version of a camera: none is known", lambda: ""
    )
    totals = behind.totals
    yield from read_only(
        "comm.statistics.timeinlastcall", "seconds of the last call", lambda: totals.last_seconds
    )
    yield from read_only("comm.statistics.totaltimeincalls", "seconds in all calls", lambda: totals.seconds)
    yield from read_only(
        "comm.statistics.totalnumberofcalls", "how many calls there were", lambda: totals.calls
    )
    yield from state(
        "location.language device.local.language",
        "language that panels are to be in",
        lambda: system.language,
        lambda value: system.set_language(as_text(value).strip()),
    )


def names_of_the_room(behind: Behind) -> Iterator[Variable]:
    """Variables of the room's names: all names are one here."""
    system = behind.system
    yield from state(
        "system.info.systemname device.local.deviceName room.name device.local.roomName",
        "name of the room",
        lambda: system.name,
        lambda value: system.set_name(as_text(value)),
    )


def network(behind: Behind) -> Iterator[Variable]:
    """Variables of the room's place in the network."""
    lan = behind.system.lan
    ipv6 = "system.network.wired.ipv6nic."
    yield from read_only("system.network.hostname", "name of the host", socket.gethostname)
    yield from read_only("system.network.wired.ipv4nic.address", "IPv4 address", lambda: lan().ipv4_address)
    yield from read_only(
        "system.network.wireless.ipv4nic.address", "IPv4 address without a wire: none is known", lambda: ""
    )
    yield from read_only(
        "system.network.wired.ethernet.macaddress", "hardware address", lambda: lan().mac_address
    )
    yield from read_only(
        ipv6 + "enabled",
        "whether there is an IPv6 address",
        lambda: bool(lan().ipv6_link_local or lan().ipv6_site_local or lan().ipv6_global),
    )
    yield from read_only(ipv6 + "linklocal", "IPv6 address on the link", lambda: lan().ipv6_link_local)
    yield from read_only(ipv6 + "sitelocal", "IPv6 address on the site", lambda: lan().ipv6_site_local)
    yield from read_only(ipv6 + "globaladdress", "global IPv6 address", lambda: lan().ipv6_global)
    yield from read_only(
        "comm.firewall.nat.usenataddress net.firewall.nat.useNatAddress",
        "whether callers are told another address",
        lambda: OFF,
        NO_NAT,
    )
    yield from read_only(
        "comm.firewall.nat.natoutside net.firewall.nat.publicAddress",
        "address that callers are told: none but the room's own",
        lambda: "",
        NO_NAT,
    )
