"""Hosts and ports as URIs have them (RFC 3986 section 3.2)."""

from __future__ import annotations


def host_port(host: str, port: int | None = None) -> str:
    """`host:port`, or the host alone where there is no port; an IPv6 literal stands in brackets."""
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if port is None else f"{bracketed}:{port}"
