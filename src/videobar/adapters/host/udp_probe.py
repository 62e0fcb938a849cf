"""UDP probe: one packet with a chosen time to live, and the host that reported it, as in traceroute, unprivileged.

Linux keeps ICMP errors for the socket that caused them in an error queue (`IP_RECVERR`, ip(7) and ipv6(7)); the kernel
calls the socket readable when one arrives.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import struct
import time
from dataclasses import dataclass

IP_RECVERR = 11
IPV6_RECVERR = 25
MSG_ERRQUEUE = 0x2000
EXTENDED_ERROR = struct.Struct("=IBBBBII")
"""`sock_extended_err`: errno, origin, type, code, padding, info, data; the offender's address follows it."""
FROM_ICMP = (2, 3)
"""Origins of errors that another host reported: ICMP and ICMPv6."""
UNREACHABLE = {socket.AF_INET: 3, socket.AF_INET6: 1}
PORT_UNREACHABLE = {socket.AF_INET: 3, socket.AF_INET6: 4}
PAYLOAD = b"videobar"


@dataclass(frozen=True)
class Complaint:
    """ICMP error for a probe: its sender, and after how many milliseconds.

    `final` when nothing beyond it will answer; `from_port` when the port is closed, which only the host itself says.
    """

    address: str
    milliseconds: float
    final: bool
    from_port: bool


async def probe(address: str, hops: int, port: int, timeout_s: float) -> Complaint | None:
    """Send one packet to a port that should be closed, and wait for the complaint.

    `None` after `timeout_s`, and at once where the packet cannot be sent or this system has no error queue.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    loop = asyncio.get_running_loop()
    heard: asyncio.Future[Complaint] = loop.create_future()
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.setblocking(False)
        sent = 0.0

        def listen() -> None:
            complaint = _read(asking, family, sent)
            if complaint is not None and not heard.done():
                heard.set_result(complaint)

        try:
            if family is socket.AF_INET6:
                asking.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
                asking.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, hops)
            else:
                asking.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
                asking.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)
            asking.connect((address, port))
            loop.add_reader(asking.fileno(), listen)
            sent = time.perf_counter()
            asking.send(PAYLOAD)
        except OSError:
            loop.remove_reader(asking.fileno())
            return None
        try:
            return await asyncio.wait_for(heard, timeout_s)
        except TimeoutError:
            return None
        finally:
            loop.remove_reader(asking.fileno())


def _read(asking: socket.socket, family: socket.AddressFamily, sent: float) -> Complaint | None:
    """The error that waits in the queue, if it is one of another host."""
    milliseconds = (time.perf_counter() - sent) * 1000
    try:
        _, ancillary, _, _ = asking.recvmsg(512, 512, MSG_ERRQUEUE)
    except OSError:
        with contextlib.suppress(OSError):  # whatever else woke us must not wake us for ever
            asking.recv(512)
        return None
    for _, kind, data in ancillary:
        if kind not in (IP_RECVERR, IPV6_RECVERR) or len(data) < EXTENDED_ERROR.size + 8:
            continue
        _, origin, icmp_type, code, *_ = EXTENDED_ERROR.unpack_from(data)
        offender = data[EXTENDED_ERROR.size :]
        if origin not in FROM_ICMP:
            continue
        raw = offender[8:24] if family is socket.AF_INET6 else offender[4:8]
        final = icmp_type == UNREACHABLE[family]
        return Complaint(
            str(ipaddress.ip_address(raw)), milliseconds, final, final and code == PORT_UNREACHABLE[family]
        )
    return None
