"""An independent SIP agent as a program: baresip (a C stack) driven by JSON lines.

    python peer.py '{"codecs": ["opus/48000/2"], "tone": 1000, "incoming": "answer", "transport": "udp"}'

registers where "server" and "password" are among the options, prints {"ready": PORT}, then an {"event": …} line for
whatever happens. Lines on standard input are commands:
{"do": "dial", "uri": …}, {"do": "answer"}, {"do": "reject"}, {"do": "hangup"}, {"do": "dtmf", "digits": …},
{"do": "hold"}, {"do": "resume"}, {"do": "held"}, answered by whether the room holds, and
{"do": "hear", "tones": [440, 1000]}, answered by an {"event": "heard"} with the level in dBFS of the loudest bin near
each tone and of everything, over the last half second.
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


class Peer:
    def __init__(self, options: dict) -> None:
        self.options = options
        self.port = free_port()
        self.call = None
        self.phase = 0
        self.heard = np.zeros(0, np.int16)
        self.rate = 8000

    async def run(self) -> None:
        runtime = Runtime()
        await runtime.start(
            Config(
                net_interface="127.0.0.1",
                max_concurrent_calls=None,
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
        await runtime.close()

    async def obey(self, agent: UserAgent, command: dict) -> None:
        match command["do"]:
            case "dial":
                self.adopt(await agent.dial(command["uri"]))
            case "answer":
                await self.call.answer()
            case "reject":
                await self.call.reject()
            case "hangup":
                await self.call.hangup()
            case "hold":
                await self.call.hold()
            case "resume":
                await self.call.resume()
            case "dtmf":
                await self.call.send_dtmf(command["digits"])
            case "held":
                say(event="held", held=bool(self.call.remote_on_hold))
            case "hear":
                say(event="heard", **self.hear(command["tones"]))

    def incoming(self, call) -> None:
        self.adopt(call)
        say(event="incoming")
        if self.options.get("incoming") == "answer":
            self.reaction = asyncio.ensure_future(call.answer())
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
