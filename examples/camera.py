"""Steer a camera for half a second, and save a picture: `python camera.py near.jpg`."""

import asyncio
import os
import sys
from pathlib import Path

from videobar import open_room

NEEDED = {"VIDEOBAR_ROOM", "VIDEOBAR_PASSWORD"}


async def main(file: Path) -> None:
    async with open_room(
        os.environ["VIDEOBAR_ROOM"], password=os.environ["VIDEOBAR_PASSWORD"], insecure=True
    ) as room:
        await room.camera.zoom_in(0.5)
        await room.camera.left(0.5)
        download = await room.cameras.snapshot("near_image_1.jpg")
        picture = b"".join([chunk async for chunk in download.chunks])
        file.write_bytes(picture)
        print(f"{download.media_type}, {len(picture)} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not os.environ.keys() >= NEEDED:
        sys.exit("usage: VIDEOBAR_ROOM=HOST[:PORT] VIDEOBAR_PASSWORD=... python camera.py FILE")
    asyncio.run(main(Path(sys.argv[1])))
