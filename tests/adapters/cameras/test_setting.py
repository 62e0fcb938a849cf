import subprocess
import sys

import pytest

from videobar.adapters.cameras.factory import mount
from videobar.adapters.cameras.setting import cameras
from videobar.room.cameras.sources import CONTENT, PEOPLE, arrange
from videobar.settings import SettingError, load


def test_entries():
    read = cameras(
        "drawn:, people.Lectern=visca://192.0.2.7?picture=rtsp%3A%2F%2F192.0.2.7%2Flive, content=file:/a%2Cb.mp4"
    )
    assert [(each.kind, each.name, each.scheme) for each in read] == [
        (PEOPLE, "", "drawn"),
        (PEOPLE, "Lectern", "visca"),
        (CONTENT, "", "file"),
    ]
    assert read[1].url == "visca://192.0.2.7?picture=rtsp%3A%2F%2F192.0.2.7%2Flive"


@pytest.mark.parametrize("nothing", ["none", "", " NONE "])
def test_no_cameras(nothing):
    assert cameras(nothing) == ()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("camera", "as entry 1 a URL that begins with one of drawn:, "),
        ("drawn:,http://192.0.2.1/", "as entry 2 a URL"),
        ("people.=drawn:", "as entry 1"),
        ("faces=drawn:", "as entry 1"),
        ("onvif://", "as entry 1 must be a URL with a host"),
        ("drawn:,rtsp://a:x/", "as entry 2 must be a URL with a host and a port"),
        (",".join(["drawn:"] * 10), "not have more than 9 people sources"),
        (",".join(["content=drawn:"] * 4), "not have more than 3 content sources"),
    ],
)
def test_what_makes_no_sense(value, why):
    with pytest.raises(ValueError, match=why):
        cameras(value)


def test_passwords_are_not_shown_when_something_is_wrong():
    with pytest.raises(SettingError) as refused:
        load({"cameras": "rtsp://ann:secret@:99999/", "data": "/tmp"}, {})
    assert "secret" not in str(refused.value)
    assert "--cameras" in str(refused.value)
    assert "secret" not in repr(cameras("rtsp://ann:secret@192.0.2.1/"))


def test_the_places_that_cameras_take(context):
    many = (
        "drawn:,people.Side=pattern:,content=file:/nowhere,onvif://192.0.2.1,content.Laptop=v4l2:/dev/video9"
    )
    sources = arrange(mount(cameras(many), context))
    assert [(each.index, each.name) for each in sources if each.camera is not None] == [
        (1, "Main"),
        (2, "HDMI Input"),
        (3, "Side"),
        (4, ""),
        (6, "Laptop"),
    ]
    assert sources[0].facts.trackable
    assert not sources[1].connected  # nobody has looked yet


def test_content_is_shown_whole(context):
    (source,) = (each for each in arrange(mount(cameras("content=drawn:"), context)) if each.camera)
    assert source.kind is CONTENT
    assert not source.facts.can("pan")
    assert not source.facts.trackable


def test_the_room_s_own_process_stays_small():
    """OpenCV and FFmpeg are the media process's, and those who look at a picture."""
    code = "import sys, videobar.app; print([each for each in ('cv2', 'av', 'numpy') if each in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
