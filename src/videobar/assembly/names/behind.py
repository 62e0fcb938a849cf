"""Parts of the room that the names of devices read and set."""

from __future__ import annotations

from dataclasses import dataclass

from videobar.assembly.configured import Configured
from videobar.room.accounts import Accounts
from videobar.room.audio.service import Audio
from videobar.room.calls.do_not_disturb import DoNotDisturb
from videobar.room.calls.recent import RecentCalls
from videobar.room.calls.totals import CallTotals
from videobar.room.cameras.service import Cameras
from videobar.room.system.service import System


@dataclass(frozen=True)
class Behind:
    """Parts behind the names of devices."""

    configured: Configured
    system: System
    audio: Audio
    cameras: Cameras
    recent: RecentCalls
    totals: CallTotals
    do_not_disturb: DoNotDisturb
    accounts: Accounts
    speaks_sip: bool
    """True if calls are carried by SIP."""
