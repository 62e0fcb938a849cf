"""Content and far cameras between two whole rooms, over the REST API alone."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile

import av
import numpy as np
import pytest

from videobar.media.video.frame import from_rgb, jpeg

RATE = 1024


def drawing(number: int):
    """Bars whose number is `number`, as RGB."""
    pixels = np.full((720, 1280, 3), 230, np.uint8)
    for bar in range(number):
        pixels[100:600, 100 + 200 * bar : 200 + 200 * bar] = (20, 60, 160)
    return pixels


def rgb(image: bytes):
    return next(av.open(io.BytesIO(image)).decode(video=0)).to_ndarray(format="rgb24")


def bars_in(image: bytes) -> int:
    """How many bars a picture shows."""
    row = rgb(image)[360, :, 0] < 120
    return int(np.count_nonzero(row[1:] & ~row[:-1]))


@pytest.fixture
def connected(start_room, control, tmp_path, eventually):
    """Two rooms in a call with video; the second lets itself be steered, the first has pictures to share."""
    files = tmp_path / "files"
    files.mkdir()
    for number in (1, 2, 3):
        (files / f"{number}.jpg").write_bytes(jpeg(from_rgb(drawing(number))))
    first = control(start_room("--content", str(files)))
    other = start_room("--auto-answer", "true", "--far-control", "true")
    second = control(other)
    link = first.dial(f"room@127.0.0.1:{other.sip_port}", rate=RATE)
    first.wait_for_state(link, "CONNECTED")
    eventually(lambda: second.get("/rest/conferences"), "the call on the other side")
    return first, second, link


def saves(controller, eventually, number):
    return eventually(
        lambda: (
            len(controller.get("/x/collaboration")["items"]) >= number and controller.get("/x/collaboration")
        ),
        f"{number} saved pictures",
    )


def test_content_is_shown_counted_and_saved(connected, eventually, tmp_path):
    first, second, link = connected
    assert second.get("/rest/cameras/contentstatus") == "CONTENT_IDLE"
    assert second.get("/rest/mediastats") == {"vars": []}
    assert second.ask("GET", "/rest/cameras/snapshot/content_image_1.jpg")[0] == 404
    assert second.get("/rest/collaboration") == {"id": "Local Session", "state": "INACTIVE"}

    first.post("/x/content/start", {"source": "1.jpg"})
    for room in (first, second):
        eventually(lambda room=room: room.get("/rest/cameras/contentstatus") == "CONTENT_PLAYING", "content")
        assert room.get("/rest/collaboration")["state"] == "ACTIVE"

    def snapshot():
        status, image = second.ask("GET", "/rest/cameras/snapshot/content_image_1.jpg")
        return image if status == 200 and bars_in(image) == 1 else None

    image = eventually(snapshot, "the content picture")
    assert rgb(image).shape == (720, 1280, 3)
    (row,) = second.get("/rest/mediastats")["vars"]
    assert (row["width"], row["height"]) == (1280, 720)
    assert row["clientID"] == second.get("/rest/conferences")[0]["connections"][0]["id"]

    def content_row():
        return [row for row in first.get(link + "/mediastat") if row["mediaType"] == "CONTENT"]

    (sent,) = eventually(content_row, "a row of content")
    assert (sent["mediaDirection"], sent["mediaAlgorithm"]) == ("TX", "H.264")

    pin = second.get("/x/collaboration")["pin"]
    assert second.ask("POST", "/rest/collaboration/content?pin=x")[0] == 400
    context = second.post(f"/rest/collaboration/content?pin={pin}")["context_id"]
    saves(second, eventually, 1)
    for number in (2, 3, 1):
        first.post("/x/content/start", {"source": f"{number}.jpg"})
        saves(second, eventually, min(3, number if number > 1 else 3))
    assert second.get(f"/rest/collaboration/contentsavestatus?pin={pin}&context-id={context}") == {
        "status": "SAVING"
    }
    assert second.get(f"/rest/collaboration/contentsavestatus?pin={pin}&status=False") == {"status": "SAVED"}

    items = second.get("/x/collaboration")["items"]
    assert all(item["far"] for item in items)
    status, archive = second.ask("GET", f"/rest/collaboration/content/all?pin={pin}")
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        names = opened.namelist()
        assert names == sorted(names) == [item["name"] for item in items]
        assert [bars_in(opened.read(name)) for name in names] == [1, 2, 3]
    if shutil.which("unzip"):
        path = tmp_path / "content.zip"
        path.write_bytes(archive)
        subprocess.run(["unzip", "-t", str(path)], check=True, capture_output=True)
    status, one = second.ask("GET", f"/rest/collaboration/content?pin={pin}&context-id={items[1]['id']}")
    assert (status, bars_in(one)) == (200, 2)

    first.post("/x/content/stop")
    eventually(lambda: second.get("/rest/cameras/contentstatus") == "CONTENT_IDLE", "the end of content")
    assert second.get("/rest/collaboration")["state"] == "READY"
    second.post("/rest/collaboration", {"action": "END"})
    eventually(lambda: second.get("/rest/collaboration")["state"] == "INACTIVE", "the end of the session")
    assert second.ask("GET", f"/rest/collaboration/content/all?pin={pin}")[0] == 400


def test_a_far_camera_is_moved_where_that_is_allowed(connected, eventually):
    first, second, link = connected
    (camera, *_) = eventually(lambda: first.get("/rest/cameras/far/all"), "the far camera")
    assert camera["nearCamera"] is False
    assert camera["ptzcapable"] is True
    assert first.get("/rest/cameras/far/selectedpeople") == camera
    assert second.get("/rest/cameras/far/all") == []

    before = second.get("/x/cameras/near/1/view")
    move = {"direction": "MOVE_RIGHT", "message": "BothCamera", "withImage": "No"}
    first.post(f"/rest/cameras/far/{camera['cameraIndex']}", {"action": "moveStart", **move})
    eventually(
        lambda: second.get("/x/cameras/near/1/view")["pan"] > before["pan"] + 1000, "the far camera's move"
    )
    first.post("/rest/cameras/far/selectedpeople", {"action": "moveStop", **move})

    def still():
        one, other = (second.get("/x/cameras/near/1/view") for _ in range(2))
        return one == other

    eventually(still, "the far camera's rest")
    first.delete(link)
    eventually(lambda: first.get("/rest/cameras/far/all") == [], "no far cameras without a call")


def test_what_a_killed_room_has_saved_is_removed(start_room, control, eventually, tmp_path):
    data = tmp_path / "kept"
    room = start_room(data=data)
    controller = control(room)
    controller.post("/x/content/start", {})
    pin = controller.get("/x/collaboration")["pin"]
    controller.post(f"/rest/collaboration/content?pin={pin}")
    saves(controller, eventually, 1)
    assert list((data / "collaboration").glob("*/*.jpg"))
    room.stop(9)
    (data / "collaboration" / "1" / "0002.jpg.part").write_bytes(b"half")
    again = control(start_room(data=data))
    assert again.get("/rest/collaboration")["state"] == "INACTIVE"
    assert not list(data.glob("collaboration/**/*.*"))


@pytest.mark.apt
@pytest.mark.parametrize("who", ["room dials", "far end dials"])
def test_a_far_end_without_content_goes_on_as_it_was(start_room, start_debian, control, eventually, who):
    """Debian's baresip knows neither content nor floors nor H.224: it leaves our lines alone, also when added later."""
    room, peer = start_room("--auto-answer", "true"), start_debian()
    controller = control(room)
    if who == "room dials":
        link = controller.dial(peer.uri.removeprefix("sip:"), rate=RATE)
    else:
        peer.do("dial", f"sip:room@127.0.0.1:{room.sip_port}")
        link = "/rest/conferences/0/connections/1"
    controller.wait_for_state(link, "CONNECTED")

    def counted():
        return {
            (row["mediaType"], row["mediaDirection"]): row["totalPackets"]
            for row in controller.get(link + "/mediastat")
        }

    def both_grow():
        before = counted()
        assert len(before) == 4, before
        eventually(
            lambda: all(count > before.get(row, 0) + 10 for row, count in counted().items()),
            "media both ways",
        )

    both_grow()
    assert controller.get("/rest/cameras/far/all") == []
    controller.post("/x/content/start", {})
    assert controller.get("/rest/cameras/contentstatus") == "CONTENT_PLAYING"
    both_grow()
    assert controller.get(link)["state"] == "CONNECTED"
    assert {kind for kind, _ in counted()} == {"AUDIO", "VIDEO"}
    controller.post("/x/content/stop")
    both_grow()
    controller.delete(link)
    controller.wait_idle()
