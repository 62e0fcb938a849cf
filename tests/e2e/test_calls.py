"""Calls between a room and baresip, a SIP stack that is not ours, over the REST API alone."""

from __future__ import annotations

import os
import signal

import pytest

CODECS = {"opus/48000/2": "Opus", "g722/16000/1": "G.722", "pcmu": "G.711u", "pcma": "G.711a"}
ROOM_TONE = 440


@pytest.mark.parametrize("codec", CODECS)
def test_a_call_out_is_heard_and_counted(start_room, start_peer, control, eventually, codec):
    room = start_room()
    peer = start_peer(codecs=[codec], tone=1000, incoming="answer")
    controller = control(room)

    link = controller.dial(peer.uri)
    connection = controller.wait_for_state(link, "CONNECTED")
    assert connection["address"] == peer.uri
    assert connection["parentConfId"] == "0"
    assert connection["percentConnected"] == 100
    assert connection["incoming"] is False
    peer.wait_to_hear([ROOM_TONE], [1000])

    before = controller.rows(link)
    assert set(before) == {"TX", "RX"}
    assert {row["mediaAlgorithm"] for row in before.values()} == {CODECS[codec]}

    def grown():
        rows = controller.rows(link)
        return (
            rows
            if all(rows[way]["totalPackets"] > before[way]["totalPackets"] + 20 for way in rows)
            else None
        )

    after = eventually(grown, "packets in both directions")
    assert after["RX"]["packetLoss"] == 0
    assert after["RX"]["actualBitRate"] > 5

    terminal = controller.get(connection["terminals"][0]["href"])
    assert "baresip" in terminal["systemID"].lower()
    assert terminal["parentConnectionId"] == connection["id"]

    controller.delete("/rest/conferences/0")
    peer.wait_for("closed")
    controller.wait_idle()
    assert controller.ask("GET", "/rest/conferences/0/mediastats")[0] == 404


def test_a_call_over_tcp(start_room, start_peer, control):
    room, peer = start_room(), start_peer(incoming="answer", transport="tcp")
    controller = control(room)
    link = controller.dial(peer.uri)
    controller.wait_for_state(link, "CONNECTED")
    peer.wait_to_hear([ROOM_TONE])
    controller.delete(link)
    peer.wait_for("closed")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_in_rings_is_answered_and_hung_up_by_the_far_end(start_room, start_peer, control, transport):
    room, peer = start_room(), start_peer(transport=transport)
    controller = control(room)
    suffix = ";transport=tcp" if transport == "tcp" else ""
    peer.do("dial", uri=f"sip:room@127.0.0.1:{room.sip_port}{suffix}")
    ringing = controller.wait_incoming()
    assert ringing["answerable"] is True
    assert ringing["incoming"] is True
    assert ringing["state"] == "RINGING"
    assert ringing["percentConnected"] == 25
    assert ringing["parentConfId"] == "PENDING"
    assert ringing["address"].startswith("peer@127.0.0.1")
    assert ringing["terminals"] == []
    controller.post("/rest/conferences/callaction", {"id": ringing["id"], "callActionType": "ANSWER"})
    peer.wait_for("established")
    controller.wait_for_state(f"/rest/conferences/0/connections/{ringing['id']}", "CONNECTED")
    peer.wait_to_hear([ROOM_TONE])
    assert [c["id"] for c in controller.get("/rest/conferences")] == ["0"]
    peer.do("hangup")
    controller.wait_idle()


def test_auto_answer(start_room, start_peer):
    room, peer = start_room("--auto-answer"), start_peer()
    peer.do("dial", uri=f"sip:room@127.0.0.1:{room.sip_port}")
    peer.wait_for("established")
    peer.wait_to_hear([ROOM_TONE])


@pytest.mark.parametrize("how", ["reject", "ignore", "hang up"])
def test_a_call_in_is_refused(start_room, start_peer, control, how):
    room, peer = start_room(), start_peer()
    controller = control(room)
    peer.do("dial", uri=f"sip:room@127.0.0.1:{room.sip_port}")
    ringing = controller.wait_incoming()
    if how == "reject":
        controller.post(f"/rest/conferences/PENDING/connections/{ringing['id']}", {"action": "reject"})
    elif how == "ignore":
        controller.post("/rest/conferences/callaction", {"id": ringing["id"], "callActionType": "IGNORE"})
    else:
        controller.delete(f"/rest/conferences/PENDING/connections/{ringing['id']}")
    peer.wait_for("closed")
    controller.wait_idle()


def test_the_caller_gives_up(start_room, start_peer, control):
    room, peer = start_room(), start_peer()
    controller = control(room)
    peer.do("dial", uri=f"sip:room@127.0.0.1:{room.sip_port}")
    controller.wait_incoming()
    peer.do("hangup")
    controller.wait_idle()


def test_busy(start_room, start_peer, control):
    room, peer = start_room(), start_peer(incoming="reject")
    controller = control(room)
    link = controller.dial(peer.uri)
    assert controller.wait_for_state(link, "DISCONNECTED")["causeCode"] == 17
    assert controller.get("/rest/conferences") == []


def test_no_answer(start_room, start_peer, control):
    room, peer = start_room("--ring-seconds", "2"), start_peer()
    controller = control(room)
    link = controller.dial(peer.uri)
    controller.wait_for_state(link, "RINGING")
    assert controller.wait_for_state(link, "DISCONNECTED")["causeCode"] == 19
    peer.wait_for("closed")


def test_cancel_while_it_rings(start_room, start_peer, control):
    room, peer = start_room(), start_peer()
    controller = control(room)
    link = controller.dial(peer.uri)
    controller.wait_for_state(link, "RINGING")
    controller.delete("/rest/conferences/0")
    peer.wait_for("closed")
    assert controller.get("/rest/conferences") == []


