"""Rooms that are killed while they write: whatever was acknowledged is there when they start again."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.e2e.conftest import Controller

KILLS = 6
VARIABLE = "videobar.calendar_seconds"


@dataclass(frozen=True)
class Fact:
    """Something that a room remembers: how to set it, how to ask for it, and its n-th value."""

    name: str
    put: Callable[[Controller, Any], object]
    get: Callable[[Controller], Any]
    value: Callable[[int], Any]


def odd(number: int) -> bool:
    return number % 2 == 1


def switch(path: str) -> Callable[[Controller, bool], object]:
    """Turns a mode on by POST, and off by DELETE."""
    return lambda c, on: c.post(path) if on else c.delete(path)


def put_config(controller: Controller, value: str) -> None:
    answer = controller.post("/rest/config", {"vars": [{"name": VARIABLE, "value": value}]})
    assert answer["vars"][0]["result"] == "NOERROR", answer


def get_config(controller: Controller) -> str:
    (variable,) = controller.post("/rest/config", {"names": [VARIABLE]})["vars"]
    return str(variable["value"])


def put_account(controller: Controller, there: bool) -> None:
    if there:
        controller.post("/x/security/accounts", {"user": "ada", "password": "secret word"})
    else:
        controller.delete("/x/security/accounts/ada")


def put_entry(controller: Controller, name: str) -> None:
    """Rename the only entry, or make it."""
    found = entries(controller)
    if found:
        body = json.dumps({"displayName": name})
        path = f"/rest/directory/local/entries/{found[0]['id']}"
        controller.connection.request(
            "PUT", path, body, {**controller.headers, "Content-Type": "application/json"}
        )
        answer = controller.connection.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
    else:
        controller.post("/rest/directory/local/entries", {"displayName": name})


def entries(controller: Controller) -> list[dict]:
    query = controller.post("/rest/directory/queries", {"searchString": ""})["id"]
    return controller.get(f"/rest/directory/queries/{query}")["entries"]


FACTS = (
    Fact(
        "volume",
        lambda c, value: c.post("/rest/audio/volume", value),
        lambda c: c.get("/rest/audio/volume"),
        lambda n: n % 101,
    ),
    Fact(
        "mute lock",
        lambda c, value: c.post("/x/audio/mutelock", value),
        lambda c: c.get("/x/audio/mutelock"),
        odd,
    ),
    Fact(
        "name",
        lambda c, value: c.post("/x/system/name", value),
        lambda c: c.get("/rest/system")["systemName"],
        lambda n: f"Room {n}",
    ),
    Fact(
        "do not disturb",
        lambda c, value: c.post("/x/conferences/donotdisturb", value),
        lambda c: c.get("/x/conferences/donotdisturb"),
        odd,
    ),
    Fact(
        "signage",
        switch("/rest/system/mode/signage"),
        lambda c: c.get("/rest/system/mode/signage")["result"],
        odd,
    ),
    Fact("configuration", put_config, get_config, lambda n: str(60 + n)),
    Fact(
        "preset",
        lambda c, value: c.post("/rest/cameras/near/presets/5", {"action": "store" if value else "clear"}),
        lambda c: c.get("/rest/cameras/near/presets/5")["stored"],
        odd,
    ),
    Fact(
        "account",
        put_account,
        lambda c: any(one["user"] == "ada" for one in c.get("/x/security/accounts")),
        odd,
    ),
    Fact("directory", put_entry, lambda c: entries(c)[0]["displayName"], lambda n: f"Ada {n}"),
    Fact(
        "device mode",
        switch("/rest/system/mode/device"),
        lambda c: c.get("/rest/system/mode/device")["result"],
        odd,
    ),
)


def test_what_was_acknowledged_survives_any_kill(start_room, control, tmp_path):
    data = tmp_path / "data"
    numbers = itertools.count(1)
    known: dict[str, Any] = {}
    doubtful: tuple[str, Any] = ("", None)
    acknowledged = 0
    for kill in range(KILLS + 1):
        room = start_room("--engine", "simulated", data=data)
        controller = control(room)
        for fact in reversed(FACTS):  # device mode first: in it the directory cannot be asked
            if fact.name in known:
                found = fact.get(controller)
                assert found == known[fact.name] or (fact.name, found) == doubtful, fact.name
                known[fact.name] = found
            if fact.name == "device mode" and fact.get(controller):
                fact.put(controller, False)
                known[fact.name] = False
        if kill == KILLS:
            break
        killer = threading.Timer(0.2 + 0.13 * kill, room.process.send_signal, (signal.SIGKILL,))
        killer.start()
        doubtful = ("", None)
        with contextlib.suppress(OSError, http.client.HTTPException):
            for number in numbers:
                for fact in (*FACTS, FACTS[-1]):  # device mode is left at once
                    value = not known.get(fact.name) if fact.value is odd else fact.value(number)
                    doubtful = (fact.name, value)
                    fact.put(controller, value)
                    known[fact.name], doubtful = value, ("", None)
                    acknowledged += 1
        killer.join()
        room.stop(signal.SIGKILL)
    assert acknowledged > 2 * len(FACTS)
    assert set(known) == {fact.name for fact in FACTS}


@pytest.mark.parametrize("damage", [b"", b"this is no database", bytes(8192)])
def test_a_damaged_store_is_set_aside_and_the_room_starts(start_room, control, tmp_path, damage):
    data = tmp_path / "data"
    room = start_room(data=data)
    control(room).post("/rest/audio/volume", 11)
    room.stop()
    file = data / "room.sqlite"
    content = file.read_bytes()
    # An empty file is a new database to SQLite; in that case the middle is what is damaged.
    file.write_bytes(damage or content[:2048] + bytes(len(content) - 4096) + content[-2048:])
    room = start_room(data=data)
    controller = control(room)
    controller.post("/rest/audio/volume", 12)
    room.stop()
    (aside,) = data.glob("room.sqlite.damaged-*")
    assert "room.sqlite cannot be read" in (printed := "".join(room.output.all))
    assert aside.name in printed
    assert "Traceback" not in printed
    assert control(start_room(data=data)).get("/rest/audio/volume") == 12
