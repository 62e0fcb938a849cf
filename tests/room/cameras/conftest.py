import asyncio

import pytest

from videobar.adapters.store.database import Database
from videobar.adapters.store.memory import MemoryStore
from videobar.adapters.store.presets import SqlitePresets
from videobar.errors import EngineUnavailable
from videobar.room.cameras.digital import DigitalCamera, FoundCamera
from videobar.room.cameras.port import CameraFacts, Framing
from videobar.room.cameras.position import Position
from videobar.room.cameras.service import Cameras
from videobar.room.cameras.sources import CONTENT, PEOPLE, Mounted, arrange
from videobar.room.video import Snapshot

PTZ = CameraFacts("PTZ", pan=True, tilt=True, zoom=True, focus=True, trackable=True)
FIXED = CameraFacts("FIXED")


class Picture:
    """What the media process would be told, what it would say, and whether it runs."""

    def __init__(self):
        self.source = ""
        self.shown = []
        self.jpeg = b"\xff\xd8thumbnail"
        self.framing = None
        self.down = False
        self.ready = asyncio.Event()
        """Cleared while the process is cold: pictures then wait."""
        self.ready.set()

    def use_near_source(self, url):
        self.source = url

    def point_camera(self, pan, tilt, zoom, focus):
        self.shown.append((self.source, Position(pan, tilt, zoom, focus)))

    async def snapshot(self, which):
        assert which is Snapshot.NEAR
        await self.ready.wait()
        if self.down:
            raise EngineUnavailable("down")
        return self.jpeg

    async def frame_people(self):
        if self.down:
            raise EngineUnavailable("down")
        return Framing(self.framing)


class Plug:
    """Whether cameras that can be unplugged are there."""

    def __init__(self):
        self.inserted = True

    async def find(self):
        return FoundCamera(PTZ, "two:") if self.inserted else None


@pytest.fixture
def picture():
    return Picture()


@pytest.fixture
def plug():
    return Plug()


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "room.sqlite")
    yield database
    database.close()


class SlowPresets(SqlitePresets):
    """Presets on a disk that writes nothing until `ready` is set."""

    def __init__(self, database):
        super().__init__(database)
        self.ready = asyncio.Event()
        self.ready.set()

    async def keep(self, preset, image):
        await self.ready.wait()
        await super().keep(preset, image)


@pytest.fixture
def disk(database):
    return SlowPresets(database)


@pytest.fixture
async def make(clock, picture, plug, store, disk):
    """Makes the same room again and again: a main camera, a second that can be unplugged, a fixed one, and content."""
    made = []

    def build():
        cameras = Cameras(
            sources=arrange(
                [
                    Mounted(PEOPLE, "", DigitalCamera(FoundCamera(PTZ, "one:"), clock=clock)),
                    Mounted(PEOPLE, "Side", DigitalCamera(clock=clock, find=plug.find)),
                    Mounted(PEOPLE, "", DigitalCamera(FoundCamera(FIXED, "fixed:"), clock=clock)),
                    Mounted(CONTENT, "", DigitalCamera(FoundCamera(FIXED, "slides:"), clock=clock)),
                ]
            ),
            presets=disk,
            pictures=picture,
            people=picture,
            clock=clock,
            store=store,
        )
        cameras.start()
        made.append(cameras)
        return cameras

    yield build
    for cameras in made:
        await cameras.close()


@pytest.fixture
async def cameras(make, clock):
    cameras = make()
    await clock.advance(0)
    return cameras