@pytest.mark.parametrize(
    "address", ["sip:nobody@127.0.0.1:9", "sip:nobody@127.0.0.1:9;transport=tcp", "nobody@host.invalid"]
)
def test_a_host_that_is_not_there(start_room, control, address):
    controller = control(start_room("--response-seconds", "3"))
    link = controller.dial(address)
    assert controller.wait_for_state(link, "DISCONNECTED")["causeCode"] not in (0, 16)
    controller.wait_idle()


def test_digits_both_ways(start_room, start_peer, control, eventually):
    room, peer = start_room(), start_peer(incoming="answer")
    controller = control(room)
    controller.wait_for_state(controller.dial(peer.uri), "CONNECTED")
    peer.wait_to_hear([ROOM_TONE])
    for digit in "159":
        controller.post("/rest/audio/playdtmf", {"dtmfChar": digit})
    controller.post("/rest/audio", {"action": "playDTMF", "dtmfChar": "#"})
    assert peer.digits(4) == "159#"
    peer.do("dtmf", digits="42*")

    def arrived():
        return "".join(row["digit"] for row in controller.get("/x/conferences/digits")) == "42*"

    eventually(arrived, "the digits of the far end")


def test_mute_silences_the_far_end_at_once_and_back(start_room, start_peer, control):
    room, peer = start_room(), start_peer(incoming="answer")
    controller = control(room)
    controller.post("/rest/audio/muted", True)
    controller.wait_for_state(controller.dial(peer.uri), "CONNECTED")
    controller.post("/rest/audio/muted", False)
    peer.wait_to_hear([ROOM_TONE])
    controller.post("/rest/audio/muted", True)
    peer.wait_to_hear([], [ROOM_TONE])
    assert controller.get("/rest/conferences/0")["isMute"] is True


def test_three_parties_hear_each_other_and_not_themselves(start_room, start_peer, control):
    room = start_room()
    ada = start_peer(codecs=["opus/48000/2"], tone=1000, incoming="answer")
    bob = start_peer(codecs=["pcmu"], tone=1700, incoming="answer")
    controller = control(room)
    first, second = controller.dial(ada.uri), controller.dial(bob.uri)
    for link in (first, second):
        controller.wait_for_state(link, "CONNECTED")
    ada.wait_to_hear([ROOM_TONE, 1700], [1000])
    bob.wait_to_hear([ROOM_TONE, 1000], [1700])
    assert len(controller.get("/rest/conferences")) == 1
    assert len(controller.get("/rest/conferences/0/terminals")) == 2
    assert len(controller.get("/rest/conferences/0/mediastats")) == 4
    controller.delete(first)
    ada.wait_for("closed")
    bob.wait_to_hear([ROOM_TONE], [1000, 1700])
    assert len(controller.get("/rest/conferences/0/connections")) == 1


def test_hold_by_the_far_end(start_room, start_peer, control, eventually):
    room, peer = start_room(), start_peer(incoming="answer")
    controller = control(room)
    link = controller.dial(peer.uri)
    controller.wait_for_state(link, "CONNECTED")
    peer.wait_to_hear([ROOM_TONE])
    peer.do("hold")
    eventually(lambda: controller.get("/rest/conferences/0/terminals")[0]["holdState"] != "NOTHELD", "held")
    sent = controller.rows(link)["TX"]["totalPackets"]
    assert controller.rows(link)["TX"]["totalPackets"] - sent <= 1
    peer.do("resume")
    eventually(
        lambda: controller.get("/rest/conferences/0/terminals")[0]["holdState"] == "NOTHELD", "resumed"
    )
    peer.wait_to_hear([ROOM_TONE])


def test_loopback_returns_ones_own_media(start_room, control, eventually):
    controller = control(start_room())
    link = controller.dial("", dialType="LOOPBACK")
    controller.wait_for_state(link, "CONNECTED")
    eventually(lambda: controller.rows(link)["RX"]["totalPackets"] > 20, "own packets")
    controller.delete(link)
    controller.wait_idle()


def test_two_rooms_call_each_other(start_room, control):
    one, other = start_room(), start_room("--auto-answer", "--microphone", "tone:800")
    controller = control(one)
    link = controller.dial(f"sip:room@127.0.0.1:{other.sip_port}")
    connection = controller.wait_for_state(link, "CONNECTED")
    assert controller.get(connection["terminals"][0]["href"])["systemID"].startswith("videobar/")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["is killed", "hangs"])
def test_the_media_process_ends_in_a_call(start_room, start_peer, control, eventually, how):
    room, peer = start_room(), start_peer(incoming="answer")
    controller = control(room)
    controller.wait_for_state(controller.dial(peer.uri), "CONNECTED")
    engine = controller.get("/x/system/engine")
    os.kill(engine["pid"], how)
    controller.wait_idle()
    assert controller.get("/rest/audio/volume") >= 0
    eventually(lambda: controller.get("/x/system/engine")["restarts"] == 1, "a new media process")
    peer.do("hangup")
    again = start_peer(incoming="answer")
    controller.wait_for_state(controller.dial(again.uri), "CONNECTED")
    again.wait_to_hear([ROOM_TONE])


def test_stopping_the_room_hangs_up(start_room, start_peer, control):
    room, peer = start_room(), start_peer(incoming="answer")
    controller = control(room)
    controller.wait_for_state(controller.dial(peer.uri), "CONNECTED")
    assert room.stop(signal.SIGINT) == 0
    peer.wait_for("closed")
