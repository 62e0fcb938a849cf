"""Our ONVIF client against the foreign virtual camera `ipycam`, and our RTSP source against its stream.

`ipycam` asks for `opencv-python`, which cannot be installed beside the headless one. So it is no test dependency:
`pip install --no-deps ipycam` brings these tests to life, as the continuous integration does.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from tests.free_ports import free_ports
from tests.waiting import until

from videobar.adapters.cameras import onvif, remote
from videobar.adapters.cameras.onvif import OnvifHead, onvif_camera
from videobar.adapters.cameras.remote import CameraLost, OrderRefused
from videobar.adapters.cameras.rtsp import rtsp_camera
from videobar.adapters.cameras.url import CameraUrl
from videobar.media.video.sources.schemes import open_source
from videobar.room.cameras.position import STOP, Aim, Drive, Position

foreign = pytest.mark.skipif(
    importlib.util.find_spec("ipycam") is None,
    reason="the foreign camera is not installed: pip install --no-deps ipycam",
)
with_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")

VIRTUAL_CAMERA = """
import pathlib, sys, time
import numpy as np
from ipycam import CameraConfig, IPCamera
onvif, rtsp, web, api = map(int, sys.argv[1:])
camera = IPCamera(CameraConfig(
    local_ip="127.0.0.1", onvif_port=onvif, rtsp_port=rtsp, web_port=web, go2rtc_api_port=api,
    username="ann", password="p@ss/word", main_width=640, main_height=360, main_fps=10,
    sub_width=320, sub_height=180, sub_fps=10, show_timestamp=False, manufacturer="Foreign", model="C1",
    hw_accel="cpu"))
camera.start()
pathlib.Path("started").touch()
frame = np.zeros((360, 640, 3), np.uint8)
frame[:, 320:] = 200
while True:
    camera.stream(frame)
    time.sleep(0.1)
