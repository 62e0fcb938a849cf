"""Set the volume of many rooms at once: `python fleet.py 40 10.0.0.5 10.0.0.6:8443`."""

import asyncio
import os
import sys

from videobar import open_room
from videobar.errors import VideobarError


async def set_volume(address: str, volume: int) -> str:
    try:
        async with open_room(address, password=os.environ["VIDEOBAR_PASSWORD"], insecure=True) as room:
            await room.audio.set_volume(volume)
            return f"{address}: {await room.audio.volume()}"
    except VideobarError as error:
        return f"{address}: {error}"


async def main(volume: int, addresses: list[str]) -> None:
    for line in await asyncio.gather(*(set_volume(address, volume) for address in addresses)):
        print(line)


if __name__ == "__main__":
    if len(sys.argv) < 3 or not sys.argv[1].isdecimal() or "VIDEOBAR_PASSWORD" not in os.environ:
        sys.exit("usage: VIDEOBAR_PASSWORD=... python fleet.py VOLUME ROOM [ROOM ...]")
    asyncio.run(main(int(sys.argv[1]), sys.argv[2:]))
