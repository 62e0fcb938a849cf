"""Our VISCA client against our VISCA server, and against nobody."""

import pytest
from tests.waiting import until

from videobar.adapters.cameras import remote, visca
from videobar.adapters.cameras.visca_client import visca_camera
from videobar.adapters.cameras.visca_server import ViscaServer, bind_visca
from videobar.errors import AddressForbidden
from videobar.room.cameras.position import STOP, Aim, Drive, Position
from videobar.room.egress import EgressPolicy


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(remote, "RETRY_S", 0.1)
    monkeypatch.setattr(remote, "IDLE_POLL_S", 0.1)


@pytest.fixture
async def camera(visca, context):
    camera = visca_camera(f"visca://{visca[0]}:{visca[1]}?picture=rtsp%3A%2F%2F192.0.2.9%2Flive", context)
    changes = []
    camera.start(lambda: changes.append(camera.connected))
    await until(lambda: camera.connected, "the connection")
    assert changes == [True]
    yield camera
    await camera.close()


async def test_what_it_finds(camera):
    assert camera.picture == "rtsp://192.0.2.9/live"
    assert camera.facts.can("pan")
    assert camera.facts.can("zoom")
    assert not camera.facts.trackable
    assert camera.facts.model == "VISCA 051C"


async def test_positions_there_and_back(camera, cameras):
    camera.go_to(Aim(-30_000, 12_000, 25_000, 10_000))
    await until(lambda: close(camera.position(), Position(-30_000, 12_000, 25_000, 10_000)), "the position")
    assert close(cameras.source(1).camera.position(), Position(-30_000, 12_000, 25_000, 10_000))
    camera.go_to(Aim(pan=0))
    await until(lambda: close(camera.position(), Position(0, 12_000, 25_000, 10_000)), "only the pan")


def close(one, other):
    return all(abs(vars(one)[axis] - vars(other)[axis]) <= 30 for axis in vars(one))


@pytest.mark.parametrize(
    ("drive", "axis", "sign"),
    [
        (Drive(pan=0.6), "pan", 1),
        (Drive(pan=-0.6), "pan", -1),
        (Drive(tilt=0.6), "tilt", 1),
        (Drive(tilt=-0.6), "tilt", -1),
        (Drive(zoom=0.6), "zoom", 1),
        (Drive(focus=-0.6), "focus", -1),
    ],
)
async def test_every_direction(camera, cameras, drive, axis, sign):
    start = vars(camera.position())[axis]
    camera.drive(drive)
    await until(lambda: (vars(camera.position())[axis] - start) * sign > 3_000, "it moves")
    camera.drive(STOP)


async def test_a_camera_that_is_switched_off_and_on(context, cameras):
    datagrams, streams = bind_visca("127.0.0.1", 0)
    port = datagrams.getsockname()[1]
    server = ViscaServer(cameras, datagrams, streams)
    await server.start()
    camera = visca_camera(f"visca://127.0.0.1:{port}", context)
    camera.start(lambda: None)
    await until(lambda: camera.connected, "the connection")
    await server.stop()
    await until(lambda: not camera.connected, "the loss")
    again = ViscaServer(cameras, *bind_visca("127.0.0.1", port))
    await again.start()
    await until(lambda: camera.connected, "the return")
    await again.stop()
    await camera.close()


async def test_a_place_where_the_room_may_not_go(context):
    import dataclasses
    import ipaddress

    from tests.adapters.cameras.conftest import Literal

    closed = EgressPolicy(Literal(), [ipaddress.ip_network("127.0.0.0/8")])
    camera = visca_camera("visca://127.0.0.1", dataclasses.replace(context, egress=closed))
    camera.start(lambda: None)
    with pytest.raises(AddressForbidden):
        await camera._head.connect()
    assert not camera.connected
    await camera.close()


@pytest.mark.parametrize("units", [-50_000, -12_345, 0, 1, 49_999, 50_000])
def test_units_survive_the_cameras_numbers(units):
    for span in (visca.PAN, visca.TILT, visca.ZOOM, visca.FOCUS):
        assert abs(span.units(span.raw(units)) - units) <= 50_000 / (span.highest - span.lowest) + 1


@pytest.mark.parametrize("value", [-32768, -2448, -1, 0, 1, 2448, 32767])
def test_nibbles(value):
    assert visca.from_nibbles(visca.nibbles(value, 4)) == value
