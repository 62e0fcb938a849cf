import inspect
from collections import Counter
from dataclasses import fields

import pytest

from videobar.contract.index import AREAS, OPERATIONS, Areas, operation_by_id
from videobar.contract.model import Download, Upload
from videobar.contract.operation import Access, Danger, operations_of

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)


@each_operation
def test_says_what_it_does(operation):
    assert operation.summary
    assert operation.summary[0].isupper()
    assert operation.summary.endswith(".")


MONITORING = {("monitoring", "health"), ("monitoring", "metrics")}
"""What watches rooms looks for these at the top."""


@each_operation
def test_has_one_name_everywhere(operation):
    assert operation.id.startswith(f"{operation.area}_")
    first = operation.path.split("/")[1]
    assert first == operation.area or (operation.area, first) in MONITORING
    assert getattr(AREAS[operation.area], operation.name).__isabstractmethod__


def test_no_two_share_method_and_path():
    places = Counter((method, operation.url) for operation in OPERATIONS for method in operation.methods)

    assert [place for place, count in places.items() if count > 1] == []


def test_no_two_share_an_id_or_a_name():
    assert len({operation.id for operation in OPERATIONS}) == len(OPERATIONS)
    assert len({(operation.area, operation.name) for operation in OPERATIONS}) == len(OPERATIONS)


def test_what_is_ours_is_not_in_the_guide_and_not_below_rest():
    own = [operation for operation in OPERATIONS if operation.own]

    assert own
    assert not any(operation.documented for operation in own)
    assert all(operation.url.startswith("/x/") == operation.own for operation in OPERATIONS)


def test_only_the_session_of_the_caller_and_health_are_open_to_all():
    opened = {operation.id for operation in OPERATIONS if operation.access is Access.OPEN}

    assert opened == {"monitoring_health_get", "session_login", "session_logout", "session_get"}


def test_a_second_method_is_offered_where_clients_use_it():
    also = {operation.id: operation.also for operation in OPERATIONS if operation.also}

    assert also == dict.fromkeys(["audio_muted_set", "audio_volume_set", "video_local_mute_set"], ("PUT",))


def test_reading_is_never_dangerous():
    dangerous = {operation.method for operation in OPERATIONS if operation.danger is not Danger.NONE}

    assert "GET" not in dangerous
    assert operation_by_id("conferences_hangup").danger is Danger.ENDS_CALLS
    assert operation_by_id("system_reboot").danger is Danger.RESTARTS


def test_files_travel_as_they_are():
    files = {operation.id for operation in OPERATIONS if operation.returns is Download}

    assert files == {
        "cameras_near_presets_index_image_get",
        "cameras_snapshot_get",
        "collaboration_content_get",
        "collaboration_content_all_get",
        "directory_export",
        "monitoring_metrics_get",
        "provisioning_config_get",
        "system_logs_get",
    }
    uploads = [o.id for o in OPERATIONS if o.body and o.body.type is Upload]
    assert uploads == ["directory_import", "system_certificates_install"]


def test_query_parameters_keep_their_wire_names():
    def names(action):
        return [parameter.wire_name for parameter in operation_by_id(action).query_parameters]

    assert names("collaboration_content_get") == ["pin", "context-id"]
    assert names("collaboration_contentsavestatus_get") == ["pin", "context-id", "status"]
    assert names("conferences_connections_get") == ["filter"]
    assert names("calendar_meetings_get") == ["number", "start", "end"]


def test_operations_are_found_by_id():
    assert operation_by_id("conferences_dial").name == "dial"
    with pytest.raises(KeyError):
        operation_by_id("conferences_juggle")


def test_areas_are_the_attributes_of_a_room():
    assert {field.name for field in fields(Areas)} == set(AREAS)
    assert {protocol.__name__.lower() for protocol in AREAS.values()} == set(AREAS)


def test_operations_stand_in_the_order_of_their_areas():
    assert [o for area, protocol in AREAS.items() for o in operations_of(area, protocol)] == list(OPERATIONS)


@pytest.mark.parametrize("area", AREAS)
def test_an_area_with_all_its_methods_can_be_made(area):
    assert complete(AREAS[area])()


@each_operation
def test_an_area_that_lacks_a_method_cannot_be_made(operation):
    incomplete = complete(AREAS[operation.area], without=operation.name)

    with pytest.raises(TypeError, match=rf"\b{operation.name}\b"):
        incomplete()


def complete(protocol, without=None):
    """A class that implements all methods of an area, except one."""

    async def method(self, *_, **__):
        raise NotImplementedError

    names = [name for name, value in vars(protocol).items() if inspect.iscoroutinefunction(value)]
    return type("Implementation", (protocol,), {name: method for name in names if name != without})
