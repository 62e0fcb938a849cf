"""Whole endpoints in this process, that call each other over real sockets."""

from __future__ import annotations

import asyncio
import io

import av
import numpy as np
import pytest
from tests.waiting import until

from videobar.engine.endpoint import Endpoint
from videobar.engine.process.configuration import EngineConfiguration, SoundConfiguration
from videobar.engine.signalling.sip_sockets import bind_sip_sockets
from videobar.media.video.sources.pattern import COLOURS
from videobar.room.calls.port import Connected, DialOrder, Ended, Incoming
from videobar.room.video import Snapshot
from videobar.vocabulary import MediaDirection, MediaType

PATIENCE_TURNS = 6000
"""Of 10 ms: a machine with much else to do must not fail a test."""


class Room:
    """One endpoint, and what it has told."""

    def __init__(self) -> None:
        self.told = []

    @classmethod
    async def open(cls, **configuration):
        room = cls()
        sockets = bind_sip_sockets(["127.0.0.1"], 0)
        settings = {
            "product": "test/1",
            "user": "room",
            "codecs": ("opus", "pcmu"),
            "first_rtp_port": 20000,
            "last_rtp_port": 39999,
            "response_seconds": 30,
            "near_source": "pattern:640x360",
            "rate_kbps": 512,
        }
        sound = {
            name: configuration.pop(name) for name in ("microphones", "speaker") if name in configuration
        }
        settings["sound"] = SoundConfiguration(**sound)
        room.endpoint = await Endpoint.open(
            EngineConfiguration(**(settings | configuration)), sockets=sockets, report=room.told.append
        )
        room.address = f"sip:room@127.0.0.1:{sockets.port('UDP')}"
        return room

    def of(self, kind):
        return [report for report in self.told if isinstance(report, kind)]

    async def rows(self, leg, media=MediaType.VIDEO):
        legs = await self.endpoint.statistics()
        return {row.direction: row for row in legs.get(leg, ()) if row.media is media}

    async def sees(self, leg, pictures=5):
        """Wait until pictures of a leg are decoded, and the statistics say so."""
        row = None
        for _ in range(PATIENCE_TURNS // 10):
            row = (await self.rows(leg)).get(MediaDirection.RX)
            if row is not None and row.width and row.pictures_per_s > pictures:
                return row
            await asyncio.sleep(0.1)
        raise AssertionError(f"no pictures of {leg}: {row}")

    async def far(self):
        """The far picture as RGB, or None."""
        image = await self.endpoint.snapshot(Snapshot.FAR)
        return None if image is None else rgb(image)

    async def far_becomes(self, condition, what):
        pixels = None
        for _ in range(PATIENCE_TURNS // 25):
            pixels = await self.far()
            if pixels is not None and condition(pixels):
                return pixels
            await asyncio.sleep(0.25)
        raise AssertionError(
            f"the far picture never became {what}: {pixels if pixels is None else pixels.shape}"
        )

    async def call(self, other, leg="out", **order):
        """Call another room, which answers; the legs of both."""
        before = len(other.of(Incoming))
        connected, ended = len(self.of(Connected)), len(self.of(Ended))
        self.endpoint.dial(leg, DialOrder(other.address, **({"rate_kbps": 512} | order)))
        await until(
            lambda: len(other.of(Incoming)) > before or len(self.of(Ended)) > ended, "an incoming call"
        )
        theirs = other.of(Incoming)[-1].leg
        other.endpoint.answer(theirs)
        await until(lambda: len(self.of(Connected)) > connected, "the connection")
        await until(lambda: any(each.leg == theirs for each in other.of(Connected)), "the other side of it")
        return leg, theirs


def rgb(image: bytes):
    return next(av.open(io.BytesIO(image)).decode(video=0)).to_ndarray(format="rgb24")


@pytest.fixture
async def rooms():
    """Opens rooms, and closes them."""
    opened = []

    async def open_room(**configuration):
        opened.append(await Room.open(**configuration))
        return opened[-1]

    yield open_room
    for room in opened:
        await room.endpoint.close()
        assert room.endpoint._io.failures == 0


@pytest.fixture
def patience():
    """`until`: waits for a condition."""
    return until


@pytest.fixture
def bars():
    """Tells whether the pattern is seen."""
    return shows_bars


@pytest.fixture
def dark():
    """Tells whether nothing is seen."""
    return is_dark


def shows_bars(pixels, left=0, top=0, width=None, height=None) -> bool:
    """Whether the colour bars of the pattern are seen in that part of a picture."""
    width, height = width or pixels.shape[1] - left, height or pixels.shape[0] - top
    row = pixels[top + height // 4]
    for index, colour in enumerate(COLOURS):
        seen = row[left + int(width * (index + 0.5) / len(COLOURS))].astype(int)
        if np.abs(seen - colour).max() > 40:
            return False
    return True


def is_dark(pixels) -> bool:
    return int(pixels.max()) < 40


class Told(list):
    def of(self, kind):
        return [report for report in self if isinstance(report, kind)]


@pytest.fixture
async def told():
    return Told()


@pytest.fixture
async def endpoint(told):
    sockets = bind_sip_sockets(["127.0.0.1"], 0)
    configuration = EngineConfiguration(
        product="test/1",
        user="room",
        codecs=("opus", "g722", "pcmu", "pcma"),
        first_rtp_port=20000,
        last_rtp_port=29999,
        sound=SoundConfiguration(microphones=("tone",)),
        response_seconds=5,
    )
    made = await Endpoint.open(configuration, sockets=sockets, report=told.append)
    made.port = sockets.port("UDP")
    yield made
    await made.close()
