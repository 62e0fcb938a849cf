"""Still pictures of `/rest/cameras/snapshot`: from the names of the wire to what is seen."""

from __future__ import annotations

from collections.abc import AsyncIterator

from videobar.contract.model import Download
from videobar.errors import NoSuchResource
from videobar.room.video import Snapshot, Video

FILES = {
    "near_image_1.jpg": Snapshot.NEAR,
    "far_image_1.jpg": Snapshot.FAR,
    "content_image_1.jpg": Snapshot.CONTENT,
}


async def snapshot(video: Video, name: str) -> Download:
    """The file of that name. Raises `NoSuchResource` for other names, and when there is nothing to see."""
    which = FILES.get(name)
    if which is None:
        raise NoSuchResource(f"snapshotID: there are {', '.join(FILES)}, and no {name!r}")
    image = await video.snapshot(which)
    if image is None:
        raise NoSuchResource(f"snapshotID: there is no {which} picture at this moment")
    return Download("image/jpeg", name, _whole(image), len(image))


async def _whole(image: bytes) -> AsyncIterator[bytes]:
    yield image
