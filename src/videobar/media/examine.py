"""`python -m videobar.media.examine sound|picture FILE`: prints why a file cannot be used; nothing where it can.

A process of its own: libav is large, files can keep it busy for long, and what a decoder does with them is not known.
"""

from __future__ import annotations

import sys
from pathlib import Path

import av

from videobar.media.media_file import open_media
from videobar.media.sources import FileSource, SourceSettingInvalid

MOST_PACKETS = 2000
"""Within so many a picture must come."""


def sound_problem(path: Path) -> str:
    """Why a file cannot be a microphone; empty where it can."""
    try:
        FileSource(path)
    except SourceSettingInvalid as error:
        return str(error).removeprefix("near source: ")
    return ""


def picture_problem(path: Path) -> str:
    """Why a file cannot be a camera; empty where it can."""
    try:
        with open_media(path) as container:
            if not container.streams.video:
                return f"{path} has no pictures"
            for count, packet in enumerate(container.demux(video=0)):
                if packet.decode():
                    return ""
                if count > MOST_PACKETS:
                    break
    except (av.error.FFmpegError, OSError, ValueError) as error:
        return f"{path} cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}"
    return f"{path} has no pictures"


if __name__ == "__main__":
    print({"sound": sound_problem, "picture": picture_problem}[sys.argv[1]](Path(sys.argv[2])))
