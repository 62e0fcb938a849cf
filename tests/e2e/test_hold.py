"""Hold by the room, by the far end and by both, with an independent stack."""

from __future__ import annotations

import pytest

CONFERENCE = "/rest/conferences/0"
HOLD = "/x/conferences/0/hold"


def state(controller):
    return controller.get(CONFERENCE)["holdState"]


def held(peer):
    peer.do("held")
    return peer.wait_for("held")["held"]


def nothing_is_sent(controller, link, eventually):
    """Whether the room sends no sound while its clock goes on."""
    sent = controller.rows(link)["TX"]["totalPackets"]
    since = controller.get(link)["duration"]
    eventually(lambda: controller.get(link)["duration"] > since + 1, "time to pass")
    assert controller.rows(link)["TX"]["totalPackets"] == sent


@pytest.mark.parametrize("account", [[], ["mediaenc=srtp-mand"]], ids=["plain", "encrypted"])
def test_the_room_holds_and_takes_back(start_room, start_peer, control, eventually, account):
    room, peer = start_room(), start_peer(incoming="answer", tone=1000, account=account)
    controller = control(room)
    link = controller.dial(peer.uri)
    controller.wait_for_state(link, "CONNECTED")
    peer.wait_to_hear([440])
    assert controller.get(CONFERENCE)["capabilities"]["canHoldConference"] is True
    for _ in range(2):
        controller.post(HOLD, True)
        eventually(lambda: state(controller) == "HOLDING", "held by the room")
        shown = controller.get(CONFERENCE)
        assert (shown["isHolding"], shown["holdStartTime"] >= shown["startTime"]) == (True, True)
        assert shown["terminals"][0]["holdState"] == "HOLDING"
        eventually(lambda: held(peer), "the far end knows")
        nothing_is_sent(controller, link, eventually)
        controller.post(HOLD, False)
        eventually(lambda: state(controller) == "NOTHELD", "taken back")
        peer.wait_to_hear([440])
        assert controller.get(CONFERENCE)["holdStartTime"] is None
        assert controller.get(link)["encrypted"] is bool(account)
    before = controller.rows(link)["RX"]["totalPackets"]
    eventually(lambda: controller.rows(link)["RX"]["totalPackets"] > before + 20, "sound from the far end")


def test_both_hold(start_room, start_peer, control, eventually):
    room, peer = start_room(), start_peer(incoming="answer")
    controller = control(room)
    link = controller.dial(peer.uri)
    controller.wait_for_state(link, "CONNECTED")
    peer.wait_to_hear([440])
    controller.post(HOLD, True)
    eventually(lambda: state(controller) == "HOLDING", "held by the room")
    peer.do("hold")
    eventually(lambda: held(peer), "the far end knows")
    controller.post(HOLD, False)
    eventually(lambda: state(controller) == "HELD", "held by the far end alone")
    nothing_is_sent(controller, link, eventually)
    peer.do("resume")
    eventually(lambda: state(controller) == "NOTHELD", "by nobody")
    peer.wait_to_hear([440])


def test_changing_ones_mind_faster_than_the_far_end_answers(start_room, start_peer, control, eventually):
    room, peer = start_room(), start_peer(incoming="answer")
    controller = control(room)
    link = controller.dial(peer.uri)
    controller.wait_for_state(link, "CONNECTED")
    peer.wait_to_hear([440])
    for _ in range(5):
        for wanted in (True, False):
            controller.post(HOLD, wanted)
    peer.wait_to_hear([440])
    eventually(lambda: state(controller) == "NOTHELD", "not held")
    for wanted in (True, False, True):
        controller.post(link.replace("/rest", "/x") + "/hold", wanted)
    eventually(lambda: state(controller) == "HOLDING", "held")
    nothing_is_sent(controller, link, eventually)
    controller.delete(link)
    peer.wait_for("closed")