"""


@pytest.fixture(scope="module")
def camera_ports(tmp_path_factory):
    ports = free_ports(4)
    directory = tmp_path_factory.mktemp("virtual camera")
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", VIRTUAL_CAMERA, *map(str, ports)],
            cwd=directory,
            stdout=log,
            stderr=log,
            env=os.environ | {"HOME": str(directory)},
            start_new_session=True,
        )
    try:
        for _ in range(600):
            if (directory / "started").exists():  # its RTSP server starts well after its ONVIF port answers
                break
            assert process.poll() is None, (directory / "log").read_text()
            time.sleep(0.1)
        else:
            pytest.fail("the virtual camera did not start: " + (directory / "log").read_text())
        yield ports
    finally:
        os.killpg(process.pid, 9)  # its own session: it and the encoders that it started
        process.wait()


@pytest.fixture
async def camera(camera_ports, context, monkeypatch):
    monkeypatch.setattr(remote, "RETRY_S", 0.2)
    monkeypatch.setattr(remote, "IDLE_POLL_S", 0.1)
    camera = onvif_camera(f"onvif://ann:p%40ss%2Fword@127.0.0.1:{camera_ports[0]}", context)
    camera.start(lambda: None)
    await until(lambda: camera.connected, "the connection")
    yield camera
    camera.drive(STOP)
    await camera.close()


@foreign
async def test_what_it_finds(camera, camera_ports):
    assert camera.facts.model == "Foreign C1"
    assert camera.facts.can("pan")
    assert camera.facts.can("zoom")
    assert camera.picture == f"rtsp://ann:p%40ss%2Fword@127.0.0.1:{camera_ports[1]}/video_main"


@foreign
async def test_it_goes_to_positions_and_is_driven(camera):
    camera.go_to(Aim(25_000, -10_000, 0))
    await until(lambda: near(camera.position(), Position(25_000, -10_000, 0)), "the position")
    camera.go_to(Aim(pan=0))
    await until(lambda: near(camera.position(), Position(0, -10_000, 0)), "only the pan")
    camera.drive(Drive(pan=-0.5))
    await until(lambda: camera.position().pan < -5_000, "it pans to the left")
    camera.drive(STOP)


def near(one, other):
    return all(abs(vars(one)[axis] - vars(other)[axis]) < 600 for axis in ("pan", "tilt", "zoom"))


@foreign
async def test_a_wrong_password(camera_ports, context):
    head = OnvifHead(CameraUrl.of(f"onvif://ann:wrong@127.0.0.1:{camera_ports[0]}", 80), context.egress)
    with pytest.raises((CameraLost, OrderRefused)):
        await head.connect()
    await head.close()


@foreign
@with_ffmpeg
@pytest.mark.apt
async def test_its_stream_is_seen(camera, context):
    camera.go_to(Aim(0, 0, -50_000))
    source = open_source(camera.picture)

    def seen():
        picture = source.frame(time.monotonic())
        return picture is not None and picture.size == (640, 360) and np.ptp(picture.y) > 100

    await until(seen, "its picture, half of it black and half white")
    source.close()


@foreign
async def test_a_network_camera_without_motors(camera_ports, context):
    camera = rtsp_camera(f"rtsp://ann:x@127.0.0.1:{camera_ports[0]}/a?b=c", context)
    assert not camera.connected
    camera.start(lambda: None)
    await until(lambda: camera.connected, "the port")
    assert camera.picture == f"rtsp://ann:x@127.0.0.1:{camera_ports[0]}/a?b=c"
    await camera.close()


async def test_nobody_there(context):
    (port,) = free_ports(1)
    head = OnvifHead(CameraUrl.of(f"onvif://127.0.0.1:{port}", 80), context.egress)
    with pytest.raises(CameraLost):
        await head.connect()
    await head.close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<?xml version='1.0'?><!DOCTYPE lolz []><s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'/>",
        b"<a>" * 400_000,
    ],
)
def test_answers_that_are_no_soap(content):
    assert onvif._parse(content) is None


def test_an_answer_with_a_prefix_that_nobody_declared():
    envelope = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" ><s:Body><ptz:A/></s:Body></s:Envelope>'
    assert onvif._parse(envelope.encode()) is not None


@pytest.mark.parametrize(
    ("text", "lowest", "units"),
    [
        ("0", -1.0, 0),
        ("1", -1.0, 50_000),
        ("-7", -1.0, -50_000),
        ("0.5", 0.0, 0),
        (" 0,5 ", 0.0, 0),
        ("1e9", 0.0, 50_000),
        ("-INF", 0.0, -50_000),
        ("INF", -1.0, 50_000),
        ("x", 0.0, 123),
        ("", 0.0, 123),
        ("NaN", -1.0, 123),
        (None, 0.0, 123),
    ],
)
def test_numbers_of_cameras(text, lowest, units):
    assert onvif._units(text, lowest, 123) == units


@pytest.mark.parametrize("url", ["rtsp://", "rtsp:///live", "rtsp://a:99999/", "rtsp://[::1/", "rtsp://a:b/"])
def test_urls_without_a_place(url):
    with pytest.raises(ValueError, match="must be a URL with a host"):
        CameraUrl.of(url, 554)


def test_the_parts_of_a_url():
    place = CameraUrl.of("rtsp://a%40b:c%3Ad@[2001:db8::1]/live?x=1&y=2", 554)
    assert (place.host, place.port, place.user, place.password) == ("2001:db8::1", 554, "a@b", "c:d")
    assert place.url("192.0.2.1") == "rtsp://a%40b:c%3Ad@192.0.2.1:554/live?x=1&y=2"
    assert place.url("2001:db8::2") == "rtsp://a%40b:c%3Ad@[2001:db8::2]:554/live?x=1&y=2"
    assert place.shown == "rtsp://[2001:db8::1]:554/live"
    assert "c:d" not in repr(place)
