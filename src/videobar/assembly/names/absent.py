"""Names of what devices have and rooms here have not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from videobar.assembly.names.behind import Behind
from videobar.assembly.names.kinds import (
    OFF,
    read_only,
)
from videobar.room.system.configuration import (
    Variable,
)

NO_H323: Final = "there is no H.323 here"
NO_PROVISIONING: Final = "there is no provisioning service here"


def absent(behind: Behind) -> Iterator[Variable]:
    """Variables that devices have and rooms here have not."""
    h323 = {
        "voIpProt.H323.enable comm.callpreference.h323enable": False,
        "voIpProt.H323.name comm.nics.h323nic.h323name": "",
        "voIpProt.H323.e164 comm.nics.h323nic.h323extension": "",
        "voIpProt.H323.gk.ipAddress": "",
        "voIpProt.H323.gk.mode": OFF,
    }
    for names, value in h323.items():
        yield from read_only(names, NO_H323, lambda value=value: value, NO_H323)  # type: ignore[misc]
    provisioning = "management.provisioning."
    yield from read_only(provisioning + "enabled", NO_PROVISIONING, lambda: False, NO_PROVISIONING)
    for name in ("server", "domain", "authtype", "user"):
        yield from read_only(provisioning + name, NO_PROVISIONING, lambda: "", NO_PROVISIONING)
    yield Variable(provisioning + "password", NO_PROVISIONING, lambda: "", secure=True, fixed=NO_PROVISIONING)
    shown = {
        "system.screensavermode device.screensaver.mode": OFF,
        "uicontrol.apps.home.statusbar.addressprimary homescreen.addressbar.primary": "None",
        "uicontrol.apps.home.statusbar.addresssecondary homescreen.addressbar.secondary": "None",
        "uicontrol.display.showtaskbuttons homescreen.display.showtaskbuttons": False,
        "uicontrol.display.showpip homescreen.display.showpip": False,
    }
    for names, value in shown.items():
        yield from read_only(
            names,
            "what the room's own display shows: nothing of that",
            lambda value=value: value,  # type: ignore[misc]
            "the room's own display cannot be set here",
        )
