"""Encrypted calls with an independent stack (libsrtp's and OpenSSL's other users): baresip."""

from __future__ import annotations

import pytest

SDES, MANDATORY, DTLS = "mediaenc=srtp", "mediaenc=srtp-mand", "mediaenc=dtls_srtp"


def encrypted(controller, link, wanted, eventually):
    eventually(lambda: controller.get(link)["encrypted"] is wanted, f"encrypted is {wanted}")


@pytest.mark.parametrize("account", [[SDES], [MANDATORY], [DTLS]], ids=lambda a: a[0])
@pytest.mark.parametrize("setting", ["available", "required"])
def test_incoming_calls_are_encrypted_as_the_caller_asks(
    start_room, start_peer, control, eventually, account, setting
):
    room = start_room("--encryption", setting, "--auto-answer", "true")
    peer = start_peer(tone=1000, account=account)
    controller = control(room)
    peer.do("dial", uri=f"sip:room@127.0.0.1:{room.sip_port}")
    peer.wait_for("established")
    link = "/rest/conferences/0/connections/1"
    controller.wait_for_state(link, "CONNECTED")
    encrypted(controller, link, True, eventually)
    peer.wait_to_hear([440])
    eventually(lambda: controller.rows(link)["RX"]["totalPackets"] > 50, "sound from the caller")
    assert controller.rows(link)["RX"]["packetLoss"] <= 5
    peer.do("hold")
    eventually(lambda: controller.get("/rest/conferences/0")["holdState"] != "NOTHELD", "held")
    peer.do("resume")
    eventually(lambda: controller.get("/rest/conferences/0")["holdState"] == "NOTHELD", "resumed")
    peer.wait_to_hear([440])
    encrypted(controller, link, True, eventually)
    controller.delete("/rest/conferences/0")


@pytest.mark.parametrize(
    ("setting", "account", "wanted"),
    [
        ("available", [], False),
        ("available", [SDES], True),
        ("available", [MANDATORY], True),
        ("available", [DTLS], True),
        ("required", [DTLS], True),
        ("required", [SDES], True),
        ("off", [SDES], False),
    ],
    ids=str,
)
def test_outgoing_calls(start_room, start_peer, control, eventually, setting, account, wanted):
    room = start_room("--encryption", setting)
    peer = start_peer(tone=1000, account=account, incoming="answer")
    controller = control(room)
    link = controller.dial(peer.uri)
    controller.wait_for_state(link, "CONNECTED")
    encrypted(controller, link, wanted, eventually)
    peer.wait_to_hear([440])
    eventually(lambda: controller.rows(link)["RX"]["totalPackets"] > 50, "sound from the far end")
    controller.delete(link)


def test_without_common_ground_there_is_no_call(start_room, start_peer, control, eventually):
    strict, lax = start_room("--encryption", "required"), start_room("--encryption", "off")
    peer = start_peer(account=[], incoming="answer")
    controller = control(strict)
    for address in (peer.uri, f"sip:room@127.0.0.1:{lax.sip_port}"):
        link = controller.dial(address)
        ended = controller.wait_for_state(link, "DISCONNECTED")
        assert ended["causeCode"] == 88, ended
    peer.do("dial", uri=f"sip:room@127.0.0.1:{strict.sip_port}")
    peer.wait_for("closed")
    assert controller.get("/rest/conferences") == []
