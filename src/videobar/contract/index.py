"""All areas and all actions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

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


class Areas(Protocol):
    """A room, as the contract sees it: one attribute for each first segment of a path."""

    @property
    def audio(self) -> Audio:
        """`/rest/audio`."""
        ...

    @property
    def calendar(self) -> Calendar:
        """`/rest/calendar`."""
        ...

    @property
    def calllog(self) -> CallLog:
        """`/rest/calllog`."""
        ...

    @property
    def cameras(self) -> Cameras:
        """`/rest/cameras`."""
        ...

    @property
    def collaboration(self) -> Collaboration:
        """`/rest/collaboration`."""
        ...

    @property
    def conferences(self) -> Conferences:
        """`/rest/conferences`."""
        ...

    @property
    def config(self) -> Config:
        """`/rest/config`."""
        ...

    @property
    def content(self) -> Content:
        """`/x/content`."""
        ...

    @property
    def devicemanagement(self) -> DeviceManagement:
        """`/rest/devicemanagement`."""
        ...

    @property
    def directory(self) -> Directory:
        """`/rest/directory`."""
        ...

    @property
    def mediastats(self) -> MediaStats:
        """`/rest/mediastats`."""
        ...

    @property
    def monitoring(self) -> Monitoring:
        """`/x/health` and `/x/metrics`."""
        ...

    @property
    def provisioning(self) -> Provisioning:
        """`/rest/provisioning`."""
        ...

    @property
    def security(self) -> Security:
        """`/rest/security`."""
        ...

    @property
    def session(self) -> Session:
        """`/rest/session`."""
        ...

    @property
    def stage(self) -> Stage:
        """`/x/stage`."""
        ...

    @property
    def system(self) -> System:
        """`/rest/system`."""
        ...

    @property
    def video(self) -> Video:
        """`/rest/video`."""
        ...


AREAS: Mapping[str, type] = MappingProxyType(
    {
        "audio": Audio,
        "calendar": Calendar,
        "calllog": CallLog,
        "cameras": Cameras,
        "collaboration": Collaboration,
        "conferences": Conferences,
        "config": Config,
        "content": Content,
        "devicemanagement": DeviceManagement,
        "directory": Directory,
        "mediastats": MediaStats,
        "monitoring": Monitoring,
        "provisioning": Provisioning,
        "security": Security,
        "session": Session,
        "stage": Stage,
        "system": System,
        "video": Video,
    }
)

OPERATIONS: tuple[Operation, ...] = tuple(
    operation for area, protocol in AREAS.items() for operation in operations_of(area, protocol)
)


def operation_by_id(action_id: str) -> Operation:
    """The action of that id. Raises `KeyError`."""
    for operation in OPERATIONS:
        if operation.id == action_id:
            return operation
    raise KeyError(action_id)
