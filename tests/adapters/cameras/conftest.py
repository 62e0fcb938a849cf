import socket

import pytest

from videobar.adapters.cameras.context import CameraContext
from videobar.adapters.cameras.visca_server import ViscaServer, bind_visca
from videobar.adapters.store.database import Database
from videobar.adapters.store.memory import MemoryStore
from videobar.adapters.store.presets import SqlitePresets
from videobar.clock import SystemClock
from videobar.room.cameras.digital import DigitalCamera, FoundCamera
from videobar.room.cameras.port import CameraFacts
from videobar.room.cameras.service import Cameras
from videobar.room.cameras.sources import PEOPLE, Mounted, arrange
from videobar.room.egress import EgressPolicy

FACTS = CameraFacts("PTZ", pan=True, tilt=True, zoom=True, focus=True)


class Literal:
    """Knows numeric addresses only."""

    async def addresses(self, host):
        return [host]


class Dark:
    """There is no picture."""

    def use_near_source(self, url):
        pass

    def point_camera(self, pan, tilt, zoom, focus):
        pass

    async def snapshot(self, which):
        return None

    async def frame_people(self):
        return None


@pytest.fixture
def context():
    return CameraContext(SystemClock(), EgressPolicy(Literal(), ()), tracking=True)


@pytest.fixture
async def cameras(tmp_path):
    clock, database, dark = SystemClock(), Database(tmp_path / "room.sqlite"), Dark()
    cameras = Cameras(
        sources=arrange([Mounted(PEOPLE, "", DigitalCamera(FoundCamera(FACTS, "drawn:"), clock=clock))]),
        presets=SqlitePresets(database),
        pictures=dark,
        people=dark,
        clock=clock,
        store=MemoryStore(),
    )
    cameras.start()
    yield cameras
    await cameras.close()
    database.close()


@pytest.fixture
async def visca(cameras):
    """The room as a VISCA camera, at an address of its own: the foreign client takes the port for itself."""
    datagrams, streams = bind_visca("127.0.0.3", 0)
    datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server = ViscaServer(cameras, datagrams, streams)
    await server.start()
    yield datagrams.getsockname()
    await server.stop()
