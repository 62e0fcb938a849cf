"""Calls with video between a room and two SIP stacks that are not ours, over the REST API alone."""

from __future__ import annotations

import pytest

from videobar.media.video.frame import yuv
from videobar.media.video.sources.pattern import COLOURS

PATTERN = ("--cameras", "pattern:640x360")
BARS = [yuv(*colour) for colour in COLOURS]
QUARTERS = ((235, 16, 16), (16, 235, 16), (16, 16, 235), (235, 235, 16))


def shows_quarters(pixels) -> bool:
    height, width = pixels.shape[:2]
    points = [(height // 4, width // 4), (height // 4, 3 * width // 4)]
    points += [(3 * height // 4, width // 4), (3 * height // 4, 3 * width // 4)]
    return all(
        abs(pixels[point].astype(int) - colour).max() < 48
        for point, colour in zip(points, QUARTERS, strict=True)
    )


def shows_bars(pixels) -> bool:
    height, width = pixels.shape[:2]
    return all(
        abs(pixels[height // 4, int((index + 0.5) / 8 * width)].astype(int) - colour).max() < 48
        for index, colour in enumerate(COLOURS)
    )


def flowing(controller, link, eventually):
    """The rows of video, once pictures flow both ways."""

    def rows():
        found = controller.video_rows(link)
        good = len(found) == 2 and all(
            row["actualFrameRate"] > 5 and row["mediaFormat"] for row in found.values()
        )
        return found if good else None

    return eventually(rows, "pictures both ways")


@pytest.mark.parametrize("who", ["the room", "the peer"])
def test_vp8_with_baresip(start_room, start_peer, control, eventually, who):
    room = start_room(*PATTERN, "--auto-answer", "--default-rate", "512")
    peer = start_peer(video=[848, 480], incoming="answer")
    controller = control(room)
    if who == "the room":
        link = controller.dial(peer.uri)
    else:
        peer.do("dial", uri=f"sip:room@127.0.0.1:{room.sip_port}")
        link = "/rest/conferences/0/connections/1"
        eventually(lambda: controller.get("/rest/conferences"), "the call")
    connection = controller.wait_for_state(link, "CONNECTED")
    assert connection["mediaType"] == "AUDIOVIDEO"
    assert connection["canAddVideo"] is False
    peer.wait_to_see(BARS, "the room's pattern")
    controller.wait_for_picture("far", shows_quarters, "the peer's quarters")
    rows = flowing(controller, link, eventually)
    assert {row["mediaAlgorithm"] for row in rows.values()} == {"VP8"}
    assert rows["RX"]["mediaFormat"] == "480p"
    assert shows_bars(controller.picture("near"))

    controller.post("/rest/video/local/mute", {"mute": True})
    peer.wait_to_see([(16, 128, 128)] * 8, "black")
    assert controller.get("/rest/video/remote/0/mute") == {"result": False}
    controller.post("/rest/video/local/mute", {"mute": False})
    peer.wait_to_see(BARS, "the room's pattern again")
    controller.delete(link)
    controller.wait_idle()
    eventually(lambda: controller.picture("far") is None, "the end of the far picture")


def test_what_the_far_end_signals_of_its_video(start_room, start_peer, control, eventually):
    room = start_room(*PATTERN, "--default-rate", "512")
    peer = start_peer(video=[848, 480], incoming="answer")
    controller = control(room)
    link = controller.dial(peer.uri)
    controller.wait_for_state(link, "CONNECTED")
    controller.wait_for_picture("far", shows_quarters, "the peer's quarters")

    def said():
        return [
            controller.get(f"/rest/video/remote/{conference}/{what}")["result"]
            for conference in ("0", "active")
            for what in ("mute", "mutelock")
        ]

    assert said() == [False] * 4
    peer.do("video", direction="inactive")
    eventually(lambda: said() == [True] * 4, "mute and lock")
    assert controller.picture("far") is None
    peer.do("video", direction="sendrecv")
    eventually(lambda: said() == [False] * 4, "neither")
    controller.wait_for_picture("far", shows_quarters, "the peer's quarters again")
    assert controller.ask("GET", "/rest/video/remote/7/mute")[0] == 404


def test_encrypted_video(start_room, start_peer, control, eventually):
    room = start_room(*PATTERN, "--default-rate", "512")
    peer = start_peer(video=[848, 480], incoming="answer", account=["mediaenc=srtp-mand"])
    controller = control(room)
    link = controller.dial(peer.uri)
    controller.wait_for_state(link, "CONNECTED")
    controller.wait_for_picture("far", shows_quarters, "the peer's quarters")
    peer.wait_to_see(BARS, "the room's pattern")
    assert controller.get(link)["encrypted"] is True


def test_a_voice_call_has_no_video(start_room, start_peer, control):
    room, peer = start_room(*PATTERN), start_peer(video=[640, 480], incoming="answer")
    controller = control(room)
    (link,) = controller.post("/rest/conferences", {"address": peer.uri, "dialType": "VOICE", "rate": 0})
    connection = controller.wait_for_state(link["href"], "CONNECTED")
    assert (connection["mediaType"], connection["canAddVideo"]) == ("AUDIOONLY", True)
    assert controller.video_rows(link["href"]) == {}
    assert controller.picture("far") is None


def test_a_peer_without_video_gets_a_call_of_sound(start_room, start_peer, control):
    room, peer = start_room(*PATTERN), start_peer(incoming="answer")
    controller = control(room)
    link = controller.dial(peer.uri)
    assert controller.wait_for_state(link, "CONNECTED")["mediaType"] == "AUDIOONLY"
    peer.wait_to_hear([440])


@pytest.mark.apt
@pytest.mark.parametrize("who", ["the room", "the peer"])
def test_h264_with_debians_baresip(start_room, start_debian, control, eventually, who):
    room = start_room(*PATTERN, "--auto-answer")
    peer = start_debian()
    controller = control(room)
    if who == "the room":
        link = controller.dial(peer.uri)
    else:
        peer.do("dial", f"sip:room@127.0.0.1:{room.sip_port}")
        link = "/rest/conferences/0/connections/1"
        eventually(lambda: controller.get("/rest/conferences"), "the call")
    assert controller.wait_for_state(link, "CONNECTED")["mediaType"] == "AUDIOVIDEO"
    controller.wait_for_picture("far", shows_quarters, "the peer's film")
    rows = flowing(controller, link, eventually)
    assert {row["mediaAlgorithm"] for row in rows.values()} == {"H.264"}
    assert rows["RX"]["mediaFormat"] == "720p"

    def seen():
        pixels = peer.sees()
        return pixels is not None and shows_bars(pixels)

    eventually(seen, "the room's pattern at the peer")
    peer.do("hangup")
    controller.wait_idle()


@pytest.mark.apt
def test_h264_in_whole_units_with_debians_baresip(start_room, start_debian, control, eventually):
    """With that account it takes packetization mode 0 alone."""
    room = start_room(*PATTERN)
    peer = start_debian(account=";video_codecs=h264")
    controller = control(room)
    link = controller.dial(peer.uri)
    controller.wait_for_state(link, "CONNECTED")
    rows = flowing(controller, link, eventually)
    assert {row["mediaAlgorithm"] for row in rows.values()} == {"H.264"}
    controller.wait_for_picture("far", shows_quarters, "the peer's film")


@pytest.mark.apt
def test_three_parties_of_three_makers(start_room, start_peer, start_debian, control, eventually):
    """The room composes: each far end sees the room and the other one."""
    room = start_room(*PATTERN, "--default-rate", "512")
    peer = start_peer(video=[848, 480], incoming="answer")
    debian = start_debian()
    controller = control(room)
    for uri in (peer.uri, debian.uri):
        controller.wait_for_state(controller.dial(uri), "CONNECTED")

    def halves(pixels):
        """The two tiles side by side, each half as wide and half as high as the whole."""
        height, width = pixels.shape[:2]
        row = slice(height // 4, height - height // 4)
        return pixels[row, : width // 2], pixels[row, width // 2 :]

    controller.wait_for_picture(
        "far", lambda pixels: all(map(shows_quarters, halves(pixels))), "both quarters"
    )

    def seen():
        pixels = debian.sees()
        if pixels is None:
            return False
        one, other = halves(pixels)
        return (shows_bars(one) and shows_quarters(other)) or (shows_bars(other) and shows_quarters(one))

    eventually(seen, "the room and the peer at Debian's baresip")
    assert {row["mediaAlgorithm"] for row in controller.get("/rest/conferences/0/mediastats")} >= {
        "VP8",
        "H.264",
    }
