"""All areas and all actions."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from videobar.contract.audio import Audio
from videobar.contract.calendar import Calendar
from videobar.contract.calllog import CallLog
from videobar.contract.cameras import Cameras
from videobar.contract.collaboration import Collaboration
from videobar.contract.conferences import Conferences
from videobar.contract.config import Config
from videobar.contract.content import Content
from videobar.contract.devicemanagement import DeviceManagement
from videobar.contract.directory import Directory
from videobar.contract.mediastats import MediaStats
from videobar.contract.monitoring import Monitoring
from videobar.contract.operation import Operation, operations_of
from videobar.contract.provisioning import Provisioning
from videobar.contract.security import Security
from videobar.contract.session import Session
from videobar.contract.stage import Stage
from videobar.contract.system import System
from videobar.contract.video import Video


@dataclass(kw_only=True, eq=False, repr=False)
class Areas:
    """A room, as the contract sees it: one attribute for each area, the first segment of its paths."""

    audio: Audio
    calendar: Calendar
    calllog: CallLog
    cameras: Cameras
    collaboration: Collaboration
    conferences: Conferences
    config: Config
    content: Content
    devicemanagement: DeviceManagement
    directory: Directory
    mediastats: MediaStats
    monitoring: Monitoring
    provisioning: Provisioning
    security: Security
    session: Session
    stage: Stage
    system: System
    video: Video


AREAS: Mapping[str, type] = MappingProxyType(typing.get_type_hints(Areas))

OPERATIONS: tuple[Operation, ...] = tuple(
    operation for area, protocol in AREAS.items() for operation in operations_of(area, protocol)
)


def operation_by_id(action_id: str) -> Operation:
    """The action of that id. Raises `KeyError`."""
    for operation in OPERATIONS:
        if operation.id == action_id:
            return operation
    raise KeyError(action_id)
