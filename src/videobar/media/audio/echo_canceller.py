"""Acoustic echo cancellation (AEC): the adaptive filter of libspeexdsp, by ctypes.

The library (Debian: `libspeexdsp1`) comes with the plug-ins through which PortAudio reaches a sound server, so that it
is there where there are devices. It expects both signals in one clock, and loses some of its effect where they are not.
"""

from __future__ import annotations

import ctypes
import weakref
from typing import Final

import numpy as np

from videobar.media.audio.format import FRAME_SAMPLES, MIX_RATE, Samples, from_int16, to_int16

LIBRARIES: Final = ("libspeexdsp.so.1", "libspeexdsp.1.dylib")
LONGEST_ECHO_S: Final = 0.3
"""Longest echo path: from here to the loudspeaker, through the room, and back."""
_SET_SAMPLING_RATE: Final = 24
"""`SPEEX_ECHO_SET_SAMPLING_RATE` of `speex/speex_echo.h`."""


class CancellerUnavailable(Exception):
    """The library is not installed; the text says how to get it."""


class EchoCanceller:
    """For the thread that ticks. Raises `CancellerUnavailable`."""

    def __init__(self) -> None:
        self._speex = _library()
        self._state = self._speex.speex_echo_state_init(FRAME_SAMPLES, round(LONGEST_ECHO_S * MIX_RATE))
        weakref.finalize(self, self._speex.speex_echo_state_destroy, self._state)
        rate = ctypes.c_int(MIX_RATE)
        self._speex.speex_echo_ctl(self._state, _SET_SAMPLING_RATE, ctypes.byref(rate))

    def process(self, heard: Samples, played: Samples) -> Samples:
        """One frame of the microphone without its echo, given the last frame that was played."""
        cleaned = np.empty(FRAME_SAMPLES, np.int16)
        frames = [np.ascontiguousarray(to_int16(frame)) for frame in (heard, played)]
        self._speex.speex_echo_cancellation(
            self._state, *(frame.ctypes.data_as(ctypes.c_void_p) for frame in (*frames, cleaned))
        )
        return from_int16(cleaned)


def _library() -> ctypes.CDLL:
    for name in LIBRARIES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.speex_echo_state_init.argtypes = (ctypes.c_int, ctypes.c_int)
        library.speex_echo_state_init.restype = ctypes.c_void_p
        library.speex_echo_ctl.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
        library.speex_echo_cancellation.argtypes = (ctypes.c_void_p,) * 4
        library.speex_echo_state_destroy.argtypes = (ctypes.c_void_p,)
        return library
    raise CancellerUnavailable("libspeexdsp is not installed (Debian: libspeexdsp1)")
