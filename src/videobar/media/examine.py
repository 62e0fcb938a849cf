"""`python -m videobar.media.examine sound|picture FILE`: prints why a file cannot be used; nothing where it can.

A process of its own: libav is large, files can keep it busy for long, and what a decoder does with them is not known.
"""

from __future__ import annotations

import sys
from pathlib import Path

import av

from videobar.media.audio.sources import FileSource, SourceSettingInvalid
from videobar.media.video.files.opened_file import open_picture_file
from videobar.media.video.sources.source import VideoSourceUnavailable


def sound_problem(path: Path) -> str:
    """Reason why a file cannot be a microphone; empty where it can."""
    try:
        FileSource(path)
    except SourceSettingInvalid as error:
        return str(error).removeprefix("near source: ")
    return ""


def picture_problem(path: Path) -> str:
    """Reason why a file cannot be a camera; empty where it can."""
    try:
        with open_picture_file(path) as opened:
            for _ in opened.frames():
                return ""
    except VideoSourceUnavailable as error:
        return str(error)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        return f"{path} cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}"
    return f"{path} has no pictures"


if __name__ == "__main__":
    print({"sound": sound_problem, "picture": picture_problem}[sys.argv[1]](Path(sys.argv[2])))
