"""`/rest/video`: hiding pictures."""

from __future__ import annotations

from typing import Annotated, Protocol

from videobar.contract.calls import ConferenceId
from videobar.contract.model import Result, Success, WireModel, doc
from videobar.contract.operation import Certainty, get, post
from videobar.errors import NoSuchConference


class VideoMute(WireModel, kw_only=True):
    """Mute of the picture."""

    mute: Annotated[bool, doc("True hides it.")]


class Video(Protocol):
    """Actions on the picture of either side."""

    @get("video_local_mute_get", "/video/local/mute", certainty=Certainty.RECORDED)
    async def local_mute(self) -> Result:
        """Mute state of the room's own picture."""
        ...

    @post("video_local_mute_set", "/video/local/mute", also=("PUT",), certainty=Certainty.CLIENT)
    async def set_local_mute(self, request: VideoMute | bool) -> Success:
        """Hide or show the room's own picture; Group Series clients send a bare boolean."""
        ...

    @get(
        "video_remote_conf_mute_get",
        "/video/remote/{confID}/mute",
        certainty=Certainty.INFERRED,
        errors=(NoSuchConference,),
        decided="the shape; with several far ends, whether all of them do; false where there is no video.",
    )
    async def remote_mute(self, conference_id: ConferenceId) -> Result:
        """Mute state of the far end's picture: muted if it says so, has stopped its stream, or sends black."""
        ...

    @get(
        "video_remote_conf_mutelock_get",
        "/video/remote/{confID}/mutelock",
        certainty=Certainty.INFERRED,
        errors=(NoSuchConference,),
        decided=(
            "the shape; with several far ends, whether that is so of all; false where there is no video."
        ),
    )
    async def remote_mute_lock(self, conference_id: ConferenceId) -> Result:
        """Mute lock of the far end: its session description sends no picture, until the call is changed."""
        ...
