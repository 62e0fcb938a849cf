"""The machine that the room runs on, as far as Linux describes it in /sys; elsewhere a plain answer."""

from __future__ import annotations

import fcntl
import socket
import struct
from ipaddress import IPv6Address
from pathlib import Path

from videobar.room.system.service import Lan

INTERFACES = Path("/sys/class/net")
SIOCGIFADDR = 0x8915
ROUTES = Path("/proc/net/route")
IPV6_ADDRESSES = Path("/proc/net/if_inet6")
IPV6_SCOPES = {"20": "ipv6_link_local", "40": "ipv6_site_local", "00": "ipv6_global"}


class Machine:
    """Reads the state of the interface with the default route, or else of the first that is up."""

    def lan(self) -> Lan:
        """State of the network interface that leads out; down when there is none but loopback."""
        interface = self._default_interface()
        if interface is None:
            return Lan(up=False, full_duplex=False, speed_mbps=0)
        speed = _read(INTERFACES / interface / "speed")
        return Lan(
            up=_read(INTERFACES / interface / "operstate") in ("up", "unknown"),
            full_duplex=_read(INTERFACES / interface / "duplex") != "half",
            speed_mbps=int(speed) if speed.isdecimal() else 0,
            interface=interface,
            ipv4_address=_ipv4_address(interface),
            mac_address=_read(INTERFACES / interface / "address"),
            **_ipv6_addresses(interface),
        )

    def _default_interface(self) -> str | None:
        for line in _read(ROUTES).splitlines()[1:]:
            columns = line.split()
            if len(columns) > 2 and columns[1] == "00000000":
                return columns[0]
        if not INTERFACES.is_dir():
            return None
        names = sorted(entry.name for entry in INTERFACES.iterdir())
        return next(
            (n for n in names if n != "lo" and _read(INTERFACES / n / "operstate") in ("up", "unknown")), None
        )


def _ipv4_address(interface: str) -> str:
    """The first IPv4 address of an interface (netdevice(7)); empty when it has none."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            answer = fcntl.ioctl(asking, SIOCGIFADDR, struct.pack("256s", interface[:15].encode()))
    except OSError:
        return ""
    return socket.inet_ntoa(answer[20:24])


def _ipv6_addresses(interface: str) -> dict[str, str]:
    """The first IPv6 address of each scope (proc(5)), by the field of `Lan` that it is for."""
    found: dict[str, str] = {}
    for line in _read(IPV6_ADDRESSES).splitlines():
        columns = line.split()
        if len(columns) == 6 and columns[5] == interface and columns[3] in IPV6_SCOPES:
            address = str(IPv6Address(bytes.fromhex(columns[0])))
            found.setdefault(IPV6_SCOPES[columns[3]], address)
    return found


def _read(path: Path) -> str:
    """The text of a file of the kernel, stripped; empty when it cannot be read (a link that is down)."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""
