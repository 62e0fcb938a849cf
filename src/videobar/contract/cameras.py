"""`/rest/cameras`: what the room sees, and where it looks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Protocol

from msgspec import UNSET, Meta, UnsetType, field

from videobar.contract.model import LONGEST_ID, Download, WireModel, doc
from videobar.contract.operation import Certainty, InPath, delete, get, post
from videobar.errors import CameraCannot, CameraNotConnected, NoSuchPreset, NoSuchSource
from videobar.vocabulary import SourceType

TrackedIndex = Annotated[str, InPath("index"), doc("`cameraIndex` in decimal.", max_length=LONGEST_ID)]
SourceId = Annotated[str, InPath("sourceID"), doc("`cameraIndex` in decimal.", max_length=LONGEST_ID)]
PresetIndex = Annotated[int, InPath("index"), Meta(ge=0, le=9, description="Preset, 0 to 9.")]

MOVE_ERRORS = (CameraNotConnected, CameraCannot)
SOURCE_ERRORS = (NoSuchSource, *MOVE_ERRORS)


class Switch(StrEnum):
    """On and off as texts (off is observed)."""

    ON = "on"
    OFF = "off"


class CameraSource(WireModel, kw_only=True):
    """One source of pictures, near or far (recorded from an X30)."""

    camera_index: Annotated[int, doc("Number of the source, which is also its id in paths.")]
    icon_name: Annotated[str | None, doc("Name of an icon, or null.")]
    model: Annotated[str, doc("Model, may be empty.")]
    name: Annotated[str, doc("Name, may be empty.")]
    session_id: Annotated[int, doc("0.")] = field(name="sessionID")
    source_type: Annotated[SourceType, doc("People or content.")]
    state_auto_focus: Annotated[Switch, doc("Auto focus.")]
    state_freeze: Annotated[Switch, doc("Frozen picture.")]
    state_marker: Annotated[Switch, doc("Marker.")]
    connected: Annotated[bool, doc("Whether there is a camera.")]
    has_auto_focus: Annotated[bool, doc("Can focus by itself.")]
    has_focus: Annotated[bool, doc("Can be focused.")]
    has_freeze: Annotated[bool, doc("Can be frozen.")]
    has_marker: Annotated[bool, doc("Has a marker.")]
    has_pan: Annotated[bool, doc("Can pan.")]
    has_tilt: Annotated[bool, doc("Can tilt.")]
    has_zoom: Annotated[bool, doc("Can zoom.")]
    near_camera: Annotated[bool, doc("In this room.")]
    ptzcapable: Annotated[bool, doc("Can pan, tilt and zoom.")] = field(name="ptzcapable")
    selected: Annotated[bool, doc("Is the one in use.")]
    trackable: Annotated[bool, doc("Can follow people.")]


class CameraAction(StrEnum):
    """Action on a camera or preset (guide)."""

    MOVE_START = "moveStart"
    MOVE_STOP = "moveStop"
    STORE = "store"
    CLEAR = "clear"
    ACTIVATE = "activate"


class CameraDirection(StrEnum):
    """Direction of a move (guide). Words of Group Series clients, such as `left` and `zoom in`, are understood too."""

    LEFT = "MOVE_LEFT"
    RIGHT = "MOVE_RIGHT"
    UP = "MOVE_UP"
    DOWN = "MOVE_DOWN"
    ZOOM_IN = "MOVE_ZOOMIN"
    ZOOM_OUT = "MOVE_ZOOMOUT"
    FOCUS_NEAR = "MOVE_FOCUSNEAR"
    FOCUS_FAR = "MOVE_FOCUSFAR"

    @classmethod
    def _missing_(cls, value: object) -> CameraDirection | None:
        older = f"MOVE_{str(value).replace(' ', '').upper()}"
        return cls(older) if older in cls.__members__.values() else None


class WhichCamera(StrEnum):
    """Camera of a pair (guide)."""

    LEFT = "LeftCamera"
    RIGHT = "RightCamera"
    BOTH = "BothCamera"


class YesNo(StrEnum):
    """Yes and no as texts (guide)."""

    YES = "Yes"
    NO = "No"


class CameraRequest(WireModel, kw_only=True):
    """A camera command; only `action` is needed, and `direction` to start a move."""

    action: Annotated[CameraAction, doc("Action to carry out.")]
    direction: Annotated[
        CameraDirection | UnsetType | None, doc("Direction to move in; irrelevant when stopping.")
    ] = UNSET
    message: Annotated[WhichCamera, doc("Camera of a pair.")] = WhichCamera.BOTH
    with_image: Annotated[YesNo, doc("For presets: store a thumbnail too.")] = YesNo.NO


Coordinate = Annotated[int, Meta(ge=-50000, le=50000)]


class CameraPosition(WireModel, kw_only=True, omit_defaults=True):
    """A position, or a distance, in the device's units: -50000 to 50000 over each axis.

    An axis that is left out stays where it is.
    """

    pan: Annotated[Coordinate | None, doc("Pan; positive is right.")] = None
    tilt: Annotated[Coordinate | None, doc("Tilt; positive is up.")] = None
    zoom: Annotated[Coordinate | None, doc("Zoom; positive is in, -50000 is the widest view.")] = None


class PositionRequest(WireModel, kw_only=True):
    """Position to move to."""

    cam_position: Annotated[CameraPosition, doc("The position, or the distance to it.")]
    relative: Annotated[bool, doc("Whether it is a distance from where the camera looks now.")] = False


class CameraView(WireModel, kw_only=True):
    """Position of a near camera, in the device's units: -50000 to 50000 over each axis."""

    pan: Annotated[int, doc("Pan; positive is right.")]
    tilt: Annotated[int, doc("Tilt; positive is up.")]
    zoom: Annotated[int, doc("Zoom; -50000 is the widest view.")]
    focus: Annotated[int, doc("Focus; 0 is sharp, positive is farther.")]
    tracking: Annotated[bool, doc("Whether it follows people.")]


