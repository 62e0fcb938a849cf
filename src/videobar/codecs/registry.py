"""Registry of codecs by their names in settings, in the default order of preference."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from videobar.codecs.formats import AudioFormat, VideoFormat
from videobar.codecs.g711 import Pcma, Pcmu
from videobar.codecs.g722 import G722
from videobar.codecs.h264 import H264
from videobar.codecs.opus import Opus
from videobar.codecs.vp8 import Vp8

_AUDIO: Final[tuple[AudioFormat, ...]] = (Opus(), G722(), Pcmu(), Pcma())
_VIDEO: Final[tuple[VideoFormat, ...]] = (H264(), Vp8())
AUDIO_FORMATS: Final[Mapping[str, AudioFormat]] = MappingProxyType({each.name: each for each in _AUDIO})
VIDEO_FORMATS: Final[Mapping[str, VideoFormat]] = MappingProxyType({each.name: each for each in _VIDEO})


class UnknownCodec(ValueError):
    """There is no codec of this name."""


def audio_format(encoding: str) -> AudioFormat:
    """The audio codec of an encoding name of SDP, in any case. Raises `UnknownCodec`."""
    for each in _AUDIO:
        if each.encoding.lower() == encoding.lower():
            return each
    raise UnknownCodec(
        f"no audio codec {encoding!r}; there are {', '.join(each.encoding for each in _AUDIO)}"
    )


def video_format(encoding: str) -> VideoFormat:
    """The video codec of an encoding name of SDP, in any case. Raises `UnknownCodec`."""
    for each in _VIDEO:
        if each.encoding.lower() == encoding.lower():
            return each
    raise UnknownCodec(
        f"no video codec {encoding!r}; there are {', '.join(each.encoding for each in _VIDEO)}"
    )
