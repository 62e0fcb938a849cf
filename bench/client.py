"""The client beside a bare HTTP client: polls per second and CPU of the asking process, in shuffled rounds of one run.

Every poll is `GET /rest/audio` over one kept TLS connection. `ours` is `AsyncRoom`, `blocking` its blocking twin,
`aiohttp` the same HTTP library with `json.loads` and nothing else, `streams` the least that asyncio can do.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

from load import read_answer, trusting
from room import PASSWORD, room

ROUNDS, SECONDS, WARM_UP = 5, 2.0, 50
PATH = "/rest/audio"
KINDS = ("ours", "blocking", "aiohttp", "streams")


def timed(poll: Callable[[], object]) -> dict[str, float]:
    for _ in range(WARM_UP):
        poll()
    began, cpu, polls = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < SECONDS:
        poll()
        polls += 1
    return figures(polls, began, cpu)


async def timed_async(poll: Callable[[], Awaitable[object]]) -> dict[str, float]:
    for _ in range(WARM_UP):
        await poll()
    began, cpu, polls = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < SECONDS:
        await poll()
        polls += 1
    return figures(polls, began, cpu)


def figures(polls: int, began: float, cpu: float) -> dict[str, float]:
    return {
        "per_second": polls / (time.perf_counter() - began),
        "cpu_us": (time.process_time() - cpu) / polls * 1e6,
    }


async def ours(port: int, _: str) -> dict[str, float]:
    from videobar import AsyncRoom

    async with AsyncRoom("127.0.0.1", port=port, password=PASSWORD, insecure=True) as far:
        return await timed_async(far.audio.state)


def blocking(port: int, _: str) -> dict[str, float]:
    from videobar import Room

    with Room("127.0.0.1", port=port, password=PASSWORD, insecure=True) as far:
        return timed(far.audio.state)


async def with_aiohttp(port: int, cookie: str) -> dict[str, float]:
    import aiohttp

    async with aiohttp.ClientSession(headers={"Cookie": cookie}) as session:
        context = trusting()

        async def poll() -> object:
            async with session.get(f"https://127.0.0.1:{port}{PATH}", ssl=context) as response:
                return json.loads(await response.read())

        return await timed_async(poll)


async def streams(port: int, cookie: str) -> dict[str, float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting())
    request = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()

    async def poll() -> None:
        writer.write(request)
        await read_answer(reader)

    return await timed_async(poll)


def work(kind: str, port: int, cookie: str) -> dict[str, float]:
    if kind == "blocking":
        return blocking(port, cookie)
    kinds = {"ours": ours, "aiohttp": with_aiohttp, "streams": streams}
    return asyncio.run(kinds[kind](port, cookie))


def main() -> None:
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    with room("--engine", "simulated") as served:
        cookie = served.login()
        for _ in range(ROUNDS):
            for kind in random.sample(KINDS, len(KINDS)):
                command = [sys.executable, __file__, kind, str(served.port), cookie]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found[kind].append(json.loads(done.stdout))
    medians = {
        kind: {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
        for kind, rounds in found.items()
    }
    bare = medians["aiohttp"]
    for kind, median in medians.items():
        rate, cpu = (median[name] / bare[name] for name in ("per_second", "cpu_us"))
        print(
            f"{kind:9} {median['per_second']:6.0f} polls/s ({rate:.2f} x aiohttp), "
            f"{median['cpu_us']:5.0f} µs CPU a poll ({cpu:.2f} x aiohttp)"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(work(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
    else:
        main()
