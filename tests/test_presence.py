"""A room does not start with a camera or a sound device of this computer that is not there."""

import os
import subprocess
import sys

import pytest
from tests.e2e.pulse import MISSING, Pulse
from tests.waiting import until

from videobar import settings
from videobar.media.audio.devices.listing import SoundDevices
from videobar.settings import SettingError, presence
from videobar.settings.presence import Presence


@pytest.fixture
def load(monkeypatch):
    asked = []

    def sound():
        asked.append(1)
        return SoundDevices(("pulse", "USB Audio"), ("pulse",))

    monkeypatch.setattr(presence, "sound_devices", sound)

    def load(**flags):
        return settings.load(flags, {}, require=Presence())

    load.asked = asked
    return load


def test_a_file_that_is_there(load, tmp_path):
    (tmp_path / "a picture.jpg").touch()
    for url in (
        f"file:{tmp_path}/a picture.jpg",
        f"file:{tmp_path}/a%20picture.jpg",
        f"file://{tmp_path}/a picture.jpg",
    ):
        assert load(cameras=f"drawn:,content={url}").cameras
    assert load.asked == []


@pytest.mark.parametrize(
    "url", ["file:/nope.jpg", "file:", "file:/dev/null", "file:/tmp", "file:/a\0b", "file:~nosuch-user/a.jpg"]
)
def test_a_file_that_is_not_there(load, url):
    with pytest.raises(
        SettingError, match="^--cameras: the given value must have as entry 2 a file that exists"
    ):
        load(cameras=f"drawn:,content={url}")


@pytest.mark.parametrize(
    ("device", "why"), [("/dev/video97", "No such file"), ("/dev/null", "is not a video device"), ("", "")]
)
def test_a_video_device_that_is_not_there(load, device, why):
    with pytest.raises(
        SettingError, match=f"^--cameras: .* as entry 1 a video device, not {device}: .*{why}"
    ):
        load(cameras=f"people.Front=v4l2:{device}")


def test_cameras_on_the_network_that_are_off_do_not_matter(load):
    urls = (
        "rtsp://192.0.2.1/live,onvif://ann:secret@192.0.2.1,visca://192.0.2.1?picture=rtsp%3A%2F%2F192.0.2.1"
    )
    assert len(load(cameras=urls).cameras) == 3


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (
            {"microphone": "device:nosuch"},
            "--microphone: 'device:nosuch' names no device: there is no input device",
        ),
        ({"microphone": "device:nosuch"}, "there are: 'pulse', 'USB Audio'"),
        ({"speaker": "device:USB Audio"}, "--speaker: .* there is no output device .* there are: 'pulse'"),
        ({"fence_microphones": "device:pulse,device:x"}, "--fence-microphones: .* no input device 'x'"),
    ],
)
def test_a_sound_device_that_is_not_there(load, flags, why):
    with pytest.raises(SettingError, match=why):
        load(**flags)


def test_sound_devices_that_are_there_are_asked_for_once(load):
    load(microphone="device:usb", speaker="device:pulse", fence_microphones="device:pulse")
    assert load.asked == [1]
    load(microphone="device", speaker="device", fence_microphones="tone,silence")
    load(microphone="device:nosuch", engine="simulated")
    assert load.asked == [1]


def test_without_a_known_device_a_room_starts(monkeypatch):
    monkeypatch.setattr(presence, "sound_devices", lambda: SoundDevices(problem="PortAudio is not installed"))
    assert settings.load({"microphone": "device:pulse"}, {}, require=Presence()).microphone == "device:pulse"


def videobar(*words, environment=None):
    return subprocess.run(
        [sys.executable, "-m", "videobar.cli.main", *words],
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_command_says_it_in_one_line(tmp_path):
    ran = videobar("serve", "--data", str(tmp_path), "--cameras", f"file:{tmp_path}/nope.jpg")
    assert (ran.returncode, ran.stdout) == (2, "")
    why = f"the given value must have as entry 1 a file that exists, not {tmp_path}/nope.jpg"
    assert ran.stderr == f"videobar: --cameras: {why}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.apt
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
async def test_with_a_real_sound_server(tmp_path):
    pytest.importorskip(
        "sounddevice", exc_type=OSError, reason="PortAudio is not installed (Debian: libportaudio2)"
    )
    pulse = Pulse(tmp_path / "pulse")
    pulse.start()
    try:
        await until(lambda: pulse.serves, "a sound server")
        ran = videobar(
            "serve",
            "--data",
            str(tmp_path / "data"),
            "--speaker",
            "device:nosuch",
            environment=pulse.environment,
        )
        assert ran.returncode == 2
        assert "--speaker: 'device:nosuch' names no device: there is no output device 'nosuch'" in ran.stderr
        assert "'pulse'" in ran.stderr
        listed = videobar("devices", "--json", environment=pulse.environment)
        assert '{"setting":"device:pulse","name":"pulse"}' in listed.stdout
    finally:
        pulse.kill()
