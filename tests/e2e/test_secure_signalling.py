"""SIP over TLS with Debian's baresip, in both directions, and what the room thinks of its certificate."""

from __future__ import annotations

import ssl

import pytest
from tests.e2e.certificates import self_signed

pytestmark = pytest.mark.apt


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return self_signed(tmp_path_factory.mktemp("certificate"))


def sound_comes(controller, link, eventually):
    before = controller.rows(link)["RX"]["totalPackets"]
    eventually(lambda: controller.rows(link)["RX"]["totalPackets"] > before + 20, "sound from the far end")


def test_a_call_out(start_debian, start_room, control, eventually, certificate):
    peer = start_debian(certificate=certificate)
    controller = control(start_room())
    link = controller.dial(peer.tls_uri)
    controller.wait_for_state(link, "CONNECTED")
    sound_comes(controller, link, eventually)
    controller.delete(link)
    controller.wait_idle()


def test_a_call_in(start_debian, start_room, control, eventually, certificate):
    room = start_room("--auto-answer")
    peer = start_debian(account=";transport=tls", certificate=certificate)
    controller = control(room)
    peer.do("dial", f"sip:room@127.0.0.1:{room.sip_tls_port};transport=tls")
    (conference,) = eventually(lambda: controller.get("/rest/conferences"), "a call")
    link = f"/rest/conferences/0/connections/{conference['connections'][0]['id']}"
    controller.wait_for_state(link, "CONNECTED")
    sound_comes(controller, link, eventually)
    peer.do("hangup")
    controller.wait_idle()


def test_who_asks_for_proof_calls_only_those_who_give_it(start_debian, start_room, control, certificate):
    peer = start_debian(certificate=certificate)
    believing = control(start_room("--sip-tls-verify", "true", "--sip-tls-ca", str(certificate)))
    link = believing.dial(peer.tls_uri)
    believing.wait_for_state(link, "CONNECTED")
    believing.delete(link)
    doubting = control(start_room("--sip-tls-verify", "true"))
    ended = doubting.wait_for_state(doubting.dial(peer.tls_uri), "DISCONNECTED")
    assert ended["causeCode"] in (27, 38, 41)


def test_the_operators_certificate_is_shown(start_room, certificate):
    room = start_room("--sip-certificate", str(certificate))
    shown = ssl.get_server_certificate(("127.0.0.1", room.sip_tls_port))
    assert shown.strip() in certificate.read_text()
