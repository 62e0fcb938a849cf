import pytest

from videobar.adapters.cameras.v4l2 import V4l2Device
from videobar.cli.host import devices
from videobar.media.audio.devices import listing as device_list
from videobar.media.audio.devices.listing import SoundDevices


@pytest.fixture
def sound(monkeypatch):
    def there(*positional, **named):
        monkeypatch.setattr(device_list, "sound_devices", lambda: SoundDevices(*positional, **named))

    return there


@pytest.fixture
def video(monkeypatch, tmp_path):
    """`video(NAME=card)`: files in the place of `/dev`; a card of `None` is a device that captures nothing."""
    cards = {}
    monkeypatch.setattr(devices, "DEVICES", tmp_path)
    monkeypatch.setattr("videobar.files.require_video_device", lambda path: None)
    monkeypatch.setattr(V4l2Device, "card", lambda self: cards[self._path])

    def there(**named):
        for name, card in named.items():
            (tmp_path / name).touch()
            cards[str(tmp_path / name)] = card

    return there


def test_in_the_words_of_the_settings(videobar, sound, video, tmp_path):
    sound(("pulse", "USB Audio"), ("pulse",), "pulse", "pulse")
    video(video10="Late", video0="Conference camera", video1=None)
    ran = videobar("devices")
    assert (ran.status, ran.err) == (0, "")
    assert [line.split() for line in ran.out.splitlines()] == [
        ["microphones", "(--microphone)"],
        ["setting", "name"],
        ["device", "pulse", "(the", "default)"],
        ["device:pulse", "pulse"],
        ["device:USB", "Audio", "USB", "Audio"],
        [],
        ["loudspeakers", "(--speaker)"],
        ["setting", "name"],
        ["device", "pulse", "(the", "default)"],
        ["device:pulse", "pulse"],
        [],
        ["cameras", "(--cameras)"],
        ["setting", "name"],
        [f"v4l2:{tmp_path}/video0", "Conference", "camera"],
        [f"v4l2:{tmp_path}/video10", "Late"],
    ]
    assert videobar.opened == []


def test_as_json(videobar, sound, video, tmp_path):
    sound((), (), problem="PortAudio is not installed: apt install libportaudio2")
    video(video0="Conference camera")
    assert videobar("devices", "--json").json == {
        "microphones": [],
        "loudspeakers": [],
        "cameras": [{"setting": f"v4l2:{tmp_path}/video0", "name": "Conference camera"}],
        "problems": ["PortAudio is not installed: apt install libportaudio2"],
    }


def test_what_is_missing_is_one_line(videobar, sound, video):
    sound((), (), problem="PortAudio is not installed: apt install libportaudio2")
    ran = videobar("devices")
    assert ran.status == 0
    assert ran.out.count("PortAudio is not installed") == 2
    assert "there is no video device (Video4Linux" in ran.out


def test_devices_that_may_not_be_opened(videobar, sound, video, monkeypatch):
    def refuse(device):
        raise PermissionError(13, "Permission denied")

    sound((), ())
    video(video0="Hidden")
    monkeypatch.setattr(V4l2Device, "card", refuse)
    ran = videobar("devices")
    assert "video0: Permission denied" in ran.out
    assert "is the sound server running?" in ran.out


def test_files_that_are_no_devices(videobar, sound, monkeypatch, tmp_path):
    sound((), ())
    monkeypatch.setattr(devices, "DEVICES", tmp_path)
    (tmp_path / "video0").touch()
    assert "video0: is not a video device" in videobar("devices").out
