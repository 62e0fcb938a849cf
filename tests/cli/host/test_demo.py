"""`videobar demo` as a user runs it."""

from __future__ import annotations

import subprocess
import sys

import av
import pytest

from videobar.cli.main import main
from videobar.media.video.sources.pattern import COLOURS


def test_two_rooms_see_each_other(tmp_path):
    folder = tmp_path / "pictures"
    ran = subprocess.run(
        [sys.executable, "-m", "videobar.cli.main", "demo", "--seconds", "6", "--folder", str(folder)],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert ran.returncode == 0, ran.stderr
    rows = [line.split() for line in ran.stdout.splitlines() if line.startswith(("lobby  ", "board  "))]
    assert [row[:4] for row in rows] == [
        [room, media, way, codec]
        for room in ("lobby", "board")
        for media, codec in (("AUDIO", "Opus"), ("VIDEO", "H.264"))
        for way in ("TX", "RX")
    ]
    assert all(row[4] == "720p" for row in rows if row[1] == "VIDEO")
    for name in ("lobby_near", "lobby_far", "board_near", "board_far"):
        with av.open(str(folder / f"{name}.jpg")) as file:
            pixels = next(file.decode(video=0)).to_ndarray(format="rgb24")
        height, width = pixels.shape[:2]
        bars = all(
            abs(pixels[height // 4, int((index + 0.5) / 8 * width)].astype(int) - colour).max() < 48
            for index, colour in enumerate(COLOURS)
        )
        assert bars is (name in ("lobby_far", "board_near")), name


@pytest.mark.parametrize("seconds", ["0", "x", "-1", "99999", ""])
def test_how_long_must_make_sense(seconds, capsys):
    assert main(["demo", f"--seconds={seconds}"]) == 2
    assert "--seconds" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["demo", "--folder", str(tmp_path / "file")]) == 1
    assert str(tmp_path / "file") in capsys.readouterr().err
