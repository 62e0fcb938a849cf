"""What a room is, and who is in a call: the blocking client."""

import os
import sys

from videobar import Room


def main() -> None:
    with Room.open(
        os.environ["VIDEOBAR_ROOM"], password=os.environ["VIDEOBAR_PASSWORD"], insecure=True
    ) as room:
        info = room.system.info()
        print(f"{info.system_name}: {info.model}, software {info.software_version}, {info.state}")
        print(f"volume {room.audio.volume()}, {'muted' if room.audio.muted() else 'not muted'}")
        for call in room.calls():
            connection = call.connection()
            if connection is not None:
                print(f"call {call.id}: {connection.address}, {connection.state}, {connection.duration} s")


if __name__ == "__main__":
    if not {"VIDEOBAR_ROOM", "VIDEOBAR_PASSWORD"} <= os.environ.keys():
        sys.exit("usage: VIDEOBAR_ROOM=HOST[:PORT] VIDEOBAR_PASSWORD=... python status.py")
    main()
