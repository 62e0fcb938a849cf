"""Network tests with the means that this process has: none of them needs a privilege."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import secrets
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import icmplib

from videobar.adapters.host.udp_probe import Complaint, probe
from videobar.net import host_port
from videobar.room.system.diagnostics import Hop

ECHOES: Final = 3
ECHO_INTERVAL_S: Final = 0.1
PATIENCE_S: Final = 2.0
"""Time that a host may take to answer one question."""
HOP_PATIENCE_S: Final = 1.0
PROBES_PER_HOP: Final = 3
FIRST_CLOSED_PORT: Final = 33434
"""First port of traceroute, by its convention: nothing listens there."""

SIP_PORT: Final = 5060
SIPS_PORT: Final = 5061
H323_CALL_PORT: Final = 1720
H323_RAS_PORT: Final = 1719

GATEKEEPER_REQUEST: Final = bytes.fromhex("00000000060008914a000600")
"""H.225.0 RAS `gatekeeperRequest` up to the address to answer to, aligned PER (ITU-T H.225.0 version 6)."""
REQUESTER: Final = bytes.fromhex("0200")
"""The rest of it: a terminal."""

_Question = Callable[[tuple[str, int]], bytes]
"""Makes a question from the address and port that it is asked from."""


class NetworkProber:
    """Asks hosts. The ports are those of the protocols, unless a test has servers elsewhere."""

    def __init__(
        self,
        *,
        sip_port: int = SIP_PORT,
        sips_port: int = SIPS_PORT,
        h323_call_port: int = H323_CALL_PORT,
        h323_ras_port: int = H323_RAS_PORT,
    ) -> None:
        self._sip_port, self._sips_port = sip_port, sips_port
        self._h323_call_port, self._h323_ras_port = h323_call_port, h323_ras_port

    async def echo(self, address: str) -> float | None:
        """ICMP echo where this process may send it, else a UDP packet to a closed port, of which the host complains."""
        for privileged in (False, True):
            try:
                host = await icmplib.async_ping(
                    address, count=ECHOES, interval=ECHO_INTERVAL_S, timeout=PATIENCE_S, privileged=privileged
                )
            except icmplib.SocketPermissionError:
                continue
            except icmplib.ICMPLibError:
                return None
            return host.avg_rtt if host.is_alive else None
        for attempt in range(ECHOES):
            complaint = await probe(address, 64, FIRST_CLOSED_PORT + attempt, HOP_PATIENCE_S)
            if complaint is not None and complaint.address == str(ipaddress.ip_address(address)):
                return complaint.milliseconds
        return None

    async def speaks_sip(self, address: str) -> bool:
        """OPTIONS (RFC 3261 section 11) over UDP, TCP and TLS; any response counts."""
        return await _any(
            self._ask_datagram(
                address, self._sip_port, lambda own: _options(address, "UDP", own), b"SIP/2.0 "
            ),
            self._ask_stream(address, self._sip_port, "TCP", None),
            self._ask_stream(address, self._sips_port, "TLS", _any_certificate()),
        )

    async def speaks_h323(self, address: str) -> bool:
        """A call signalling port that takes connections, or a gatekeeper that answers (H.225.0 RAS)."""
        looks = [self._connects(address, self._h323_call_port)]
        if ":" not in address:
            looks.append(self._ask_datagram(address, self._h323_ras_port, _gatekeeper_request, b""))
        return await _any(*looks)

    async def hops(self, address: str, numbers: Sequence[int]) -> Sequence[tuple[Hop, bool]]:
        """Three probes for each distance, all at once."""
        complaints = await asyncio.gather(
            *(
                probe(address, number, FIRST_CLOSED_PORT + number * PROBES_PER_HOP + attempt, HOP_PATIENCE_S)
                for number in numbers
                for attempt in range(PROBES_PER_HOP)
            )
        )
        return [
            _hop(number, complaints[place * PROBES_PER_HOP : (place + 1) * PROBES_PER_HOP])
            for place, number in enumerate(numbers)
        ]

    async def _ask_datagram(self, address: str, port: int, question: _Question, begins: bytes) -> bool:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        loop = asyncio.get_running_loop()
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.setblocking(False)
            try:
                asking.connect((address, port))
                for _ in range(2):  # one of them may be lost
                    await loop.sock_sendall(asking, question(asking.getsockname()[:2]))
                    with contextlib.suppress(TimeoutError):
                        answer = await asyncio.wait_for(loop.sock_recv(asking, 65535), PATIENCE_S / 2)
                        return answer.startswith(begins)
            except OSError:
                pass
        return False

    async def _ask_stream(
        self, address: str, port: int, transport: str, context: ssl.SSLContext | None
    ) -> bool:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(PATIENCE_S):
                reader, writer = await asyncio.open_connection(address, port, ssl=context)
                try:
                    writer.write(_options(address, transport, writer.get_extra_info("sockname")[:2]))
                    return await reader.readexactly(8) == b"SIP/2.0 "
                finally:
                    writer.close()
        return False

    async def _connects(self, address: str, port: int) -> bool:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                _, writer = await asyncio.open_connection(address, port)
                writer.close()
                return True
        return False


async def _any(*looks: Awaitable[bool]) -> bool:
    """True as soon as one of them is; the others are cancelled then."""
    waiting = [asyncio.ensure_future(look) for look in looks]
    try:
        for look in asyncio.as_completed(waiting):
            if await look:
                return True
        return False
    finally:
        for each in waiting:
            each.cancel()


def _hop(number: int, complaints: Sequence[Complaint | None]) -> tuple[Hop, bool]:
    heard = [complaint for complaint in complaints if complaint is not None]
    if not heard:
        return Hop(number, "", 0.0), False
    first = next((each for each in heard if each.from_port), heard[0])
    return Hop(number, first.address, first.milliseconds), first.final


def _options(address: str, transport: str, own: tuple[str, int]) -> bytes:
    host, here = host_port(address), host_port(*own)
    scheme = "sips" if transport == "TLS" else "sip"
    lines = (
        f"OPTIONS {scheme}:{host} SIP/2.0",
        f"Via: SIP/2.0/{transport} {here};branch=z9hG4bK{secrets.token_hex(8)};rport",
        "Max-Forwards: 70",
        f"From: <{scheme}:ping@{here}>;tag={secrets.token_hex(4)}",
        f"To: <{scheme}:{host}>",
        f"Call-ID: {secrets.token_hex(8)}",
        "CSeq: 1 OPTIONS",
        f"Contact: <{scheme}:ping@{here}>",
        "Accept: application/sdp",
        "Content-Length: 0",
        "",
        "",
    )
    return "\r\n".join(lines).encode()


def _gatekeeper_request(own: tuple[str, int]) -> bytes:
    return GATEKEEPER_REQUEST + socket.inet_aton(own[0]) + struct.pack("!H", own[1]) + REQUESTER


def _any_certificate() -> ssl.SSLContext:
    """Nothing secret is said: whether something answers is all that is asked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
