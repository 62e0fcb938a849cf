"""Which of this host's addresses another host can reach."""

from __future__ import annotations

import asyncio
import socket

WILDCARDS = frozenset({"0.0.0.0", "::", ""})
ANY_PORT = 9
"""Nothing is sent there: connecting a UDP socket only asks the routing table."""


async def resolve(host: str) -> str:
    """The first numeric address of `host`. Raises `OSError` when it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    return str(found[0][4][0])


def local_address(bound: str, towards: str) -> str:
    """The local address to give to a host at the numeric address `towards`, for a socket bound to `bound`.

    Raises `OSError` when there is no route.
    """
    if bound not in WILDCARDS:
        return bound
    family = socket.AF_INET6 if ":" in towards else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((towards, ANY_PORT))
        return str(probe.getsockname()[0])
