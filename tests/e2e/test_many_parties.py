"""A room that is full, whose media process dies, and a room that dies itself."""

from __future__ import annotations

import os
import signal

PARTIES = 6


def connected(controller):
    return [
        connection
        for conference in controller.get("/rest/conferences")
        for connection in conference["connections"]
        if connection["state"] == "CONNECTED"
    ]


def fill(controller, eventually):
    body = {"endPointList": [{"address": "", "dialType": "LOOPBACK"} for _ in range(PARTIES)]}
    links = [link["href"] for link in controller.post("/rest/conferences/blast", body)]
    eventually(lambda: len(connected(controller)) == PARTIES, f"{PARTIES} connected")
    return links


def test_the_media_process_dies_in_a_call_of_six(start_room, control, eventually):
    room = start_room("--model", "G7500")
    controller = control(room)
    assert controller.get("/rest/conferences/capabilities") == {
        "canBlastDial": True,
        "canMakeAudioCall": True,
        "canMakeVideoCall": True,
    }
    links = fill(controller, eventually)
    shown = controller.get("/rest/conferences/0")
    assert len({terminal["id"] for terminal in shown["terminals"]}) == PARTIES
    assert len(controller.get("/rest/conferences/0/termmediastats")) == PARTIES
    assert set(controller.get("/rest/conferences/capabilities").values()) == {False}
    status, answer = controller.ask("POST", "/rest/conferences", {"address": "ada@127.0.0.1"})
    assert status >= 400
    assert answer["reason"].startswith("LineBusy")
    assert len(connected(controller)) == PARTIES

    os.kill(controller.get("/x/system/engine")["pid"], signal.SIGKILL)
    controller.wait_idle()
    assert {controller.get(link)["causeCode"] for link in links} == {41}
    assert set(controller.get("/rest/conferences/capabilities").values()) == {True}
    entries = eventually(lambda: (e := controller.get("/rest/calllog/entries"))[5:] and e, "six in the log")
    assert {(entry["causeCode"], entry["connected"]) for entry in entries} == {(41, True)}
    again = fill(controller, eventually)
    assert not set(again) & set(links)
    controller.delete("/rest/conferences/0")
    controller.wait_idle()


def test_calls_in_which_the_room_died_are_in_its_log(start_room, control, eventually, tmp_path):
    room = start_room(data=tmp_path / "data")
    controller = control(room)
    fill(controller, eventually)
    assert controller.get("/rest/calllog/entries?limit=9") == []
    room.stop(signal.SIGKILL)
    room = start_room(data=tmp_path / "data")
    controller = control(room)
    assert controller.get("/rest/conferences") == []
    entries = controller.get("/rest/calllog/entries?limit=4")
    assert len(entries) == 4
    assert {(entry["causeCode"], entry["type"], entry["connected"]) for entry in entries} == {
        (41, "PLACED", True)
    }
    assert [entry["rowId"] for entry in entries] == [6, 5, 4, 3]
    room.stop()
    again = control(start_room(data=tmp_path / "data")).get("/rest/calllog/entries")
    assert again[:4] == entries
