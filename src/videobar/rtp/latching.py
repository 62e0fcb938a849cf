"""Latching (RFC 7362): the address that packets are believed from, because strangers find media ports by trying.

Where to send is not decided here: that is what the description says, and nothing else.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from videobar.rtp.parameters import Address

SILENCE_S: Final = 5.0
"""A far end of which nothing has come for so long may have moved; until then nobody takes its place."""
PACKETS_NEAR: Final = 3
"""Packets in sequence that prove another port, or the address of the signalling."""
PACKETS_FAR: Final = 10
"""The same for an address that nobody has named."""
GRACE_S: Final = 2.0
"""Time for which only addresses that were named are believed."""
_MOST_CANDIDATES: Final = 8

_PRIVATE: Final = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
"""Networks behind address translation (RFC 1918, RFC 6598, RFC 4193)."""


class Rank(IntEnum):
    """Rank of an address, the least likely first."""

    SIGNALLED = 0
    """The description names it."""
    SIGNALLED_HOST = 1
    """The description names its host with another port: there are far ends that send from elsewhere."""
    SIGNALLING_HOST = 2
    """Signalling comes from its host, as behind a NAT."""
    UNNAMED = 3


@dataclass(slots=True)
class _Candidate:
    """An address that has sent packets in sequence."""

    ssrc: int
    next_sequence: int
    count: int = 0


class Latch:
    """One stream's source. Not thread-safe; times are monotonic seconds.

    The address of the description is believed at once, and always. Another is learned where nothing comes from there,
    once it has sent some packets in sequence; it stays until it is silent, or one that more speaks for sends. One that
    nobody has named is only learned where the description names a private network that is not `local`'s, so that what
    comes from there must come through a NAT.
    """

    def __init__(self, local: str) -> None:
        self._local = _host_of(local)
        self._signalled: tuple[IPv4Address | IPv6Address, int] | None = None
        self._named: Address | None = None
        self._signalling: IPv4Address | IPv6Address | None = None
        self._learned: Address | None = None
        """Learned address, as the socket gives it."""
        self._rank = Rank.UNNAMED
        self._heard_at = self._since = float("-inf")
        self._candidates: OrderedDict[Address, _Candidate] = OrderedDict()

    @property
    def learned(self) -> Address | None:
        """Address that packets come from; `None` before any was believed."""
        return self._learned

    def expect(self, signalled: Address, signalling_host: str, now: float) -> None:
        """Take the address that a description names; if it is another than before, everything is learned anew."""
        self._signalling = _host_of(signalling_host)
        if signalled == self._named:
            return
        host = _host_of(signalled[0])
        self._named = signalled
        self._signalled = (host, signalled[1]) if host is not None and not host.is_unspecified else None
        learned = self._learned
        self._learned = None
        self._candidates.clear()
        self._since = now
        if learned is not None and self.rank(learned) is Rank.SIGNALLED:
            self.learn(learned, now)

    def believes(self, address: Address, now: float) -> bool:
        """True if what comes from there is the far end's, as far as is known; notes that it came."""
        if address != self._learned:
            if self.rank(address) is not Rank.SIGNALLED:
                return False
            self.learn(address, now)
        self._heard_at = now
        return True

    def stay(self, now: float) -> None:
        """The far end is alive, as something else than packets of this stream shows: it need not be looked for."""
        self._heard_at = now

    def proves(self, address: Address, ssrc: int, sequence: int, now: float) -> bool:
        """Count a packet of an address that is not believed; whether it is from now on."""
        if not self.may_learn(address, now):
            return False
        candidate = self._candidates.get(address)
        if candidate is None or (candidate.ssrc, candidate.next_sequence) != (ssrc, sequence):
            candidate = self._candidates[address] = _Candidate(ssrc, sequence)
            if len(self._candidates) > _MOST_CANDIDATES:
                self._candidates.popitem(last=False)
        candidate.count += 1
        candidate.next_sequence = (sequence + 1) & 0xFFFF
        if candidate.count < (PACKETS_FAR if self.rank(address) is Rank.UNNAMED else PACKETS_NEAR):
            return False
        self.learn(address, now)
        return True

    def may_learn(self, address: Address, now: float) -> bool:
        """True if an address could take the place of the one that is believed, if any."""
        rank = self.rank(address)
        if rank is Rank.SIGNALLED:
            return True
        if self._learned is not None and now - self._heard_at < SILENCE_S and rank >= self._rank:
            return False
        return rank is not Rank.UNNAMED or (self._is_behind_nat and now - self._since >= GRACE_S)

    def learn(self, address: Address, now: float) -> None:
        """Believe an address from now on."""
        self._learned, self._rank, self._heard_at = address, self.rank(address), now
        self._candidates.clear()

    def rank(self, address: Address) -> Rank:
        """Rank of an address."""
        host = _host_of(address[0])
        if self._signalled is not None and host == self._signalled[0]:
            return Rank.SIGNALLED if address[1] == self._signalled[1] else Rank.SIGNALLED_HOST
        return Rank.SIGNALLING_HOST if host is not None and host == self._signalling else Rank.UNNAMED

    @property
    def _is_behind_nat(self) -> bool:
        if self._signalled is None:
            return False
        theirs, ours = self._signalled[0], self._local
        networks = [network for network in _PRIVATE if theirs in network]
        return bool(networks) and not any(ours in network for network in networks if ours is not None)


def _host_of(host: str) -> IPv4Address | IPv6Address | None:
    """The numeric address without a zone, which only says by which interface; `None` for none at all."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None
