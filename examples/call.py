"""Dial somebody, wait until they answer, look at the streams, and hang up: `python call.py ada@example.com`."""

import asyncio
import os
import sys

from videobar import open_room
from videobar.errors import CallEnded, TimedOut

NEEDED = {"VIDEOBAR_ROOM", "VIDEOBAR_PASSWORD"}


async def main(address: str) -> int:
    async with open_room(
        os.environ["VIDEOBAR_ROOM"], password=os.environ["VIDEOBAR_PASSWORD"], insecure=True
    ) as room:
        call = await room.dial(address)
        try:
            connection = await call.connected(timeout=60)
        except (CallEnded, TimedOut) as error:
            print(f"no call: {error}")
            await call.hang_up()
            return 1
        print(f"connected with {connection.address} at {connection.rate} kbit/s")
        for row in await call.stats():
            print(
                f"{row.media_type} {row.media_direction}: {row.media_algorithm}, {row.total_packets} packets"
            )
        await call.hang_up()
        print(f"ended with cause {await call.ended(timeout=30)}")
        return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not os.environ.keys() >= NEEDED:
        sys.exit("usage: VIDEOBAR_ROOM=HOST[:PORT] VIDEOBAR_PASSWORD=... python call.py ADDRESS")
    sys.exit(asyncio.run(main(sys.argv[1])))
