"""Network cameras of somebody else's making: GStreamer's RTSP server."""

import contextlib
import subprocess
import time
from pathlib import Path

import pytest
from tests.free_ports import free_port
from tests.waiting import until_so

from videobar.media.video.capture import VideoCapture
from videobar.media.video.sources.schemes import open_source

PYTHON = "/usr/bin/python3"
NEEDED = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst; Gst.init(None); "
    "assert all(map(Gst.ElementFactory.find, ('x264enc', 'jpegenc', 'vp8enc', 'rtph264pay')))"
)
PICTURES = "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate={}/1"
H264 = PICTURES + " ! x264enc tune=zerolatency key-int-max=4 ! rtph264pay name=pay{} pt=96"
STREAMS = {
    "h264": H264.format(15, 0),
    "sound-first": f"audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0 pt=8 {H264.format(15, 1)}",
    "slow": H264.format(2, 0),
    "jpeg": PICTURES.format(15) + " ! jpegenc ! rtpjpegpay name=pay0 pt=26",
    "vp8": PICTURES.format(15) + " ! vp8enc deadline=1 keyframe-max-dist=4 ! rtpvp8pay name=pay0 pt=96",
    "udp": H264.format(15, 0),
}


def has_rtsp_server():
    try:
        return subprocess.run([PYTHON, "-c", NEEDED], capture_output=True, timeout=60).returncode == 0
    except OSError:
        return False


pytestmark = pytest.mark.skipif(
    not has_rtsp_server(),
    reason="needs GStreamer's RTSP server (Debian: gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-good and -ugly)",
)


@contextlib.contextmanager
def camera(port):
    streams = [f"{path}{'!' * (path == 'udp')}={pipeline}" for path, pipeline in STREAMS.items()]
    server = subprocess.Popen(
        [PYTHON, str(Path(__file__).with_name("rtsp_server.py")), str(port), *streams],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert server.stdout.readline() == b"ready\n"
        yield
    finally:
        server.kill()
        server.communicate()


@pytest.fixture(scope="module")
def rtsp_port():
    port = free_port()
    with camera(port):
        yield port


@pytest.mark.parametrize("path", STREAMS)
def test_pictures_of_a_network_camera(rtsp_port, path):
    source = open_source(f"rtsp://127.0.0.1:{rtsp_port}/{path}")
    seen = []

    def look():
        picture = source.frame(time.monotonic())
        if picture is not None:
            seen.append(picture)
        return len(seen) > 2

    try:
        until_so(look)
    finally:
        source.close()
    assert {picture.size for picture in seen} == {(320, 240)}
    assert len({picture.y.tobytes() for picture in seen}) > 1, "the pattern has noise that moves"


def test_a_network_camera_goes_and_comes_back():
    port = free_port()
    states = []
    near = VideoCapture(
        f"rtsp://127.0.0.1:{port}/h264", lambda url, delivering, detail: states.append(delivering)
    )
    near.subscribe(lambda picture, at_s: None)
    try:
        for _ in range(2):
            until_so(lambda: states and not states[-1], "it is not there")
            with camera(port):
                until_so(lambda: states[-1], "it gives pictures")
    finally:
        near.close()
