"""SIP over UDP: a socket that reports datagrams which could not be delivered."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import struct
import sys
from collections.abc import Callable

from videobar.sip.transport.flow import plain_address

_IP_MTU = 14
_IPV6_MTU = 24
_IP_RECVERR = 11
_IPV6_RECVERR = 25
_MSG_ERRQUEUE = 0x2000
_UNREACHABLE = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN})
_MOST_ERRORS = 256


class UdpEndpoint(asyncio.DatagramProtocol):
    """Sends and receives datagrams on a bound socket.

    `on_datagram` gets this endpoint, and each datagram with the address and port it came from; `on_unreachable` those
    to which one could not be delivered, as ICMP or our own kernel reports (Linux only).
    """

    def __init__(
        self,
        udp: socket.socket,
        *,
        on_datagram: Callable[[UdpEndpoint, bytes, str, int], None],
        on_unreachable: Callable[[str, int], None],
    ) -> None:
        self.family = udp.family
        self._socket = udp
        self._on_datagram = on_datagram
        self._on_unreachable = on_unreachable
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Begin to receive."""
        self._socket.setblocking(False)
        _report_icmp(self._socket)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=self._socket)

    def send(self, data: bytes, host: str, port: int) -> None:
        """Send one datagram; where that fails, `on_unreachable` is called."""
        if self._transport is None or self._transport.is_closing():
            return
        # An error that waits would be raised for this datagram, which has nothing to do with it, and eat it.
        self._take_errors()
        try:
            self._transport.sendto(data, (self.socket_address(host), port))
        except (OSError, ValueError):
            self._report_unreachable(host, port)

    def local_address(self) -> tuple[str, int]:
        """The address and port that the socket is bound to, perhaps a wildcard."""
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    def socket_address(self, host: str) -> str:
        """An address literal as this socket's family writes it."""
        return f"::ffff:{host}" if self.family == socket.AF_INET6 and ":" not in host else host

    def close(self) -> None:
        """Stop, and close the socket."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by the event loop."""
        self._on_datagram(self, data, plain_address(addr[0]), addr[1])

    def error_received(self, exc: Exception) -> None:
        """Called by the event loop when sending or receiving fails."""
        # The queue must be emptied here: while it is not, the socket stays readable and the loop spins.
        self._take_errors()

    def _take_errors(self) -> None:
        """Read the kernel's queue of ICMP errors, and report the addresses that they concern."""
        for _ in range(_MOST_ERRORS):
            try:
                _, ancillary, _, address = self._socket.recvmsg(0, 512, _MSG_ERRQUEUE)
            except (OSError, ValueError):
                return
            if address and _error_number(ancillary) in _UNREACHABLE:
                self._report_unreachable(plain_address(address[0]), address[1])

    def _report_unreachable(self, host: str, port: int) -> None:
        asyncio.get_running_loop().call_soon(self._on_unreachable, host, port)


def path_mtu(host: str, port: int) -> int:
    """The path MTU towards a numeric address in bytes; 0 where the kernel does not know it (Linux does)."""
    six = ":" in host
    level, option = (socket.IPPROTO_IPV6, _IPV6_MTU) if six else (socket.IPPROTO_IP, _IP_MTU)
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM) as probe,
    ):
        probe.connect((host, port))
        return probe.getsockopt(level, option) if sys.platform == "linux" else 0
    return 0


def _report_icmp(udp: socket.socket) -> None:
    """Ask the kernel to keep ICMP errors with the address they concern; Linux only, harmless elsewhere."""
    with contextlib.suppress(OSError):
        udp.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
    if udp.family == socket.AF_INET6:
        with contextlib.suppress(OSError):
            udp.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)


def _error_number(ancillary: list[tuple[int, int, bytes]]) -> int:
    """The errno in the kernel's `struct sock_extended_err`; 0 where there is none."""
    for level, kind, data in ancillary:
        known = (level, kind) in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR))
        if known and len(data) >= 4:
            return int(struct.unpack("=I", data[:4])[0])
    return 0
