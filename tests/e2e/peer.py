"""An independent SIP agent as a program: baresip (a C stack) driven by JSON lines.

    python peer.py '{"codecs": ["opus/48000/2"], "tone": 1000, "incoming": "answer", "transport": "udp"}'

registers where "server" and "password" are among the options, prints {"ready": PORT}, then an {"event": …} line for
whatever happens. Lines on standard input are commands:
{"do": "dial", "uri": …}, {"do": "answer"}, {"do": "reject"}, {"do": "hangup"}, {"do": "dtmf", "digits": …},
{"do": "hold"}, {"do": "resume"}, {"do": "held"}, answered by whether the room holds, and
{"do": "hear", "tones": [440, 1000]}, answered by an {"event": "heard"} with the level in dBFS of the loudest bin near
each tone and of everything, over the last half second.

With "video": [WIDTH, HEIGHT] calls have video (VP8): four quarters of the colours `QUARTERS` are shown, and
{"do": "see"} is answered by an {"event": "seen"} with the number of pictures so far and, of the last one, its Y, U and
V in the middle of each eighth of its width, a quarter of the way down. Larger pictures than its own it does not take.
{"do": "video", "direction": "inactive"} takes its video down, "sendrecv" brings it back.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import sys

import numpy as np
from baresip import Account, BaresipError, Config, Event, Runtime, UserAgent

KEPT_S = 0.5
QUARTERS = ((81, 90, 240), (145, 54, 34), (41, 240, 110), (210, 16, 146))
"""Red, green, blue, yellow as Y, U, V: left above, right above, left below, right below."""


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def free_port() -> int:
    """A port that is free for UDP and TCP, below those that the system gives to outgoing connections."""
    while True:
        port = random.randrange(10000, 20000)
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
        ):
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def quarters(width: int, height: int) -> bytes:
    """A picture of four quarters, packed I420."""
    planes = []
    for plane in range(3):
        columns, rows = (width, height) if plane == 0 else (width // 2, height // 2)
        picture = np.zeros((rows, columns), np.uint8)
        for index, colour in enumerate(QUARTERS):
            top, left = index // 2 * rows // 2, index % 2 * columns // 2
            picture[top : top + rows // 2, left : left + columns // 2] = colour[plane]
        planes.append(picture.tobytes())
    return b"".join(planes)


class Peer:
    def __init__(self, options: dict) -> None:
        self.options = options
        self.port = free_port()
        self.call = None
        self.phase = 0
        self.heard = np.zeros(0, np.int16)
        self.rate = 8000
        self.video = "video" in options
        self.size = tuple(options.get("video", (640, 480)))
        self.pictures = 0
        self.seen = None

    async def run(self) -> None:
        runtime = Runtime()
        await runtime.start(
            Config(
                net_interface="127.0.0.1",
                max_concurrent_calls=None,
                video_size=self.size,
                extra_config_text=f"sip_listen 127.0.0.1:{self.port}\n",
            )
        )
        agent = await UserAgent.create(
            runtime,
            Account(
                self.options.get("user", "peer"),
                self.options.get("server", f"127.0.0.1:{self.port}"),
                self.options.get("password", ""),
                reg_interval=60 if "server" in self.options else 0,
                transport=self.options.get("transport", "udp"),
                audio_codecs=tuple(self.options["codecs"]),
                extra_params=tuple(self.options.get("account", ())),
            ),
        )
        agent.on_incoming(self.incoming)
        if "server" in self.options:
            await agent.register()
        say(ready=self.port)
        sound = asyncio.ensure_future(self.sound())
        pictures = asyncio.ensure_future(self.show_and_see())
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        while line := await reader.readline():
            command = json.loads(line)
            try:
                await self.obey(agent, command)
            except BaresipError as error:
                say(event="error", command=command["do"], detail=repr(error))
        sound.cancel()
        pictures.cancel()
        await runtime.close()

    async def obey(self, agent: UserAgent, command: dict) -> None:
        match command["do"]:
            case "dial":
                self.adopt(await agent.dial(command["uri"], video=self.video))
            case "answer":
                await self.call.answer(video=self.video)
            case "reject":
                await self.call.reject()
            case "hangup":
                await self.call.hangup()
            case "hold":
                await self.as_soon_as_possible(self.call.hold)
            case "resume":
                await self.as_soon_as_possible(self.call.resume)
            case "dtmf":
                await self.call.send_dtmf(command["digits"])
            case "held":
                say(event="held", held=bool(self.call.remote_on_hold))
            case "video":
                await self.call.set_video_direction(command["direction"])
            case "see":
                say(event="seen", pictures=self.pictures, colours=self.colours())
            case "hear":
                say(event="heard", **self.hear(command["tones"]))

    async def as_soon_as_possible(self, change) -> None:
        """Change the call; baresip refuses that until it has read the answer to the change before."""
        for _ in range(100):
            try:
                return await change()
            except BaresipError as error:
                if "retry shortly" not in str(error):
                    raise
                await asyncio.sleep(0.05)
        return await change()

    def incoming(self, call) -> None:
        self.adopt(call)
        say(event="incoming")
        if self.options.get("incoming") == "answer":
            self.reaction = asyncio.ensure_future(call.answer(video=self.video))
        elif self.options.get("incoming") == "reject":
            self.reaction = asyncio.ensure_future(call.reject())

    def adopt(self, call) -> None:
        self.call = call
        call.on_dtmf(lambda digit: say(event="dtmf", digit=digit.digit))
        call.on(lambda event: self.happened(event))

    def happened(self, event) -> None:
        if event.event in (Event.CALL_ESTABLISHED, Event.CALL_CLOSED, Event.CALL_RINGING):
            say(event=event.event.name.removeprefix("CALL_").lower())

    async def sound(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            if self.call is None:
                continue
            try:
                self.exchange()
            except BaresipError:
                pass

    def exchange(self) -> None:
        audio = self.call.audio
        info = audio.info()
        if info.tx_ready and info.tx_buffered < info.tx_sample_rate * 2 * info.tx_channels * 0.06:
            count = info.tx_sample_rate // 25
            times = (self.phase + np.arange(count)) / info.tx_sample_rate
            wave = (8000 * np.sin(2 * np.pi * self.options.get("tone", 1000) * times)).astype(np.int16)
            self.phase += count
            audio.write(np.repeat(wave, info.tx_channels).tobytes())
        if info.rx_ready:
            self.rate = info.rx_sample_rate
            samples = np.frombuffer(audio.read(200_000), np.int16)[:: info.rx_channels]
            self.heard = np.concatenate([self.heard, samples])[-int(KEPT_S * self.rate) :]

    async def show_and_see(self) -> None:
        """Show the quarters, and keep the last picture that came."""
        shown = quarters(*self.size)
        while self.video:
            await asyncio.sleep(1 / 30)
            if self.call is None:
                continue
            try:
                self.call.video.write_frame(shown)
                picture = self.call.video.read_frame()
            except BaresipError:
                continue
            if picture is not None:
                self.pictures += 1
                self.seen = picture

    def colours(self) -> list[list[int]]:
        if self.seen is None:
            return []
        width, height = self.seen.width, self.seen.height
        half, quarter = width // 2, width * height // 4
        data = np.frombuffer(self.seen.data, np.uint8)
        y = data[: width * height].reshape(height, width)
        u = data[width * height : width * height + quarter].reshape(height // 2, half)
        v = data[width * height + quarter :].reshape(height // 2, half)
        columns = [int((index + 0.5) / 8 * half) for index in range(8)]
        row = height // 8
        return [[int(y[2 * row, 2 * x]), int(u[row, x]), int(v[row, x])] for x in columns]

    def hear(self, tones: list[float]) -> dict:
        samples = self.heard.astype(np.float64) / 32768
        if len(samples) < KEPT_S * self.rate / 2:
            return {"tones": {}, "level": -100.0, "seconds": len(samples) / self.rate}
        window = np.hanning(len(samples))
        spectrum = np.abs(np.fft.rfft(samples * window)) * 2 / window.sum()
        frequencies = np.fft.rfftfreq(len(samples), 1 / self.rate)

        def level(tone: float) -> float:
            return float(20 * np.log10(max(spectrum[np.abs(frequencies - tone) < 15].max(initial=0), 1e-5)))

        rms = float(np.sqrt(np.mean(samples**2)))
        return {
            "tones": {str(tone): round(level(tone), 1) for tone in tones},
            "level": round(20 * np.log10(max(rms, 1e-5)), 1),
            "seconds": len(samples) / self.rate,
        }


if __name__ == "__main__":
    asyncio.run(Peer(json.loads(sys.argv[1])).run())
