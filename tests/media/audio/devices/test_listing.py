"""Which sound devices there are, as PortAudio knows them."""

import json
import sys

import pytest

from videobar.media.audio.devices.listing import SoundDevices, sound_devices

THERE = SoundDevices(("pulse", "USB Audio: #0", "USB Audio: #1"), ("pulse",))


def saying(text):
    return (sys.executable, "-c", f"print({text!r})")


def test_what_its_process_says():
    said = {
        "input": ["pulse"],
        "output": ["pulse", "HDMI"],
        "default_input": "pulse",
        "default_output": "HDMI",
        "problem": "",
    }
    assert sound_devices(saying("ALSA lib pcm.c: noise\n" + json.dumps(said))) == SoundDevices(
        ("pulse",), ("pulse", "HDMI"), "pulse", "HDMI"
    )


@pytest.mark.parametrize("said", ["", "noise", "[]", "{}", "null"])
def test_a_process_that_fails(said):
    found = sound_devices(saying(said))
    assert (found.input, found.output) == ((), ())
    assert "could not be asked" in found.problem
    assert "could not be asked" in sound_devices(("/nowhere/at/all",)).problem


def test_without_portaudio_it_says_what_is_missing(monkeypatch, tmp_path):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{':'.join(sys.path)}")
    assert "PortAudio is not installed: apt install" in sound_devices().problem
    (tmp_path / "sounddevice.py").write_text("raise ImportError('no module')")
    assert "extra `sound`" in sound_devices().problem


@pytest.mark.parametrize("name", ["pulse", "PULSE", "USB Audio: #1", "#0"])
def test_names_that_one_device_has(name):
    THERE.require(name, "input")


@pytest.mark.parametrize(
    ("name", "direction", "why"),
    [
        ("nosuch", "input", "no input device 'nosuch'; there are: 'pulse', 'USB Audio: #0', 'USB Audio: #1'"),
        ("USB", "input", "several input devices: 'USB Audio: #0', 'USB Audio: #1'"),
        ("USB", "output", "no output device 'USB'; there are: 'pulse'"),
    ],
)
def test_names_that_none_or_several_have(name, direction, why):
    with pytest.raises(ValueError, match=why):
        THERE.require(name, direction)


def test_where_no_device_is_known_nothing_is_judged():
    SoundDevices(problem="PortAudio is not installed").require("pulse", "input")
