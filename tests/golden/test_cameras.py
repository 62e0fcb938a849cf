from tests.waiting import until

from videobar.room.far_cameras import CameraAbility, FarCamerasKnown
from videobar.room.video import Snapshot


async def test_pictures(stage):
    ask = stage.ask
    await ask("GET", "/rest/video/local/mute")
    await ask("POST", "/rest/video/local/mute", {"mute": True})
    await ask("PUT", "/rest/video/local/mute", False)
    await ask("GET", "/rest/video/local/mute")
    stage.engine.pictures[Snapshot.NEAR] = b"\xff\xd8picture"
    await ask("GET", "/rest/cameras/snapshot/near_image_1.jpg")
    await ask("GET", "/rest/cameras/snapshot/far_image_1.jpg")
    stage.compare("pictures")


async def test_near_cameras(stage):
    ask = stage.ask
    stage.engine.pictures[Snapshot.NEAR] = b"\xff\xd8picture"
    near = "/rest/cameras/near/"
    await ask("GET", "/rest/cameras/sourceselectable")
    for path in ("all", "people", "content", "selectedpeople", "selectedcontent", "1", "5", "8", "main"):
        await ask("GET", near + path)
    both = {"message": "BothCamera", "withImage": "No"}
    await ask("POST", near + "1", {"action": "moveStart", "direction": "MOVE_LEFT"} | both)
    await stage.clock.advance(1)
    await ask("POST", near + "1", {"action": "moveStop", "direction": "MOVE_ZOOMOUT"} | both)
    await stage.clock.advance(1)
    await ask("GET", "/x/cameras/near/1/view")
    await ask("GET", "/x/cameras/near/5/view")
    await ask("POST", near + "5", {"action": "moveStart", "direction": "MOVE_UP"})
    await ask("POST", near + "8", {"action": "moveStop"})
    await ask("POST", near + "1", {"action": "moveStart"})
    await ask("POST", near + "1", {"action": "moveStart", "direction": "MOVE_AWAY"})
    await ask("POST", near + "1", {"action": "store"})
    await ask("POST", near + "1", {"action": "activate"})
    await ask("POST", near + "selectedpeople", {"action": "moveStart", "direction": "MOVE_ZOOMIN"})
    await ask("POST", near + "selectedpeople", {"action": "moveStop"})
    await ask("POST", near + "selectedcontent", {"action": "moveStop"})
    await ask("POST", near + "position/SELECTED_PEOPLE", {"camPosition": {"pan": 60_000}})
    await ask("POST", near + "position/1", {"camPosition": {"pan": 0, "tilt": 0, "zoom": 0}})
    position = {"camPosition": {"pan": 5_000, "tilt": -400, "zoom": 0}, "relative": False}
    await ask("POST", near + "position/SELECTED_PEOPLE", position)
    await stage.clock.advance(5)
    await ask("POST", near + "presets/3", {"action": "store", "withImage": "Yes"})

    async def illustrated():
        preset = await ask("GET", near + "presets/3")
        stage.said.pop()
        return preset["imageLocation"]

    await until(illustrated)
    await ask("GET", near + "presets/all")
    await ask("GET", near + "presets/3")
    await ask("GET", "/x/cameras/near/presets/3/image")
    await ask("POST", near + "presets/3", {"action": "activate", "withImage": "Yes"})
    await ask("POST", near + "presets/3", {"action": "moveStop"})
    await ask("POST", near + "presets/3", {"action": "clear", "withImage": "Yes"})
    await ask("POST", near + "presets/3", {"action": "activate"})
    await ask("GET", "/x/cameras/near/presets/3/image")
    await ask("GET", near + "presets/10")
    await ask("POST", near + "1/control/tracking")
    await ask("DELETE", near + "1/control/tracking")
    await ask("DELETE", near + "8/control/tracking")
    stage.compare("near_cameras")


async def test_far_cameras(stage):
    ask = stage.ask
    right = {"action": "moveStart", "direction": "MOVE_RIGHT", "message": "BothCamera", "withImage": "No"}
    await ask("GET", "/rest/cameras/far/all")
    await ask("GET", "/x/cameras/far/control")
    await ask("GET", "/rest/cameras/far/selectedpeople")
    await ask("POST", "/rest/cameras/far/1", right)
    main, document = CameraAbility(1, pan=True, tilt=True, zoom=True), CameraAbility(3)
    stage.engine.on_far_camera(FarCamerasKnown("leg", (main, document), 1))
    await ask("GET", "/rest/cameras/far/all")
    await ask("GET", "/rest/cameras/far/2")
    await ask("GET", "/x/cameras/far/control")
    await ask("GET", "/rest/cameras/far/selectedpeople")
    await ask("POST", "/rest/cameras/far/1", right)
    await ask("POST", "/rest/cameras/far/2", right)
    await ask("POST", "/rest/cameras/far/2", {"action": "activate"})
    await ask("POST", "/rest/cameras/far/selectedpeople", {"action": "moveStart"})
    await ask("POST", "/rest/cameras/far/selectedpeople", {"action": "moveStop"})
    await ask("POST", "/rest/cameras/far/selectedpeople", {"action": "store"})
    stage.engine.on_far_camera(FarCamerasKnown("leg", (), 0))
    await ask("GET", "/rest/cameras/far/all")
    stage.compare("far_cameras")
