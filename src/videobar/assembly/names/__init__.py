"""The names by which devices know what a room is set to, on their web pages and in their schema (observed).

Each reads and writes what stands behind it here, in the words of the device. What a room does not have, such as H.323,
is read as it is: off or empty; to set it to anything else is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from videobar.assembly.names.absent import absent
from videobar.assembly.names.behind import Behind
from videobar.assembly.names.calls import answering, calls
from videobar.assembly.names.cameras import cameras_of_the_room
from videobar.assembly.names.room import identity, names_of_the_room, network
from videobar.assembly.names.security import security
from videobar.assembly.names.sip import sip
from videobar.assembly.names.sound import sound
from videobar.room.system.configuration import Variable

__all__ = ["Behind", "device_variables"]


def device_variables(behind: Behind) -> Iterator[Variable]:
    """All device variables."""
    for variables in (
        identity,
        names_of_the_room,
        network,
        sound,
        answering,
        calls,
        sip,
        security,
        cameras_of_the_room,
        absent,
    ):
        yield from variables(behind)
