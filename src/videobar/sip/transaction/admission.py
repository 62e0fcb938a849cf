"""Admission control: bounds on the memory that requests from the network hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AdmissionLimits:
    """Limits of admission: requests and bytes in server transactions, per address and in total."""

    per_host: int = 4096
    bytes_per_host: int = 8 << 20
    total: int = 8192
    total_bytes: int = 48 << 20


class AdmissionControl:
    """Admission control: counts the requests in server transactions by the address that they came from."""

    def __init__(self, limits: AdmissionLimits) -> None:
        self._limits = limits
        self._hosts: dict[str, tuple[int, int]] = {}
        self.count = 0
        self.bytes = 0

    def is_full(self) -> bool:
        """True if no request is admitted."""
        return self.count >= self._limits.total or self.bytes >= self._limits.total_bytes

    def is_full_for(self, host: str) -> bool:
        """True if no request from this address is admitted."""
        count, size = self._hosts.get(host, (0, 0))
        return count >= self._limits.per_host or size >= self._limits.bytes_per_host

    def add(self, host: str, size: int) -> None:
        """Count one more request."""
        count, held = self._hosts.get(host, (0, 0))
        self._hosts[host] = (count + 1, held + size)
        self.count += 1
        self.bytes += size

    def remove(self, host: str, size: int) -> None:
        """Take one `add` back."""
        count, held = self._hosts[host]
        if count == 1:
            del self._hosts[host]
        else:
            self._hosts[host] = (count - 1, held - size)
        self.count -= 1
        self.bytes -= size
