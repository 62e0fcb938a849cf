"""Calls with linphone: protection of media, video, hold by either side, digits."""

from __future__ import annotations

import pytest
from tests.e2e import pulse
from tests.e2e.linphone import MISSING, Linphone

pytestmark = [
    pytest.mark.apt,
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
    pytest.mark.skipif(bool(pulse.MISSING), reason=pulse.MISSING),
]
CONFERENCE = "/rest/conferences/0"
HOLD = "/x/conferences/0/hold"


@pytest.fixture
def start_linphone(tmp_path):
    sound = pulse.Pulse(tmp_path / "pulse")
    sound.start()
    agents = []

    def start(encryption: str) -> Linphone:
        agents.append(Linphone(tmp_path / f"linphone{len(agents)}", encryption, sound.environment))
        return agents[-1]

    yield start
    for agent in agents:
        agent.stop()
    sound.kill()


def media_flows(controller, link, eventually, encrypted):
    """Wait for more packets of each stream, both ways, and for the right protection."""

    def counts():
        rows = controller.get(link + "/mediastat")
        return {
            (row["mediaType"], row["mediaDirection"]): row["totalPackets"]
            for row in rows
            if row["mediaType"] in ("AUDIO", "VIDEO")
        }

    before = counts()

    def more():
        now = counts()
        return len(now) == 4 and all(now[each] > before.get(each, 0) + 2 for each in now)

    eventually(more, f"more of all streams than {before}")
    eventually(lambda: controller.get(link)["encrypted"] is encrypted, f"encrypted is {encrypted}")


@pytest.mark.parametrize(("encryption", "encrypted"), [("none", False), ("srtp", True), ("dtls", True)])
def test_it_calls_and_both_sides_hold(start_room, start_linphone, control, eventually, encryption, encrypted):
    room = start_room("--auto-answer", "true")
    agent = start_linphone(encryption)
    controller = control(room)
    agent.do(f"call sip:room@127.0.0.1:{room.sip_port}")
    agent.wait_for("Event: LinphoneCallStreamsRunning")
    link = CONFERENCE + "/connections/1"
    controller.wait_for_state(link, "CONNECTED")
    media_flows(controller, link, eventually, encrypted)

    def held(state):
        eventually(lambda: controller.get(CONFERENCE)["holdState"] == state, state)

    agent.do("call-pause 1")
    held("HELD")
    agent.wait_for("Event: LinphoneCallPaused")
    agent.do("call-resume 1")
    held("NOTHELD")
    agent.wait_for("Event: LinphoneCallStreamsRunning", 2)
    controller.post(HOLD, True)
    held("HOLDING")
    agent.wait_for("Event: LinphoneCallPausedByRemote")
    controller.post(HOLD, False)
    held("NOTHELD")
    agent.wait_for("Event: LinphoneCallStreamsRunning", 3)
    media_flows(controller, link, eventually, encrypted)
    controller.post("/rest/audio/playdtmf", {"dtmfChar": "7"})
    agent.wait_for("Tone: 7")
    agent.do("terminate 1")
    controller.wait_idle()


def test_it_is_called_by_a_room_that_insists_on_encryption(start_room, start_linphone, control, eventually):
    """It refuses the first offers for their floor control, which has no secure profile."""
    controller = control(start_room("--encryption", "required"))
    link = controller.dial(start_linphone("srtp").uri)
    controller.wait_for_state(link, "CONNECTED")
    media_flows(controller, link, eventually, True)
    controller.delete(link)
    controller.wait_idle()
