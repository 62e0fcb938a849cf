"""Dialling: from a request to the engine's order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from msgspec import structs

from videobar.errors import InvalidRequest
from videobar.room.calls import address
from videobar.room.calls.conference_pin import check_password
from videobar.room.calls.port import DialOrder
from videobar.vocabulary import CallProtocol, DialType

MOST_RATE_KBPS: Final = 6144
"""The highest call rate of the devices; what asks for more gets this."""


@dataclass(frozen=True)
class Dialling:
    """One address to dial. `rate_kbps` 0 means the room's default.

    `password` is sent to the far end as digits once it is connected.
    """

    address: str
    dial_type: DialType = DialType.AUTO
    rate_kbps: int = 0
    password: str = field(default="", repr=False)


def order(
    dialling: Dialling, room_name: str, default_rate_kbps: int, home_domain: str
) -> tuple[CallProtocol, DialOrder]:
    """Dial order for the engine. Raises `InvalidRequest`, or what `address.order` raises, naming the field."""
    if dialling.rate_kbps < 0:
        raise InvalidRequest("rate: cannot be negative")
    check_password(dialling.password)
    protocol, dial_order = address.order(dialling.address, dialling.dial_type, room_name, home_domain)
    rate = min(dialling.rate_kbps or default_rate_kbps, MOST_RATE_KBPS)
    return protocol, structs.replace(dial_order, rate_kbps=rate)
