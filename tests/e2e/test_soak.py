"""A mixed load for a minute, or for as long as VIDEOBAR_SOAK_SECONDS says: nothing may grow, and nothing may fail.

The same load comes twice; between and after, the rooms are idle. What the second time adds to what an idle room holds
(memory, descriptors, threads, in both of its processes) is a leak.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.conftest import PASSWORD, Controller, RoomProcess

SECONDS = float(os.environ.get("VIDEOBAR_SOAK_SECONDS", "60"))
PATIENCE_S = 90.0

MORE_MIB = 10.0
"""Memory that may come and go, above a twentieth of what is held."""
MORE_DESCRIPTORS = 6
MORE_THREADS = 4


class Load:
    """Workers, each with a connection of its own, doing the same over and over until `end`."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.failures: list[str] = []
        self._threads: list[threading.Thread] = []
        self._ended = threading.Event()

    def work(self, port: int, name: str, work: Callable[[Worker], None]) -> None:
        def run() -> None:
            worker = Worker(port, self)
            try:
                worker.login(PASSWORD)
                while not self._ended.is_set():
                    work(worker)
            except Exception as error:
                self.failures.append(f"{name}: {error!r}")
            finally:
                with contextlib.suppress(Exception):
                    worker.delete("/rest/session")
                worker.connection.close()

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def rest(self, seconds: float) -> None:
        self._ended.wait(seconds)

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), thread.name


class Worker(Controller):
    """A controller whose answers are counted."""

    def __init__(self, port: int, load: Load) -> None:
        super().__init__(port)
        self.load = load

    def ask(self, method: str, path: str, body: object = ...) -> tuple[int, object]:
        status, answer = super().ask(method, path, body)
        self.load.statuses[status] += 1
        if status >= 500:
            self.load.failures.append(f"{method} {path}: {status} {answer!r}")
        return status, answer


def polls(worker: Worker) -> None:
    for path in (
        "/rest/conferences",
        "/rest/audio",
        "/rest/system/status",
        "/rest/video/local/mute",
        "/rest/cameras/near/all",
        "/rest/calendar/meetings",
        "/rest/mediastats",
    ):
        worker.get(path)
        worker.load.rest(0.02)


def logs_in_and_out(worker: Worker) -> None:
    worker.delete("/rest/session")
    worker.headers.clear()
    worker.login(PASSWORD)
    worker.load.rest(0.1)


def calls(dialling: dict) -> Callable[[Worker], None]:
    def call(worker: Worker) -> None:
        (link,) = worker.post("/rest/conferences", dialling)
        worker.wait_for_state(link["href"], "CONNECTED")
        for _ in range(3):
            worker.ask("GET", link["href"] + "/mediastat")
            worker.ask("POST", "/rest/audio/muted", True)
            worker.ask("POST", "/rest/audio/muted", False)
            worker.load.rest(0.2)
        worker.delete("/rest/conferences/0")
        worker.wait_idle()

    return call


def is_called(worker: Worker) -> None:
    """Somebody calls, is let in if there is room, and goes."""
    worker.post("/x/stage/incoming", {"address": "bob@sim", "name": "Bob"})
    waiting = next((c for c in worker.get("/rest/conferences") if c["id"] == "PENDING"), None)
    for connection in waiting["connections"] if waiting else ():
        act = {"id": connection["id"], "callActionType": "ANSWER"}
        worker.ask("POST", "/rest/conferences/callaction", act)
    worker.load.rest(0.5)
    worker.ask("DELETE", "/rest/conferences/0")
    worker.load.rest(0.2)


def moves(worker: Worker) -> None:
    move = {"action": "moveStart", "direction": "MOVE_RIGHT", "message": "BothCamera", "withImage": "No"}
    worker.post("/rest/cameras/near/1", move)
    worker.load.rest(0.1)
    worker.post("/rest/cameras/near/1", {"action": "moveStop"})
    worker.ask("GET", "/rest/cameras/snapshot/near_image_1.jpg")
    worker.post("/rest/cameras/near/presets/3", {"action": "store"})
    worker.post("/rest/cameras/near/presets/3", {"action": "activate"})
    worker.load.rest(0.3)


