"""Cold start to the first answer, and memory: idle, with the media process, in a call. Beside a bare interpreter."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from processes import resident_mib
from room import Room, room

STARTS = 7


def main() -> None:
    took, bare = [], []
    with room():
        pass  # compiles the modules, as the first start of an installation does
    for _ in range(STARTS):
        began = time.perf_counter()
        with room() as ours:
            status, _ = ours.ask("GET", "/x/health")
            took.append((time.perf_counter() - began) * 1000)
            if status != 200:
                raise RuntimeError(status)
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        bare.append((time.perf_counter() - began) * 1000)
    ratio = statistics.median(took) / statistics.median(bare)
    print(
        f"command to first 200: median {statistics.median(took):.0f} ms, best {min(took):.0f} ms; "
        f"{ratio:.0f} x a bare interpreter ({statistics.median(bare):.0f} ms)"
    )
    with room() as ours:
        ours.login()
        print(f"memory idle: room {resident_mib(ours.process.pid):.0f} MiB, no media process")
        _, links = ours.ask("POST", "/rest/conferences", {"address": "", "dialType": "LOOPBACK"})
        ours.wait_connected(links[0]["href"])
        memory(ours, "in a call")
        ours.ask("DELETE", "/rest/conferences/0")
        time.sleep(1)
        memory(ours, "after it")


def memory(ours: Room, when: str) -> None:
    engine = ours.ask("GET", "/x/system/engine")[1]["pid"]
    print(
        f"memory {when}: room {resident_mib(ours.process.pid):.0f} MiB, media process {resident_mib(engine):.0f} MiB"
    )


if __name__ == "__main__":
    main()
