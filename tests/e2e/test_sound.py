"""The sound of running rooms: by the REST API, by ears that are not ours, and through a real sound server."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest
from pulse import MISSING, Pulse

SILENT = -90


def meters(controller):
    """The valid rows by direction, the last of each."""
    rows = controller.get("/rest/audio/audiometers")
    return {row["portDirection"]: row for row in rows if row["isValid"]}


def test_meters_follow_what_is_heard(start_room, start_peer, control, eventually):
    room, peer = start_room(), start_peer(incoming="answer", tone=1000)
    controller = control(room)
    assert controller.get("/x/audio/sound")["runs"] is False
    rows = controller.get("/rest/audio/audiometers")
    assert [(row["portDirection"], row["portName"]) for row in rows] == [
        ("IN", "Tone of 440 Hz"),
        ("OUT", "Loudspeakers"),
    ]
    assert not any(row["isValid"] for row in rows), "sound is only started by this question"
    eventually(lambda: meters(controller).get("IN", {}).get("levelLeft") == -20, "the tone on the meter")
    assert meters(controller)["OUT"]["levelLeft"] == -100

    controller.post("/rest/audio/volume", 100)
    link = controller.dial(peer.uri)
    controller.wait_for_state(link, "CONNECTED")
    eventually(lambda: meters(controller)["OUT"]["levelRight"] > -40, "the far end on the meter")
    peer.wait_to_hear([440])

    # Muted in one place is muted everywhere.
    controller.post("/rest/audio/muted", True)
    assert controller.get("/rest/audio/muted") is True
    assert meters(controller)["IN"]["levelLeft"] == -100
    assert [row["mute"] for row in controller.get("/rest/audio/microphones")] == [1]
    peer.wait_to_hear([], [440])
    controller.post("/rest/audio/muted", False)
    peer.wait_to_hear([440])

    controller.post("/rest/audio/volume", 0)
    eventually(lambda: meters(controller)["OUT"]["levelLeft"] == -100, "silence in the room")


def test_a_test_tone(start_room, control, eventually):
    controller = control(start_room())
    controller.post("/rest/audio/volume", 100)
    controller.post("/rest/audio", {"action": "playTestTone", "speaker": "SPEAKER_RIGHT"})
    eventually(lambda: meters(controller).get("OUT", {}).get("levelRight") == -20, "the tone")
    assert meters(controller)["OUT"]["levelLeft"] == -100
    controller.post("/rest/audio", {"action": "stopPlayingTestTone"})
    eventually(lambda: meters(controller)["OUT"]["levelRight"] < SILENT, "silence")


def test_a_test_tone_that_is_stopped_before_sound_runs_is_never_heard(start_room, control, eventually):
    controller = control(start_room())
    controller.post("/rest/audio/volume", 100)
    controller.post("/rest/audio", {"action": "playTestTone", "speaker": "SPEAKER_BOTH"})
    controller.post("/rest/audio", {"action": "stopPlayingTestTone"})
    eventually(lambda: controller.get("/x/audio/sound")["runs"], "sound runs")
    for _ in range(20):
        assert meters(controller).get("OUT", {"levelRight": -100})["levelRight"] < SILENT


def test_the_fence_is_raised_and_lowered_in_a_call(start_room, start_peer, control):
    """It is as loud at the fence as it is inside: far ends hear it only without the fence."""
    room, peer = start_room("--fence-microphones", "tone:900"), start_peer(incoming="answer")
    controller = control(room)
    controller.wait_for_state(controller.dial(peer.uri), "CONNECTED")
    peer.wait_to_hear([440], [900])
    assert len(controller.get("/rest/audio/microphones")) == 2
    assert controller.get("/rest/audio")["numOfMicsConnected"] == 2
    assert controller.get("/x/audio/sound")["fence"] == "off"
    written = controller.post(
        "/rest/config",
        {
            "vars": [
                {"name": "voice.acousticFence.enable", "value": "True"},
                {"name": "voice.acousticFence.radius", "value": 3},
                {"name": "voice.acousticFence.radius", "value": 11},
            ]
        },
    )
    assert [row["result"] for row in written["vars"]] == ["NOERROR", "NOERROR", "INVALIDVALUE"]
    assert written["rebootNeeded"] is False
    sound = controller.get("/x/audio/sound")
    assert (sound["fence"], sound["fenceRadius"]) == ("level and speech", 3)
    peer.wait_to_hear([], [440, 900])
    controller.post("/rest/audio/acousticfence", {"action": "disable"})
    peer.wait_to_hear([440], [900])


@pytest.mark.apt
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_sound_devices_that_come_and_go_in_a_call(start_room, start_peer, control, eventually, tmp_path):
    pytest.importorskip(
        "sounddevice", exc_type=OSError, reason="PortAudio is not installed (Debian: libportaudio2)"
    )
    pulse = Pulse(tmp_path / "pulse")
    pulse.start()
    try:
        eventually(lambda: pulse.serves, "a sound server")
        pulse.say(1000)
        room = start_room(
            *("--microphone", "device:pulse", "--speaker", "device:pulse"),
            *("--noise-suppression", "off", "--echo-control", "off"),
            environment=pulse.environment,
        )
        peer = start_peer(incoming="answer", tone=700)
        controller = control(room)
        eventually(lambda: controller.get("/rest/audio")["numOfMicsConnected"] == 1, "a microphone")
        assert [row["typeInString"] for row in controller.get("/rest/audio/microphones")] == ["pulse"]
        assert microphones_state(controller) == ["all_up"]
        eventually(lambda: meters(controller).get("IN", {}).get("levelLeft") == -23, "the tone on the meter")

        controller.post("/rest/audio/volume", 100)
        link = controller.dial(peer.uri)
        controller.wait_for_state(link, "CONNECTED")
        peer.wait_to_hear([1000])
        eventually(lambda: pulse.hear(700) > -40, "the far end in the loudspeakers")

        pulse.kill()
        eventually(lambda: controller.get("/rest/audio/microphones") == [], "no microphone")
        assert controller.get("/rest/audio")["numOfMicsConnected"] == 0
        assert microphones_state(controller) == ["none_up"]
        eventually(
            lambda: [port["connected"] for port in controller.get("/x/audio/sound")["ports"]] == [False] * 2,
            "no loudspeakers",
        )
        assert meters(controller) == {}
        assert all(port["detail"] for port in controller.get("/x/audio/sound")["ports"])
        peer.wait_to_hear([], [1000])
        before = controller.rows(link)
        eventually(
            lambda: all(
                row["totalPackets"] > before[way]["totalPackets"] + 50
                for way, row in controller.rows(link).items()
            ),
            "sound both ways",
        )

        pulse.start()
        eventually(lambda: pulse.serves, "a sound server again")
        pulse.say(1300)
        eventually(lambda: controller.get("/rest/audio")["numOfMicsConnected"] == 1, "a microphone again")
        peer.wait_to_hear([1300])
        eventually(lambda: pulse.hear(700) > -40, "the far end in the loudspeakers again")
        assert microphones_state(controller) == ["all_up"]
        assert controller.get(link)["state"] == "CONNECTED"
        assert controller.get("/x/system/engine")["restarts"] == 0
    finally:
        pulse.kill()


@pytest.mark.apt
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_a_media_process_that_is_killed_leaves_no_device_open(start_room, control, eventually, tmp_path):
    pytest.importorskip(
        "sounddevice", exc_type=OSError, reason="PortAudio is not installed (Debian: libportaudio2)"
    )
    pulse = Pulse(tmp_path / "pulse")
    pulse.start()
    try:
        eventually(lambda: pulse.serves, "a sound server")
        room = start_room(
            "--microphone", "device:pulse", "--speaker", "device:pulse", environment=pulse.environment
        )
        controller = control(room)
        eventually(lambda: controller.get("/rest/audio")["numOfMicsConnected"] == 1, "a microphone")
        sound = controller.get("/x/audio/sound")
        assert (sound["noiseSuppression"], sound["echoControl"]) == ("moderate", True)
        pid = controller.get("/x/system/engine")["pid"]
        devices = children(pid)
        assert len(devices) == 2
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not any(Path(f"/proc/{each}").exists() for each in devices), "no device")
        eventually(lambda: controller.get("/x/system/engine")["restarts"] == 1, "another media process")
        eventually(lambda: controller.get("/rest/audio")["numOfMicsConnected"] == 1, "a microphone again")
    finally:
        pulse.kill()


def children(pid):
    """The processes that `pid` has started."""
    found = []
    for each in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if each.name.isdigit() and int((each / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(each.name))
    return found


def test_without_a_sound_server_the_room_runs(start_room, start_peer, control, eventually, tmp_path):
    """As without PortAudio, or without its Python package: a device is missing, and it is said why."""
    room = start_room(
        "--microphone", "device:no such thing", environment={"PULSE_SERVER": f"unix:{tmp_path}/none"}
    )
    controller, peer = control(room), start_peer(incoming="answer")
    eventually(
        lambda: controller.get("/x/audio/sound")["ports"][0]["detail"] not in ("", "not opened yet"), "why"
    )
    assert controller.get("/rest/audio")["numOfMicsConnected"] == 0
    link = controller.dial(peer.uri)
    controller.wait_for_state(link, "CONNECTED")
    controller.delete(link)


def microphones_state(controller):
    rows = {row["name"]: row["stateList"] for row in controller.get("/rest/system/status")}
    return rows["system.status.mr.audio"]
