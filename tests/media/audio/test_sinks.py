from __future__ import annotations

import os
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from videobar.media.audio.sinks import NoSink, SinkSettingInvalid, WavSink, parse_sink
from videobar.media.audio.sources import ToneSource


def contents(path: Path) -> np.ndarray:
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48000, 2, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)


def test_what_is_written_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "room.wav"
    sink = parse_sink(str(path))
    assert isinstance(sink, WavSink)
    tone = ToneSource(1000, -20)
    frames = [np.stack((tone.read(), -tone.read()), axis=1) for _ in range(7)]
    for frame in frames:
        sink.write(frame)
    sink.close()
    sink.close()
    sink.write(frames[0])
    np.testing.assert_allclose(contents(path) / 32768, np.concatenate(frames), atol=1 / 32768)
    assert path.stat().st_size == 44 + 7 * 3840


def test_the_header_is_right_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "room.wav"
    sink = WavSink(path)
    assert len(contents(path)) == 0
    for written in range(1, 101):
        sink.write(np.zeros((960, 2), np.float32))
        counted = len(contents(path)) // 960
        assert written - 10 < counted <= written
    sink.close()
    assert len(contents(path)) == 100 * 960


def test_a_killed_process_leaves_a_file_that_opens(tmp_path: Path) -> None:
    path = tmp_path / "room.wav"
    script = (
        "import os, signal, sys, pathlib, numpy as np\n"
        "from videobar.media.audio.sinks import WavSink\n"
        "sink = WavSink(pathlib.Path(sys.argv[1]))\n"
        "for _ in range(25): sink.write(np.full((960, 2), 0.25, np.float32))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    source = Path(sys.modules["videobar"].__file__ or "").parent.parent
    ended = subprocess.run(
        [sys.executable, "-c", script, str(path)], env={"PYTHONPATH": str(source)}, check=False, timeout=60
    )
    assert ended.returncode == -9
    sound = contents(path)
    assert len(sound) == 20 * 960
    assert np.all(sound == 8192)


def test_a_full_disk_at_the_start_is_an_error(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(SinkSettingInvalid, match="File too large"):
            WavSink(tmp_path / "room.wav")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


@pytest.mark.parametrize("name", ["/dev/full", "/dev/null", "fifo"])
def test_what_is_no_file_is_not_written(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(SinkSettingInvalid, match="is not a regular file"):
        WavSink(tmp_path / name)


def test_a_failing_write_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    sink = WavSink(tmp_path / "room.wav")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (44 + 3840, hard))
    try:
        for _ in range(4):
            sink.write(np.zeros((960, 2), np.float32))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert len(contents(tmp_path / "room.wav")) == 960


def test_settings(tmp_path: Path) -> None:
    assert isinstance(parse_sink("none"), NoSink)
    parse_sink("none").write(np.zeros((960, 2), np.float32))
    parse_sink("none").close()
    with pytest.raises(SinkSettingInvalid, match="empty"):
        parse_sink(" ")
    with pytest.raises(SinkSettingInvalid, match="No such file"):
        parse_sink(str(tmp_path / "missing" / "room.wav"))
    with pytest.raises(SinkSettingInvalid, match="Is a directory"):
        parse_sink(str(tmp_path))
