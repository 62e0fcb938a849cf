"""What tests do to a room's calls in a line."""

from __future__ import annotations

from videobar.room.calls.dialling import Dialling
from videobar.room.calls.port import Connected, Incoming
from videobar.vocabulary import CallMedia, ConnectionFilter


def dial(calls, address="ada@example.com", **more):
    return calls.dial(Dialling(address, **more))


def connect(calls, connection, **more):
    said = {"far_name": "Ada", "far_product": "phone/1", "is_conference_server": False, "rate_kbps": 64}
    calls.hear(Connected(connection.leg, **(said | more)))
    return connection


def ring_in(calls, leg="in-1", address="bob@example.com", name="Bob", product="phone/2", **more):
    calls.hear(Incoming(leg, address, name, product, **more))
    return calls.connections("PENDING", ConnectionFilter.ALL)[-1]


VIDEO = CallMedia.AUDIO_VIDEO
