from __future__ import annotations

import pytest

from videobar.errors import NoSuchResource
from videobar.handlers.snapshots import snapshot
from videobar.room.video import Snapshot, Video


async def test_a_picture_comes_as_a_file(engine):
    engine.pictures[Snapshot.FAR] = b"\xff\xd8picture"
    file = await snapshot(Video(engine), "far_image_1.jpg")
    assert (file.media_type, file.filename, file.length) == ("image/jpeg", "far_image_1.jpg", 9)
    assert [chunk async for chunk in file.chunks] == [b"\xff\xd8picture"]


@pytest.mark.parametrize("name", ["near_image_1.jpg", "content_image_1.jpg", "near_image_2.jpg", "", "../x"])
async def test_where_nothing_is_seen_there_is_nothing(engine, name):
    with pytest.raises(NoSuchResource, match="snapshotID"):
        await snapshot(Video(engine), name)
