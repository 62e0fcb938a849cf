"""How much of our memory the requests of strangers hold, and when it is enough."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AdmissionLimits:
    """Most requests that are remembered, and their bytes: from one address, and from all."""

    per_host: int = 4096
    bytes_per_host: int = 8 << 20
    total: int = 8192
    total_bytes: int = 48 << 20


class AdmissionControl:
    """Counts requests while they are remembered, by the address that they came from."""

    def __init__(self, limits: AdmissionLimits) -> None:
        self._limits = limits
        self._hosts: dict[str, tuple[int, int]] = {}
        self.count = 0
        self.bytes = 0

    def is_full(self) -> bool:
        """Whether nothing more is remembered, from nobody."""
        return self.count >= self._limits.total or self.bytes >= self._limits.total_bytes

    def is_full_for(self, host: str) -> bool:
        """Whether nothing more is remembered from this address."""
        count, size = self._hosts.get(host, (0, 0))
        return count >= self._limits.per_host or size >= self._limits.bytes_per_host

    def add(self, host: str, size: int) -> None:
        """One more is remembered."""
        count, held = self._hosts.get(host, (0, 0))
        self._hosts[host] = (count + 1, held + size)
        self.count += 1
        self.bytes += size

    def remove(self, host: str, size: int) -> None:
        """One that was added is forgotten."""
        count, held = self._hosts[host]
        if count == 1:
            del self._hosts[host]
        else:
            self._hosts[host] = (count - 1, held - size)
        self.count -= 1
        self.bytes -= size
