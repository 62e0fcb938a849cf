"""Sound devices: microphones and loudspeakers, each in a process of its own (see `host`).

While a device is missing the room hears silence, or plays to nobody; it is tried again and again. Nothing here blocks
or fails for the thread that ticks.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from videobar.media.audio.devices import host as device_host
from videobar.media.audio.devices.reservoir import Reservoir
from videobar.media.audio.format import FRAME_SAMPLES, MIX_RATE, Samples, from_int16, to_int16

log = logging.getLogger("videobar.media")

REOPEN_S: Final = 2.0
"""Pause before a device that was lost is tried again; twice as long each time that it cannot be opened."""
LONGEST_REOPEN_S: Final = 10.0
START_S: Final = 20.0
"""Timeout for opening a device."""
STALE_S: Final = 2.0
"""A device that has given or taken nothing for so long is lost."""
_MOST_BODY: Final = 1 << 20

OnState = Callable[[bool, str], None]
"""Listener, called on a thread of the device's: whether it works now, and if not, why."""


class SoundDevice:
    """Keeps one device open. `on_sound` gets what it hears, on a thread of its own.

    `command` is what to run in place of this Python with `device_host`.
    """

    def __init__(
        self,
        direction: str,
        name: str,
        on_state: OnState,
        on_sound: Callable[[bytes], None] = lambda sound: None,
        *,
        command: Sequence[str] | None = None,
    ) -> None:
        self._label = f"sound device {name!r}" if name else "default sound device"
        self._on_state = on_state
        self._on_sound = on_sound
        module = device_host.__spec__.name
        self._command = [*(command or (sys.executable, "-m", module)), direction, *([name] if name else [])]
        self._stopping = threading.Event()
        self._gate = threading.Lock()
        """Guards the pipe to the process between the thread that ticks and the device's."""
        self._process: subprocess.Popen[bytes] | None = None
        self._told: tuple[bool, str] | None = None
        self._thread = threading.Thread(target=self._run, name=f"device-{direction}", daemon=True)
        self._thread.start()

    def send(self, sound: bytes) -> None:
        """Have at most 4096 bytes played; they are dropped when the device does not keep up, or is not there."""
        with self._gate:
            if self._process is not None and self._process.stdin is not None:
                with contextlib.suppress(BlockingIOError, BrokenPipeError):
                    os.write(self._process.stdin.fileno(), sound)

    def close(self) -> None:
        """Let the device go; twice is harmless."""
        self._stopping.set()
        with self._gate:
            if self._process is not None:
                self._process.kill()
        self._thread.join()

    def _run(self) -> None:
        pause_s = REOPEN_S
        while not self._stopping.is_set():
            try:
                detail = self._live()
            except OSError as error:
                detail = f"its process cannot be started: {error.strerror}"
            except Exception as error:
                log.exception("the %s failed", self._label)
                detail = str(error)
            if self._told is not None and self._told[0]:
                pause_s = REOPEN_S  # it had worked
            if not self._stopping.is_set():
                self._tell(False, detail)
            self._stopping.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_REOPEN_S)

    def _live(self) -> str:
        """Run one process from its start to its end; why it ended."""
        process = subprocess.Popen(  # noqa: S603 - our own program
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
        assert process.stdin is not None  # noqa: S101 - there is a pipe
        os.set_blocking(process.stdin.fileno(), False)
        try:
            with self._gate:
                self._process = process
            return self._listen(process)
        finally:
            with self._gate:
                self._process = None
            process.kill()
            process.communicate()

    def _listen(self, process: subprocess.Popen[bytes]) -> str:
        assert process.stdout is not None  # noqa: S101 - there is a pipe
        output = process.stdout.fileno()
        received = bytearray()
        patience_s = START_S
        while not self._stopping.is_set():
            ready, _, _ = select.select([output], [], [], patience_s)
            if not ready:
                return "it does not react"
            chunk = os.read(output, 65536)
            if not chunk:
                return "its process ended"
            received += chunk
            while (message := _next(received)) is not None:
                kind, body = message
                if kind == device_host.FAILED:
                    return body.decode(errors="replace")
                if kind == device_host.OPENED:
                    patience_s = STALE_S
                    self._tell(True, "")
                elif kind == device_host.SOUND:
                    self._on_sound(body)
        return ""

    def _tell(self, works: bool, detail: str) -> None:
        if self._told == (works, detail):
            return
        if works:
            log.info("the %s is open", self._label)
        else:
            log.warning("the %s cannot be used: %s", self._label, detail)
        self._told = works, detail
        self._on_state(works, detail)


class DeviceSource:
    """A microphone: silent while it is missing. A `AudioSource`."""

    def __init__(self, name: str, on_state: OnState, *, command: Sequence[str] | None = None) -> None:
        self._heard = Reservoir(MIX_RATE, device_host.SAMPLE_BYTES)
        self._device = SoundDevice("capture", name, on_state, self._heard.put, command=command)

    def read(self, count: int = FRAME_SAMPLES) -> Samples:
        """The next `count` samples."""
        return from_int16(np.frombuffer(self._heard.take(count), np.int16))

    def close(self) -> None:
        """Let it go."""
        self._device.close()


class DeviceSink:
    """Loudspeakers: nobody hears anything while they are missing. A `AudioSink`."""

    def __init__(self, name: str, on_state: OnState, *, command: Sequence[str] | None = None) -> None:
        self._device = SoundDevice("play", name, on_state, command=command)

    def write(self, frame: Samples) -> None:
        """Play one frame."""
        self._device.send(to_int16(frame).tobytes())

    def close(self) -> None:
        """Let them go."""
        self._device.close()


def _next(received: bytearray) -> tuple[bytes, bytes] | None:
    """Take the first whole message out of what was received. Raises `ValueError` for what is none."""
    if len(received) < device_host.HEADER.size:
        return None
    kind, length = device_host.HEADER.unpack_from(received)
    if length > _MOST_BODY:
        raise ValueError("its process says what cannot be understood")
    end = device_host.HEADER.size + length
    if len(received) < end:
        return None
    body = bytes(received[device_host.HEADER.size : end])
    del received[:end]
    return kind, body
