"""Protocol between the room's process and the media process.

A frame is a four-byte big-endian length and that many bytes of MessagePack. Downwards goes the `EngineConfiguration`,
then calls of the methods of `interface.Engine`, and in the end `Stop`; upwards go `Report`s, among them the answers.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from videobar.engine.process.configuration import EngineConfiguration
from videobar.engine.process.interface import ENGINE
from videobar.engine.process.rpc import Answered, Message, Unanswered
from videobar.room.audio.port import SoundState
from videobar.room.calls.port import LegEvent, SipServer
from videobar.room.content import ContentReport
from videobar.room.far_cameras import FarCameraReport
from videobar.room.video import NearSourceState

LARGEST_FRAME: Final = 16 * 1024 * 1024
LENGTH: Final = struct.Struct("!I")

T = TypeVar("T")

_encoder = msgspec.msgpack.Encoder()


class Stop(Struct, frozen=True, array_like=True, tag="stop"):
    """End all legs properly, then exit."""


class Ready(Struct, frozen=True, tag=True):
    """The media process can take commands."""


class SipServers(Struct, frozen=True, tag=True):
    """States of the registrations, after each change."""

    servers: tuple[SipServer, ...]


Report = (
    Ready
    | SipServers
    | Answered
    | Unanswered
    | SoundState
    | NearSourceState
    | ContentReport
    | FarCameraReport
    | LegEvent
)

configurations: Final = msgspec.msgpack.Decoder(EngineConfiguration)
messages: Final[msgspec.msgpack.Decoder[Message | Stop]] = msgspec.msgpack.Decoder(ENGINE.messages | Stop)
reports: Final[msgspec.msgpack.Decoder[Report]] = msgspec.msgpack.Decoder(Report)


def frame(message: EngineConfiguration | Message | Stop | Report) -> bytes:
    """`message` as bytes for the socket."""
    body = _encoder.encode(message)
    return LENGTH.pack(len(body)) + body


async def read(reader: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[T]) -> T | None:
    """The next message, or `None` when the other side is gone or makes no sense."""
    try:
        (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
        if length > LARGEST_FRAME:
            return None
        return decoder.decode(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
        return None
