"""Camera URL: the one place in which hosts of camera URLs are read and looked up."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from videobar.net import host_port
from videobar.room.egress import EgressPolicy

FIELD = "cameras"
"""The setting that errors name."""


@dataclass(frozen=True)
class CameraUrl:
    """The parts of a URL such as `rtsp://user:password@host:554/path?query`."""

    scheme: str
    host: str
    port: int
    path: str
    query: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str, port: int) -> CameraUrl:
        """Read a URL; `port` is meant where it names none. Raises `ValueError` saying what is expected."""
        try:
            parts = urlsplit(url)
            chosen = parts.port or port
        except ValueError:
            raise ValueError("must be a URL with a host and a port from 1 to 65535") from None
        if not parts.hostname:
            raise ValueError("must be a URL with a host")
        return cls(
            parts.scheme,
            parts.hostname,
            chosen,
            parts.path,
            parts.query,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
        )

    @property
    def shown(self) -> str:
        """The URL as people may see it: without user and password."""
        return f"{self.scheme}://{host_port(self.host, self.port)}{self.path}"

    async def address(self, egress: EgressPolicy) -> str:
        """A numeric address that the room may speak to.

        Raises `InvalidRequest`, `HostNotFound` or `AddressForbidden`.
        """
        return (await egress.addresses(self.host, FIELD))[0]

    def url(self, address: str) -> str:
        """The whole URL, with a numeric address in place of the host."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@" if self.user else ""
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{login}{host_port(address, self.port)}{self.path}{query}"
