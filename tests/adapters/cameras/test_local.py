"""Cameras of this computer: files, and video devices with and without motors."""

import errno

import pytest
from tests.waiting import until

from videobar.adapters.cameras import v4l2
from videobar.adapters.cameras.file import file_camera
from videobar.adapters.cameras.v4l2 import CONTROLS, Control, V4l2Device, v4l2_camera
from videobar.room.cameras import digital
from videobar.room.cameras.position import HOME, Aim, Position


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(digital, "LOOK_S", 0.05)


async def test_a_file_that_comes_and_goes(tmp_path, context):
    file = tmp_path / "a picture.jpg"
    camera = file_camera(f"file:{file}", context)
    changes = []
    camera.start(lambda: changes.append(camera.connected))
    file.touch()
    await until(lambda: camera.connected, "the file")
    assert camera.picture == f"file:{file}"
    assert camera.facts.can("zoom")
    assert camera.facts.trackable
    file.unlink()
    await until(lambda: not camera.connected, "its end")
    assert changes == [True, False]
    await camera.close()


class Fake:
    """A device with a table of controls."""

    def __init__(self, controls, capture=True):
        self.controls, self.capture = controls, capture
        self.values = {}
        self.plugged = True

    def _check(self):
        if not self.plugged:
            raise OSError(errno.ENODEV, "No such device")

    def card(self):
        self._check()
        return "Conference camera" if self.capture else None

    def control(self, identity):
        self._check()
        return self.controls.get(identity)

    def set(self, identity, value):
        self._check()
        self.values[identity] = value


MOTORS = {
    CONTROLS["pan"]: Control(-468_000, 468_000, 3600),
    CONTROLS["tilt"]: Control(-324_000, 324_000, 3600),
    CONTROLS["zoom"]: Control(100, 500, 1),
}


async def test_a_device_with_motors_moves_them(context):
    device = Fake(MOTORS)
    camera = v4l2_camera("v4l2:/dev/video7", context, device)
    camera.start(lambda: None)
    await until(lambda: camera.connected, "the camera")
    assert camera.facts.model == "Conference camera"
    assert camera.facts.can("pan")
    assert not camera.facts.can("focus")
    assert not camera.facts.trackable  # what it sees moves with it
    camera.go_to(Aim(25_000, -50_000, 50_000))
    await until(lambda: camera.position() == Position(25_000, -50_000, 50_000), "the position")
    await until(
        lambda: (
            device.values == {CONTROLS["pan"]: 234_000, CONTROLS["tilt"]: -324_000, CONTROLS["zoom"]: 500}
        ),
        "the motors",
    )
    assert camera.view() == HOME
    await camera.close()


async def test_a_device_that_is_unplugged_and_comes_back(context):
    device = Fake(MOTORS)
    camera = v4l2_camera("v4l2:/dev/video7", context, device)
    camera.start(lambda: None)
    await until(lambda: camera.connected, "the camera")
    camera.go_to(Aim(pan=50_000))
    device.plugged = False
    await until(lambda: not camera.connected, "the loss")
    device.values.clear()
    device.plugged = True
    await until(lambda: camera.connected, "the return")
    await until(lambda: device.values.get(CONTROLS["pan"]) == 468_000, "it looks where it was told to")
    await camera.close()


async def test_a_device_without_motors_is_shown_in_part(context):
    device = Fake({CONTROLS["zoom"]: Control(100, 500, 1)})
    camera = v4l2_camera("v4l2:/dev/video7", context, device)
    camera.start(lambda: None)
    await until(lambda: camera.connected, "the camera")
    assert camera.facts.trackable
    camera.go_to(Aim(zoom=0))
    await until(lambda: camera.view() == Position(zoom=0), "the view")
    assert device.values == {}
    await camera.close()


async def test_a_device_that_is_no_camera(context, tmp_path):
    assert await v4l2.V4l2Camera(Fake({}, capture=False), "", context).find() is None
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "missing"):
        assert await v4l2.V4l2Camera(V4l2Device(str(path)), "", context).find() is None


@pytest.mark.parametrize(
    ("control", "units", "value"),
    [
        (Control(0, 10, 1), -50_000, 0),
        (Control(0, 10, 1), 50_000, 10),
        (Control(0, 10, 4), 20_000, 8),
        (Control(0, 10, 4), 50_000, 8),
        (Control(-36_000, 36_000, 3600), 4_000, 3600),
        (Control(0, 10, 0), 0, 5),
    ],
)
def test_controls_keep_their_steps(control, units, value):
    assert control.value(units) == value