def searches(worker: Worker) -> None:
    entry = worker.post("/rest/directory/local/entries", {"displayName": "Ada Lovelace"})
    query = worker.post("/rest/directory/queries", {"searchString": "love"})["id"]
    worker.get(f"/rest/directory/queries/{query}")
    worker.delete(f"/rest/directory/queries/{query}")
    worker.delete(f"/rest/directory/local/entries/{entry['id']}")
    worker.load.rest(0.1)


def administers(worker: Worker) -> None:
    worker.get("/x/config")
    worker.post("/rest/config", {"names": ["system.info.systemname"]})
    for path in ("/x/metrics", "/x/health", "/rest/system/logs", "/rest/provisioning/config"):
        assert worker.ask("GET", path)[0] == 200
    worker.get("/x/security/audit")
    worker.load.rest(0.5)


@dataclass(frozen=True)
class Held:
    """What a process holds."""

    mib: float
    descriptors: int
    threads: int

    @classmethod
    def by(cls, pid: int) -> Held:
        process = Path(f"/proc/{pid}")
        status = dict(
            line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line
        )
        return cls(
            int(status["VmRSS"].split()[0]) / 1024,
            len(list((process / "fd").iterdir())),
            int(status["Threads"]),
        )

    def no_more_than(self, other: Held) -> bool:
        return (
            self.mib <= other.mib * 1.05 + MORE_MIB
            and self.descriptors <= other.descriptors + MORE_DESCRIPTORS
            and self.threads <= other.threads + MORE_THREADS
        )


@contextlib.contextmanager
def load_on(real: RoomProcess, simulated: RoomProcess) -> Iterator[Load]:
    load = Load()
    for room, call in (
        (real, calls({"address": "", "dialType": "LOOPBACK"})),
        (simulated, calls({"address": "ada@sim", "dialType": "SIP"})),
    ):
        for number in range(2):
            load.work(room.port, f"polling {number}", polls)
        for work in (logs_in_and_out, moves, searches, administers):
            load.work(room.port, work.__name__, work)
        load.work(room.port, "calling", call)
    try:
        yield load
    finally:
        load.end()


def test_a_mixed_load_leaves_nothing_behind(start_room, control):
    real, simulated = start_room(), start_room("--engine", "simulated")
    watching = {room: control(room) for room in (real, simulated)}
    held: list[dict[str, Held]] = []

    def holding() -> dict[str, Held]:
        media = watching[real].get("/x/system/engine")["pid"]
        pids = {"room": real.process.pid, "media process": media, "simulated room": simulated.process.pid}
        return {name: Held.by(pid) for name, pid in pids.items()}

    for share in (0.4, 0.6):
        with load_on(real, simulated) as load:
            load.rest(SECONDS * share)
        assert load.failures == []
        assert load.statuses[200] > 200, load.statuses
        assert not any(status >= 500 for status in load.statuses), load.statuses
        for controller in watching.values():
            controller.wait_idle()
        held.append(holding())
    first = held[0]

    def flat() -> bool:
        held[1] = holding()
        return all(held[1][name].no_more_than(first[name]) for name in first)

    deadline = time.monotonic() + PATIENCE_S  # memory and descriptors are given back a little later
    while not flat():
        assert time.monotonic() < deadline, held
        time.sleep(1)
    print(*held, dict(load.statuses), sep="\n")
    for room in (real, simulated):
        room.stop()
        assert "Traceback" not in "".join(room.output.all)


def test_strangers_who_call_again_and_again(start_room, control):
    """Incoming simulated calls, answered and ended, while others poll."""
    room = start_room("--engine", "simulated")
    load = Load()
    load.work(room.port, "called", is_called)
    load.work(room.port, "polling", polls)
    load.rest(SECONDS / 10)
    load.end()
    assert load.failures == []
    assert control(room).get("/rest/audio/volume") == 50
