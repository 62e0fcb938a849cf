"""A PulseAudio server of the test's own: null sinks that stand for loudspeakers and for the air before a microphone."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np

RATE = 48_000
MISSING = next(
    (f"{each} is not installed" for each in ("pulseaudio", "paplay", "parec") if shutil.which(each) is None),
    "",
)


class Pulse:
    """`start` it, `kill` it, and start it again on the same socket."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        for name in ("run", "home"):
            (folder / name).mkdir(mode=0o700, parents=True)
        self.environment = {
            "PULSE_SERVER": f"unix:{folder / 'socket'}",
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "HOME": str(folder / "home"),
            "PULSE_SINK": "speakers",
            "PULSE_SOURCE": "microphone",
        }

    def start(self) -> None:
        """Serve; the microphone hears what is played into the sink `air`."""
        modules = (
            f"module-native-protocol-unix socket={self._folder / 'socket'} auth-anonymous=1",
            "module-null-sink sink_name=speakers",
            "module-null-sink sink_name=air",
            "module-remap-source source_name=microphone master=air.monitor",
        )
        (self._folder / "socket").unlink(missing_ok=True)
        self._run(
            "pulseaudio",
            "-n",
            "--daemonize=no",
            "--use-pid-file=no",
            "--exit-idle-time=-1",
            *(part for module in modules for part in ("-L", module)),
        )

    @property
    def serves(self) -> bool:
        listed = subprocess.run(
            ["pactl", "list", "short", "sources"],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        return "microphone" in listed.stdout

    def say(self, hz: float, seconds: float = 120) -> None:
        """Let a tone be heard by the microphone."""
        path = self._folder / f"{hz}.wav"
        tone = 0.1 * np.sin(2 * np.pi * hz * np.arange(int(RATE * seconds)) / RATE)
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes((tone * 32767).astype("<i2").tobytes())
        self._run("paplay", "--device=air", str(path))

    def hear(self, hz: float) -> float:
        """Level in dB of a tone among what the loudspeakers play, of half a second."""
        recorder = self._run(
            "parec", "--device=speakers.monitor", "--format=s16le", f"--rate={RATE}", "--channels=1", "--raw"
        )
        raw = b""
        while len(raw) < RATE and (more := recorder.stdout.read(RATE - len(raw))):
            raw += more
        self._end(recorder)
        sound = np.frombuffer(raw, "<i2") / 32768
        if len(sound) < RATE // 2:
            return -100.0
        phasor = np.exp(-2j * np.pi * hz * np.arange(len(sound)) / RATE) * np.hanning(len(sound))
        return float(20 * np.log10(max(1e-5, 4 * abs(np.sum(sound * phasor)) / len(sound))))

    def kill(self) -> None:
        """End the server and all that plays, without a word to anybody."""
        for process in self._processes:
            self._end(process)
        self._processes.clear()

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command, env=self._environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._processes.append(process)
        return process

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
        process.stdout.close()