class Preset(WireModel, kw_only=True):
    """One stored camera position."""

    index: Annotated[int, doc("0 to 9.")]
    stored: Annotated[bool, doc("Whether something is stored.")]
    near: Annotated[bool, doc("Whether it is of this room's cameras.")]
    session_id: Annotated[int, doc("0.")]
    image_location: Annotated[str, doc("Path of its thumbnail, empty without one and until it is there.")]


class ContentState(StrEnum):
    """State of content. CONTENT_IDLE is observed; the other is decided here."""

    IDLE = "CONTENT_IDLE"
    PLAYING = "CONTENT_PLAYING"


class FarControl(WireModel, kw_only=True):
    """Far-end control: whether the camera at the other end of a connection can be moved from here."""

    connection: Annotated[str, doc("Id of the connection.")]
    address: Annotated[str, doc("Address of the far end.")]
    allowed: Annotated[bool, doc("Whether its camera can be moved.")]
    hint: Annotated[str, doc("Reason why it cannot be moved, in words for people; empty where it can.")]


class Cameras(Protocol):
    """Actions on cameras, near and far."""

    @get(
        "cameras_sourceselectable_get",
        "/cameras/sourceselectable",
        certainty=Certainty.INFERRED,
        decided="a bare boolean, true where more than one is connected.",
    )
    async def source_selectable(self) -> bool:
        """True if near sources can be selected."""
        ...

    @get("cameras_contentstatus_get", "/cameras/contentstatus", certainty=Certainty.CLIENT)
    async def content_status(self) -> ContentState:
        """Content status, as a JSON string."""
        ...

    @get("cameras_near_all_get", "/cameras/near/all", certainty=Certainty.RECORDED)
    async def near_all(self) -> list[CameraSource]:
        """All near sources, connected or not."""
        ...

    @get("cameras_near_people_get", "/cameras/near/people")
    async def near_people(self) -> list[CameraSource]:
        """The near sources that show people."""
        ...

    @get("cameras_near_content_get", "/cameras/near/content")
    async def near_content(self) -> list[CameraSource]:
        """The near sources that show content."""
        ...

    @get("cameras_near_source_get", "/cameras/near/{sourceID}", errors=(NoSuchSource,))
    async def near_source(self, source_id: SourceId) -> CameraSource:
        """One near source."""
        ...

    @post(
        "cameras_near_source_move",
        "/cameras/near/{sourceID}",
        certainty=Certainty.CLIENT,
        errors=SOURCE_ERRORS,
        decided="`activate` selects the source for its kind; `store` and `clear` are for presets.",
    )
    async def act_on_near_source(self, source_id: SourceId, request: CameraRequest) -> None:
        """Move a near camera, stop it, or select it.

        A move ends at `moveStop`, at the camera's limit, or after ten seconds. A second move on another axis joins the
        first; `moveStop` stops all.
        """
        ...

    @get(
        "cameras_near_selectedpeople_get",
        "/cameras/near/selectedpeople",
        certainty=Certainty.CLIENT,
        errors=(NoSuchSource,),
    )
    async def near_selected_people(self) -> CameraSource:
        """The near people source in use."""
        ...

    @post(
        "cameras_near_selectedpeople_move",
        "/cameras/near/selectedpeople",
        certainty=Certainty.CLIENT,
        errors=SOURCE_ERRORS,
    )
    async def act_on_near_selected_people(self, request: CameraRequest) -> None:
        """Move the near people source in use, or stop it."""
        ...

    @get(
        "cameras_near_selectedcontent_get",
        "/cameras/near/selectedcontent",
        errors=(NoSuchSource,),
        decided="refused as not there when there is none.",
    )
    async def near_selected_content(self) -> CameraSource:
        """The near content source in use."""
        ...

    @post("cameras_near_selectedcontent_move", "/cameras/near/selectedcontent", errors=SOURCE_ERRORS)
    async def act_on_near_selected_content(self, request: CameraRequest) -> None:
        """Move the near content source in use, or stop it."""
        ...

    @get(
        "cameras_near_presets_all_get",
        "/cameras/near/presets/all",
        decided="ten rows, stored or not.",
    )
    async def near_presets(self) -> list[Preset]:
        """All presets."""
        ...

    @get("cameras_near_presets_index_get", "/cameras/near/presets/{index}")
    async def near_preset(self, index: PresetIndex) -> Preset:
        """One preset, stored or not."""
        ...

    @post(
        "cameras_near_presets_index_update",
        "/cameras/near/presets/{index}",
        certainty=Certainty.CLIENT,
        errors=(NoSuchPreset, *MOVE_ERRORS),
    )
    async def act_on_near_preset(self, index: PresetIndex, request: CameraRequest) -> None:
        """Store, activate or clear a preset.

        It holds the selected people camera and its pan, tilt, zoom and focus at this moment. Where `withImage` asks for
        a thumbnail, it follows when there is a picture: not if the preset was stored again or cleared or the camera was
        moved before that.
        """
        ...

    @get(
        "cameras_near_presets_index_image_get",
        "/cameras/near/presets/{index}/image",
        own=True,
        documented=False,
        errors=(NoSuchPreset,),
    )
    async def near_preset_image(self, index: PresetIndex) -> Download:
        """The thumbnail of a preset, a JPEG picture; its path is the preset's `imageLocation`."""
        ...

    @get(
        "cameras_near_source_view_get",
        "/cameras/near/{sourceID}/view",
        own=True,
        documented=False,
        errors=(NoSuchSource,),
    )
    async def near_view(self, source_id: SourceId) -> CameraView:
        """Position of a near camera at this moment, and whether it follows people."""
        ...

    @post(
        "cameras_near_tracking_start",
        "/cameras/near/{index}/control/tracking",
        documented=False,
        certainty=Certainty.CLIENT,
        errors=SOURCE_ERRORS,
    )
    async def start_tracking(self, index: TrackedIndex) -> None:
        """Let a near camera follow the people whom it sees, until it is moved or told to stop."""
        ...

    @delete(
        "cameras_near_tracking_stop",
        "/cameras/near/{index}/control/tracking",
        documented=False,
        certainty=Certainty.CLIENT,
        errors=(NoSuchSource,),
    )
    async def stop_tracking(self, index: TrackedIndex) -> None:
        """Let a near camera stay where it is."""
        ...

    @post("cameras_near_position_move", "/cameras/near/position/{sourceID}", errors=SOURCE_ERRORS)
    async def move_to_position(
        self,
        source_id: Annotated[str, InPath("sourceID"), doc("Only `SELECTED_PEOPLE`.", max_length=LONGEST_ID)],
        request: PositionRequest,
    ) -> None:
        """Move the near people source in use to a position, or by a distance."""
        ...

    @get("cameras_far_all_get", "/cameras/far/all", certainty=Certainty.CLIENT)
    async def far_all(self) -> list[CameraSource]:
        """The far end's sources; none without a call, or where it does not let its camera be moved.

        `GET /x/cameras/far/control` tells which of these it is.
        """
        ...

    @get("cameras_far_control_get", "/cameras/far/control", own=True, documented=False)
    async def far_control(self) -> list[FarControl]:
        """Far camera control: the far ends that let this room move their camera, and why the others do not."""
        ...

    @get("cameras_far_selectedpeople_get", "/cameras/far/selectedpeople")
    async def far_selected_people(self) -> CameraSource:
        """The far people source in use."""
        ...

    @post("cameras_far_selectedpeople_move", "/cameras/far/selectedpeople")
    async def act_on_far_selected_people(self, request: CameraRequest) -> None:
        """Move the far people source in use, or stop it."""
        ...

    @get("cameras_far_source_get", "/cameras/far/{sourceID}")
    async def far_source(self, source_id: SourceId) -> CameraSource:
        """One far source."""
        ...

    @post("cameras_far_source_move", "/cameras/far/{sourceID}", certainty=Certainty.CLIENT)
    async def act_on_far_source(self, source_id: SourceId, request: CameraRequest) -> None:
        """Move a far camera, or stop it."""
        ...

    @get(
        "cameras_snapshot_get",
        "/cameras/snapshot/{snapshotID}",
        certainty=Certainty.INFERRED,
        decided="a JPEG picture; refused as not there when there is no such stream.",
    )
    async def snapshot(
        self,
        snapshot_id: Annotated[
            str,
            InPath("snapshotID"),
            doc("near_image_1.jpg, far_image_1.jpg or content_image_1.jpg.", max_length=LONGEST_ID),
        ],
    ) -> Download:
        """Snapshot of a picture at this moment."""
        ...
