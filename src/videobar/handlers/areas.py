"""The whole contract, implemented over a room."""

from __future__ import annotations

from videobar.contract.index import Areas
from videobar.handlers.audio import AudioHandler
from videobar.handlers.calendar import CalendarHandler
from videobar.handlers.calllog import CallLogHandler
from videobar.handlers.cameras import CamerasHandler
from videobar.handlers.collaboration import CollaborationHandler
from videobar.handlers.conferences import ConferencesHandler
from videobar.handlers.config import ConfigHandler
from videobar.handlers.content import ContentHandler
from videobar.handlers.devicemanagement import DeviceManagementHandler
from videobar.handlers.directory import DirectoryHandler
from videobar.handlers.mediastats import MediaStatsHandler
from videobar.handlers.monitoring import MonitoringHandler
from videobar.handlers.provisioning import ProvisioningHandler
from videobar.handlers.security import SecurityHandler
from videobar.handlers.session import SessionHandler
from videobar.handlers.stage import StageHandler
from videobar.handlers.system import SystemHandler
from videobar.handlers.video import VideoHandler
from videobar.room.room import Room
from videobar.room.session import Caller


def areas_of(room: Room, caller: Caller) -> Areas:
    """The areas of `room` as `caller` may use them. A handler holds no state, so that making all of them is cheap."""
    return Areas(
        audio=AudioHandler(room),
        calendar=CalendarHandler(room),
        calllog=CallLogHandler(room),
        cameras=CamerasHandler(room),
        collaboration=CollaborationHandler(room),
        conferences=ConferencesHandler(room),
        config=ConfigHandler(room, caller),
        content=ContentHandler(room),
        devicemanagement=DeviceManagementHandler(room),
        directory=DirectoryHandler(room),
        mediastats=MediaStatsHandler(room),
        monitoring=MonitoringHandler(room),
        provisioning=ProvisioningHandler(room),
        security=SecurityHandler(room, caller),
        session=SessionHandler(room, caller),
        stage=StageHandler(room),
        system=SystemHandler(room),
        video=VideoHandler(room),
    )
