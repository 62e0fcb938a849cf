import inspect

import pytest

from videobar.contract.index import AREAS, OPERATIONS
from videobar.handlers import (
    audio,
    calendar,
    calllog,
    cameras,
    collaboration,
    conferences,
    config,
    content,
    devicemanagement,
    directory,
    mediastats,
    monitoring,
    provisioning,
    security,
    session,
    stage,
    system,
    video,
)

HANDLERS = {
    "audio": audio.AudioHandler,
    "calendar": calendar.CalendarHandler,
    "calllog": calllog.CallLogHandler,
    "cameras": cameras.CamerasHandler,
    "collaboration": collaboration.CollaborationHandler,
    "conferences": conferences.ConferencesHandler,
    "config": config.ConfigHandler,
    "content": content.ContentHandler,
    "devicemanagement": devicemanagement.DeviceManagementHandler,
    "directory": directory.DirectoryHandler,
    "mediastats": mediastats.MediaStatsHandler,
    "monitoring": monitoring.MonitoringHandler,
    "provisioning": provisioning.ProvisioningHandler,
    "security": security.SecurityHandler,
    "session": session.SessionHandler,
    "stage": stage.StageHandler,
    "system": system.SystemHandler,
    "video": video.VideoHandler,
}


def test_every_area_has_its_handler():
    assert set(HANDLERS) == set(AREAS)
    for area, handler in HANDLERS.items():
        assert AREAS[area] in handler.__mro__


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_handlers_name_their_parameters_as_the_contract_does(operation):
    declared = inspect.signature(getattr(AREAS[operation.area], operation.name)).parameters
    built = inspect.signature(getattr(HANDLERS[operation.area], operation.name)).parameters
    assert list(built) == list(declared)
    assert [p.default for p in built.values()] == [p.default for p in declared.values()]
