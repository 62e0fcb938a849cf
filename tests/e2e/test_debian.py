"""Encrypted calls with Debian's baresip, with audio and H.264 where it has them, in both directions."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.apt
SIZE = (640, 360)


def counted(controller, link):
    """Packets of audio and video by kind and direction."""
    rows = controller.get(link + "/mediastat")
    return {(row["mediaType"], row["mediaDirection"]): row["totalPackets"] for row in rows}


def grow(controller, link, eventually):
    """Audio and video go on, both ways."""
    before = counted(controller, link)
    assert set(before) == {(kind, way) for kind in ("AUDIO", "VIDEO") for way in ("TX", "RX")}
    eventually(
        lambda: all(count > before[row] + 10 for row, count in counted(controller, link).items()),
        "sound and pictures both ways",
    )
    assert controller.rows(link)["RX"]["packetLoss"] <= 5


@pytest.mark.parametrize("account", [";mediaenc=srtp-mand", ";mediaenc=srtp", ";mediaenc=dtls_srtp"])
def test_it_calls_the_room(start_room, start_debian, control, eventually, account):
    room, far = start_room("--auto-answer"), start_debian(size=SIZE, account=account)
    controller = control(room)
    far.do("dial", f"sip:room@127.0.0.1:{room.sip_port}")
    link = "/rest/conferences/0/connections/1"
    controller.wait_for_state(link, "CONNECTED")
    eventually(lambda: controller.get(link)["encrypted"], "encrypted")
    grow(controller, link, eventually)
    assert controller.get(link)["mediaType"] == "AUDIOVIDEO"
    far.do("hold")
    eventually(lambda: controller.get("/rest/conferences/0")["holdState"] == "HELD", "held by the far end")
    far.do("resume")
    eventually(lambda: controller.get("/rest/conferences/0")["holdState"] == "NOTHELD", "taken back")
    grow(controller, link, eventually)
    far.do("sndcode", "7")
    eventually(lambda: [d["digit"] for d in controller.get("/x/conferences/digits")] == ["7"], "a digit")
    assert controller.get(link)["encrypted"] is True
    far.do("hangup")
    controller.wait_idle()


@pytest.mark.parametrize(
    ("setting", "account", "encrypted"),
    [
        ("available", ";mediaenc=srtp-mand", True),
        ("available", ";mediaenc=dtls_srtp", True),
        ("required", ";mediaenc=srtp", True),
        ("available", "", False),
    ],
)
def test_the_room_calls_it(start_room, start_debian, control, eventually, setting, account, encrypted):
    room, far = start_room("--encryption", setting), start_debian(size=SIZE, account=account)
    controller = control(room)
    link = controller.dial(far.uri)
    controller.wait_for_state(link, "CONNECTED")
    eventually(lambda: controller.get(link)["encrypted"] is encrypted, f"encrypted is {encrypted}")
    grow(controller, link, eventually)
    assert controller.get(link)["mediaType"] == "AUDIOVIDEO"
    controller.post("/x/conferences/0/hold", True)
    eventually(lambda: controller.get("/rest/conferences/0")["holdState"] == "HOLDING", "held by the room")
    held, since = counted(controller, link), controller.get(link)["duration"]
    eventually(lambda: controller.get(link)["duration"] > since + 1, "time to pass")
    now = counted(controller, link)
    assert all(now[kind, "TX"] == held[kind, "TX"] for kind in ("AUDIO", "VIDEO")), (held, now)
    controller.post("/x/conferences/0/hold", False)
    eventually(lambda: controller.get("/rest/conferences/0")["holdState"] == "NOTHELD", "taken back")
    grow(controller, link, eventually)
    assert controller.get(link)["encrypted"] is encrypted

    def told():
        streams = controller.get("/x/conferences/0/streams")
        return streams if all(stream["roundTrip"] is not None for stream in streams) else None

    streams = eventually(told, "round trips")
    assert len(streams) == 4
    assert all(bool(stream["cryptoSuite"]) is encrypted for stream in streams)
    assert all(0 <= stream["roundTrip"] < 1000 for stream in streams)
    controller.delete(link)
    controller.wait_idle()
