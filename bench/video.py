"""Calls with video: what one costs beside Debian's baresip in the other role of the same call, what parties cost, how
long set-up takes, and what memory they leave behind.

Needs Debian's baresip and baresip-ffmpeg for the first part.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from processes import cpu_seconds, resident_mib
from room import Room, room

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.e2e.debian_baresip import MISSING, DebianBaresip, film

MEASURED_S = 10.0
SETTLE_S = 3.0
SETUPS = 40
MANY_CALLS = 200
RATE = 1920


def dial(ours: Room, address: str, rate: int = RATE) -> str:
    request = {"address": address, "rate": rate, "dialType": "VIDEO"}
    status, links = ours.ask("POST", "/rest/conferences", request)
    if status != 200:
        raise RuntimeError(links)
    return links[0]["href"]


def hang_up(ours: Room) -> None:
    ours.ask("DELETE", "/rest/conferences/0")
    while ours.ask("GET", "/rest/conferences")[1] != []:
        time.sleep(0.02)


def pid_of(ours: Room) -> int:
    """The media process of a room, which runs once it has been asked for a picture."""
    ours.ask("GET", "/rest/cameras/snapshot/near_image_1.jpg")
    return ours.ask("GET", "/x/system/engine")[1]["pid"]


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def shares(pids: list[int]) -> list[float]:
    """What each process takes of one core, in per cent."""
    time.sleep(SETTLE_S)
    before, began = [cpu_seconds([pid]) for pid in pids], time.perf_counter()
    time.sleep(MEASURED_S)
    seconds = time.perf_counter() - began
    return [(cpu_seconds([pid]) - earlier) / seconds * 100 for pid, earlier in zip(pids, before, strict=True)]


def beside_baresip(folder: Path) -> None:
    """Both show the same film, 720p30 H.264 each way, with Opus."""
    if MISSING:
        print(f"not measured: {MISSING}")
        return
    shown = folder / "shown.mp4"
    film(shown, 1280, 720)
    with room("--sip-port", "0", "--cameras", f"file:{shown}") as ours:
        ours.login()
        engine = pid_of(ours)
        peer = DebianBaresip(folder / "baresip", bitrate=(RATE - 64) * 1000)
        try:
            ratios = []
            for _ in range(3):
                link = dial(ours, peer.uri)
                ours.wait_connected(link)
                ours_share, theirs_share = shares([engine, peer.process.pid])
                rows = {
                    row["mediaDirection"]: row
                    for row in ours.ask("GET", link + "/mediastat")[1]
                    if row["mediaType"] == "VIDEO"
                }
                ratios.append(ours_share / theirs_share)
                print(
                    f"one call 720p30 H.264: room {ours_share:5.1f} % of a core, Debian's baresip "
                    f"{theirs_share:5.1f} %, ratio {ratios[-1]:.2f}; sent {rows['TX']['actualFrameRate']} fps, "
                    f"received {rows['RX']['actualFrameRate']} fps"
                )
                hang_up(ours)
            print(f"ratio, median of {len(ratios)}: {statistics.median(ratios):.2f}")
        finally:
            peer.stop()


def parties() -> None:
    """The hub's media process with 1 to 6 parties; the parties are calls of one other room with little to encode."""
    with (
        room("--sip-port", "0", "--cameras", "pattern:") as hub,
        room(
            *("--sip-port", "0", "--cameras", "pattern:320x180", "--auto-answer", "--layout", "grid")
        ) as others,
    ):
        hub.login()
        others.login()
        engine = pid_of(hub)
        port = others.ask("GET", "/x/system/engine")[1]["sipPort"]
        print(f"idle: {shares([engine])[0]:.1f} % of a core, {resident_mib(engine):.0f} MiB")
        for count in range(1, 7):
            link = dial(hub, f"sip:room@127.0.0.1:{port}")
            hub.wait_connected(link)
            (share,) = shares([engine])
            rates = [
                row["actualFrameRate"]
                for row in hub.ask("GET", "/rest/conferences/0/mediastats")[1]
                if (row["mediaType"], row["mediaDirection"]) == ("VIDEO", "TX")
            ]
            formats = {
                row["mediaFormat"]
                for row in hub.ask("GET", "/rest/conferences/0/mediastats")[1]
                if (row["mediaType"], row["mediaDirection"]) == ("VIDEO", "TX")
            }
            print(
                f"{count} parties: {share:5.1f} % of a core, {resident_mib(engine):4.0f} MiB, "
                f"{threads(engine)} threads, sends {'/'.join(sorted(formats))} at {min(rates)} to {max(rates)} fps"
            )
        hang_up(hub)


def setups_and_memory() -> None:
    with (
        room("--sip-port", "0", "--cameras", "pattern:") as ours,
        room("--sip-port", "0", "--cameras", "pattern:", "--auto-answer") as other,
    ):
        ours.login()
        other.login()
        engine = pid_of(ours)
        address = f"sip:room@127.0.0.1:{other.ask('GET', '/x/system/engine')[1]['sipPort']}"
        idle = resident_mib(engine)
        link = dial(ours, address)
        ours.wait_connected(link)
        time.sleep(SETTLE_S)
        print(f"memory: {idle:.0f} MiB idle, {resident_mib(engine):.0f} MiB in a 720p30 call")
        hang_up(ours)
        took = []
        for number in range(MANY_CALLS):
            began = time.perf_counter()
            link = dial(ours, address)
            while ours.ask("GET", link)[1].get("state") != "CONNECTED":
                pass
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(0.2)  # some pictures
            hang_up(ours)
            if number + 1 in (10, 50, 100, MANY_CALLS):
                time.sleep(35)  # SIP remembers a call for 32 s after its end
                print(
                    f"after {number + 1:3} calls: {resident_mib(engine):.0f} MiB, {threads(engine)} threads"
                )
        took.sort()
        print(
            f"set-up over REST, {MANY_CALLS} calls with video: p50 {statistics.median(took):.1f} ms, "
            f"p95 {took[int(len(took) * 0.95) - 1]:.1f} ms"
        )


def main() -> None:
    parts = sys.argv[1:] or ["baresip", "parties", "memory"]
    with tempfile.TemporaryDirectory(prefix="videobar-bench-") as folder:
        if "baresip" in parts:
            beside_baresip(Path(folder))
        if "parties" in parts:
            parties()
        if "memory" in parts:
            setups_and_memory()


if __name__ == "__main__":
    main()
