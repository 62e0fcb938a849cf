"""Devices in processes of their own: the processes here are scripts that stand for drivers of all sorts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tests.waiting import until_so

from videobar.media.audio.devices import device as devices
from videobar.media.audio.devices import host as device_host
from videobar.media.audio.devices.device import DeviceSink, DeviceSource
from videobar.media.audio.format import to_int16
from videobar.media.audio.sources import ToneSource

SOURCE = str(Path(sys.modules["videobar"].__file__ or "").parent.parent)
OPENED = (
    "import sys, time, os, struct\n"
    "say = lambda kind, body=b'': os.write(1, struct.pack('!cI', kind, len(body)) + body)\n"
    "say(b'O')\n"
)
TONE = (
    OPENED
    + "block = struct.pack('<h', 8192) * 480\nwhile True:\n    say(b'S', block)\n    time.sleep(0.008)\n"
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "REOPEN_S", 0.05)
    monkeypatch.setattr(devices, "LONGEST_REOPEN_S", 0.2)


class States(list):
    """What is told of a device."""

    def __call__(self, works: bool, detail: str) -> None:
        self.append((works, detail))


def script(folder: Path, text: str) -> list[str]:
    path = folder / "driver.py"
    path.write_text(text)
    return [sys.executable, str(path)]


def test_a_microphone_is_heard(tmp_path: Path) -> None:
    states = States()
    source = DeviceSource("", states, command=script(tmp_path, TONE))
    try:
        until_so(lambda: np.allclose(source.read(), 0.25))
        assert states == [(True, "")]
    finally:
        source.close()
        source.close()


def test_a_device_that_is_lost_comes_back(tmp_path: Path) -> None:
    states = States()
    text = "import os\n" + TONE.replace(
        "while True:", "for _ in range(20) if not os.path.exists('PLUGGED') else iter(int, 1):"
    )
    source = DeviceSource(
        "USB", states, command=script(tmp_path, text.replace("PLUGGED", str(tmp_path / "plugged")))
    )
    try:
        until_so(lambda: len(states) >= 4)
        assert states[:4] == [(True, ""), (False, "its process ended")] * 2
        (tmp_path / "plugged").touch()
        until_so(lambda: states[-1][0] and np.allclose(source.read(), 0.25))
    finally:
        source.close()


@pytest.mark.parametrize(
    ("driver", "detail"),
    [
        ("say(b'F', b'there is no such device')", "there is no such device"),
        ("os._exit(3)", "its process ended"),
        ("time.sleep(60)", "it does not react"),
        (
            "os.write(1, b'S\\xff\\xff\\xff\\xff')\ntime.sleep(60)",
            "its process says what cannot be understood",
        ),
    ],
)
def test_drivers_that_fail(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    driver: str,
    detail: str,
) -> None:
    monkeypatch.setattr(devices, "STALE_S", 0.2)
    states = States()
    source = DeviceSource("USB", states, command=script(tmp_path, OPENED + driver + "\n"))
    try:
        until_so(lambda: len(states) >= 4)
        assert states[:4] == [(True, ""), (False, detail)] * 2
        assert not source.read().any()
    finally:
        source.close()


def test_a_program_that_cannot_be_run_is_told_once(tmp_path: Path) -> None:
    states = States()
    sink = DeviceSink("", states, command=[str(tmp_path / "missing")])
    try:
        until_so(lambda: states)
        for _ in range(20):
            sink.write(np.zeros((960, 2), np.float32))
            time.sleep(0.01)
        assert states == [(False, "its process cannot be started: No such file or directory")]
    finally:
        sink.close()


def test_what_is_played_gets_there(tmp_path: Path) -> None:
    played = tmp_path / "played"
    text = (
        f"out = open({str(played)!r}, 'wb', 0)\n"
        + OPENED
        + "while sound := os.read(0, 4096):\n    out.write(sound)\n"
    )
    states = States()
    sink = DeviceSink("", states, command=script(tmp_path, text))
    tone = ToneSource(1000, -20)
    frames = [np.stack((tone.read(), -tone.read()), axis=1) for _ in range(5)]
    try:
        until_so(lambda: states)
        for frame in frames:
            sink.write(frame)
        expected = to_int16(np.concatenate(frames)).tobytes()
        until_so(lambda: len(played.read_bytes()) >= len(expected))
        assert played.read_bytes() == expected
    finally:
        sink.close()
    sink.write(frames[0])


def test_loudspeakers_that_do_not_keep_up_hold_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "STALE_S", 60.0)
    states = States()
    sink = DeviceSink("", states, command=script(tmp_path, OPENED + "time.sleep(60)\n"))
    try:
        until_so(lambda: states)
        for _ in range(200):  # far more than a pipe holds
            sink.write(np.zeros((960, 2), np.float32))
        assert states == [(True, "")]
    finally:
        sink.close()


def test_the_process_ends_when_it_is_left_alone(tmp_path: Path) -> None:
    """As it is when the media process is killed."""
    fake(
        tmp_path,
        "class RawInputStream:\n    def __init__(self, **more): pass\n    def start(self): pass\n"
        "    def read(self, count):\n        import time; time.sleep(0.01); return bytes(count * 2), False\n",
    )
    process = host(tmp_path, "capture")
    assert process.stdout.read(5) == b"O\0\0\0\0"
    process.stdin.close()
    while process.stdout.read(65536):
        pass
    assert process.wait(60) == 0
    process.stdout.close()


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [
        (
            "raise OSError('PortAudio library not found')",
            "",
            "PortAudio is not installed: apt install libportaudio2",
        ),
        (
            "raise ImportError('no such module')",
            "",
            "sounddevice is not installed: it comes with videobar's extra",
        ),
        ("", "Mic", "there is no input device 'Mic'; there are: 'USB one', 'USB two', 'USB'"),
        ("", "usb ", "'usb ' is the name of several input devices: 'USB one', 'USB two'"),
        ("", "USB", "cannot be opened with 2 channels"),
    ],
)
def test_why_a_device_cannot_be_opened(tmp_path: Path, module: str, name: str, message: str) -> None:
    fake(
        tmp_path,
        module
        or (
            "class RawInputStream:\n    def __init__(self, channels, **more):\n"
            "        raise PortAudioError(f'cannot be opened with {channels} channels')\n"
        ),
    )
    process = host(tmp_path, "capture", name)
    output, _ = process.communicate(timeout=60)
    kind, _ = device_host.HEADER.unpack_from(output)
    assert kind == b"F"
    assert message in output[5:].decode()


def fake(folder: Path, text: str) -> None:
    """A `sounddevice` to be imported in place of the real one."""
    names = ["USB one", "USB two", "USB"]
    able = [{"name": name, "index": at, "max_input_channels": 2} for at, name in enumerate(names)]
    able.append({"name": "Mic of nobody", "index": 9, "max_input_channels": 0})
    (folder / "sounddevice.py").write_text(
        f"class PortAudioError(Exception): pass\ndef query_devices(): return {able!r}\n{text}\n"
    )


def host(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "videobar.media.audio.devices.host", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), SOURCE))},
        bufsize=0,
    )
