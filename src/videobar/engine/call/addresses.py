"""Which of this host's addresses another host can reach."""

from __future__ import annotations

import socket
from collections.abc import Sequence

WILDCARDS = frozenset({"0.0.0.0", "::", ""})
ANY_PORT = 9
"""Nothing is sent there: connecting a UDP socket only asks the routing table."""


def local_address(bound: Sequence[str], towards: str) -> str:
    """The local address to give to a host at the numeric address `towards`, for sockets bound to those of `bound`.

    Raises `OSError` when there is no route.
    """
    six = ":" in towards
    own = next((each for each in bound if (":" in each) is six), "")
    if own not in WILDCARDS:
        return own
    with socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((towards, ANY_PORT))
        return str(probe.getsockname()[0])
