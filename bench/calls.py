"""Calls: how long set-up takes, and what an audio call costs, beside baresip in the other role of the same calls."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from processes import cpu_seconds
from room import Room, room

PEER = Path(__file__).parent.parent / "tests" / "e2e" / "peer.py"
SETUPS = 40
MEASURED_S = 8.0
CODECS = {"pcmu": "G.711", "g722/16000/1": "G.722", "opus/48000/2": "Opus"}


class Peer:
    def __init__(self, codec: str) -> None:
        options = {"codecs": [codec], "tone": 1000, "incoming": "answer"}
        self.process = subprocess.Popen(
            [sys.executable, str(PEER), json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.uri = f"sip:peer@127.0.0.1:{json.loads(self.process.stdout.readline())['ready']}"

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def dial(ours: Room, address: str) -> str:
    status, links = ours.ask("POST", "/rest/conferences", {"address": address, "rate": 0, "dialType": "SIP"})
    if status != 200:
        raise RuntimeError(links)
    return links[0]["href"]


def hang_up(ours: Room) -> None:
    ours.ask("DELETE", "/rest/conferences/0")
    while ours.ask("GET", "/rest/conferences")[1] != []:
        time.sleep(0.01)


def setups(ours: Room, peer: Peer) -> None:
    """From sending the dial request to the first answer that says CONNECTED, polling without a pause."""
    took = []
    for _ in range(SETUPS):
        began = time.perf_counter()
        link = dial(ours, peer.uri)
        while ours.ask("GET", link)[1].get("state") != "CONNECTED":
            pass
        took.append((time.perf_counter() - began) * 1000)
        hang_up(ours)
    took.sort()
    print(
        f"set-up over REST, {SETUPS} calls after another: p50 {statistics.median(took):.1f} ms, "
        f"p95 {took[int(len(took) * 0.95) - 1]:.1f} ms"
    )


def cost(ours: Room, codec: str, calls: int) -> None:
    with Peer(codec) as peer:
        for _ in range(calls):
            ours.wait_connected(dial(ours, peer.uri))
        engine = ours.ask("GET", "/x/system/engine")[1]["pid"]
        time.sleep(1)
        began, ours_before, theirs_before = (
            time.perf_counter(),
            cpu_seconds([engine]),
            cpu_seconds([peer.process.pid]),
        )
        time.sleep(MEASURED_S)
        seconds = time.perf_counter() - began
        ours_share = (cpu_seconds([engine]) - ours_before) / seconds * 100
        theirs_share = (cpu_seconds([peer.process.pid]) - theirs_before) / seconds * 100
        hang_up(ours)
    print(
        f"{CODECS[codec]:>8} {calls:>6} {ours_share:>22.1f} {theirs_share:>21.1f} {ours_share / theirs_share:>7.1f}"
    )


def main() -> None:
    with room("--sip-port", "0") as ours:
        ours.login()
        with Peer("opus/48000/2") as peer:
            setups(ours, peer)
        print(
            f"{'codec':>8} {'calls':>6} {'room, % of one core':>22} {'peer, % of one core':>21} {'ratio':>7}"
        )
        for codec in CODECS:
            for calls in (1, 3):
                cost(ours, codec, calls)
        print("(the peer is baresip plus a Python loop that makes and reads its sound)")


if __name__ == "__main__":
    main()
