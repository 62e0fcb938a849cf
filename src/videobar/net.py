"""Hosts and ports as URIs have them (RFC 3986 section 3.2), and why a host was not reached."""

from __future__ import annotations

import os
import re
import socket
import ssl

NUMBERED = re.compile(r"\[Errno (\d{1,5})\]")


def host_port(host: str, port: int | None = None) -> str:
    """`host:port`, or the host alone where there is no port; an IPv6 literal stands in brackets."""
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if port is None else f"{bracketed}:{port}"


def reason(error: BaseException) -> str:
    """Reason why a connection failed, in the system's words and one line: `Connection refused`.

    The error may be one of a library that has the system's as `os_error`.
    """
    inner = getattr(error, "os_error", None) or error
    if isinstance(inner, TimeoutError):
        return "no answer in time"
    if isinstance(inner, OSError) and not isinstance(inner, (socket.gaierror, ssl.SSLError)):
        several = NUMBERED.search(str(inner)) if inner.errno is None else None  # one for each address
        number = int(several[1]) if several else inner.errno
        if number:
            return os.strerror(number)
    text = getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
    return " ".join(str(text).split())
