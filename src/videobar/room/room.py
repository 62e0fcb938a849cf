"""The room: its subsystems, each with one owner of its state."""

from __future__ import annotations

from dataclasses import dataclass

from videobar.room.accounts import Accounts
from videobar.room.audio.service import Audio
from videobar.room.audit import Audit
from videobar.room.calendar.finding import Finding
from videobar.room.calendar.service import Calendar
from videobar.room.calls.port import CallEngine, Stage
from videobar.room.calls.recent import RecentCalls
from videobar.room.calls.service import Calls
from videobar.room.cameras.service import Cameras
from videobar.room.collaboration.service import Collaboration
from videobar.room.content import Content
from videobar.room.directory.service import Directory
from videobar.room.far_cameras import FarCameras
from videobar.room.faults import Faults
from videobar.room.sessions import Sessions
from videobar.room.system.certificates import Certificates
from videobar.room.system.configuration import Configuration
from videobar.room.system.diagnostics import Diagnostics
from videobar.room.system.health import Health
from videobar.room.system.logs import Logs
from videobar.room.system.modes import Modes
from videobar.room.system.monitoring import Monitoring
from videobar.room.system.reset import ResetOrders
from videobar.room.system.restart import Restart
from videobar.room.system.service import System
from videobar.room.video import Video


@dataclass(frozen=True, kw_only=True)
class Room:
    """The subsystems of one room."""

    accounts: Accounts
    audio: Audio
    audit: Audit
    calendar: Calendar
    finding: Finding
    calls: Calls
    cameras: Cameras
    directory: Directory
    sessions: Sessions
    system: System
    health: Health
    video: Video
    engine: CallEngine
    diagnostics: Diagnostics
    configuration: Configuration
    logs: Logs
    certificates: Certificates | None
    """Certificates; `None` where the room has none of its own."""
    content: Content
    collaboration: Collaboration
    far_cameras: FarCameras
    modes: Modes
    monitoring: Monitoring
    reset: ResetOrders
    restart: Restart
    recent: RecentCalls | None = None
    """List of recent calls, where its length can be set."""
    stage: Stage | None = None
    """Stage, where far ends are simulated."""
    faults: Faults | None = None
    """Fault injection, where faults are allowed."""
