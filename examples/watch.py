"""Print what changes in a room, as it changes, for so many seconds: `python watch.py 60`."""

import asyncio
import os
import sys
from contextlib import aclosing, suppress

from videobar import open_room
from videobar.client import CallStateChanged, MutedChanged, RoomAway, RoomBack, VolumeChanged

NEEDED = {"VIDEOBAR_ROOM", "VIDEOBAR_PASSWORD"}


async def main(seconds: int) -> None:
    async with open_room(
        os.environ["VIDEOBAR_ROOM"], password=os.environ["VIDEOBAR_PASSWORD"], insecure=True
    ) as room:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), aclosing(room.watch(1.0, initial=True)) as changes:
                async for change in changes:
                    match change:
                        case CallStateChanged(connection, _, state):
                            print(f"{connection.address}: {state}")
                        case MutedChanged(_, muted):
                            print("muted" if muted else "not muted")
                        case VolumeChanged(before, after):
                            print(f"volume {before} -> {after}")
                        case RoomAway(error):
                            print(f"away: {error}")
                        case RoomBack():
                            print("back")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not os.environ.keys() >= NEEDED or not sys.argv[1].isdecimal():
        sys.exit("usage: VIDEOBAR_ROOM=HOST[:PORT] VIDEOBAR_PASSWORD=... python watch.py SECONDS")
    asyncio.run(main(int(sys.argv[1])))
