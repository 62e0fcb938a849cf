"""Plain HTTP, which only redirects clients to HTTPS."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable

from videobar.server.messages import HttpRequest, HttpResponse

HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]{1,253})(?::\d{1,5})?")
HTTPS_PORT = 443


class Redirect:
    """Answers every request with the same place on `port` of the host that was asked, where that is this machine.

    Any other `Host` is not repeated, because a cache on the way would send others there: `own_host` takes its place. A
    numeric address is this machine's if a socket can be bound to it; of names, its own and `localhost` are.
    """

    def __init__(self, own_host: str, port: int, names: Iterable[str] = ()) -> None:
        self._own_host = own_host
        self._names = frozenset(name.lower().rstrip(".") for name in ("localhost", *names))
        self._port = port

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """301 for what only reads, and 308, which keeps method and body, for the rest."""
        asked = HOST.fullmatch((request.header(b"host") or b"").decode("latin-1").strip())
        host = asked[1] if asked and self._is_own(asked[1]) else self._own_host
        port = "" if self._port == HTTPS_PORT else f":{self._port}"
        query = f"?{request.query.decode('latin-1')}" if request.query else ""
        # Two slashes at the beginning would name another host.
        target = f"https://{host}{port}/{request.path.lstrip('/')}{query}"
        status = 301 if request.method in ("GET", "HEAD") else 308
        return HttpResponse(status, [(b"location", target.encode("latin-1")), (b"content-length", b"0")])

    def _is_own(self, host: str) -> bool:
        try:
            literal = ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            return host.lower().rstrip(".") in self._names
        if literal.is_unspecified or literal.is_multicast:
            return False
        family = socket.AF_INET if literal.version == 4 else socket.AF_INET6
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as tried:
                tried.bind((str(literal), 0))
        except OSError:
            return False
        return True
