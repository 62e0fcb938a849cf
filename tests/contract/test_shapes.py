import re

import pytest

from videobar.contract import openapi
from videobar.contract.index import OPERATIONS, operation_by_id
from videobar.contract.model import WireModel

SCHEMAS = openapi.document()["components"]["schemas"]
OBJECTS = {name: schema for name, schema in SCHEMAS.items() if schema.get("type") == "object"}

NOT_CAMEL = {
    "Microphone": {"parentID"},
    "CameraSource": {"sessionID"},
    "SaveContext": {"context_id"},
    "Terminal": {"callerID", "systemID"},
    "QueryRequest": {"groupID"},
    "SharedMedia": {"clientID", "sourceID"},
}
"""Wire names that are not what camel case would make of the Python name."""


def test_there_are_shapes():
    assert len(OBJECTS) > 50


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_shape_and_word_is_described(name):
    description = SCHEMAS[name]["description"]

    assert description
    assert not any(line.startswith(" ") for line in description.splitlines())


@pytest.mark.parametrize("name", OBJECTS)
def test_every_field_is_described_and_typed(name):
    for field, schema in OBJECTS[name]["properties"].items():
        assert schema.get("description"), field
        assert schema.keys() & {"type", "anyOf", "$ref", "enum"}, field


@pytest.mark.parametrize("name", OBJECTS)
def test_wire_names_are_camel_case_with_known_exceptions(name):
    unusual = {
        field
        for field in OBJECTS[name]["properties"]
        if not re.fullmatch("[a-z]+([A-Z0-9][a-z0-9]+)*", field)
    }

    assert unusual == NOT_CAMEL.get(name, set())


def all_shapes(kind=WireModel):
    for child in kind.__subclasses__():
        yield child
        yield from all_shapes(child)


SHAPES = [shape for shape in all_shapes() if shape.__module__.startswith("videobar.contract.")]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_shapes_ignore_unknown_fields_and_take_no_positional_arguments(shape):
    assert shape.__struct_config__.forbid_unknown_fields is False
    if shape.__struct_fields__:
        with pytest.raises(TypeError):
            shape(object())


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("collaboration_content_start", "context_id"),
        ("system_network_ping", "h323Reachable"),
        ("system_network_ping", "icmpReachable"),
    ],
)
def test_exact_wire_names(action, name):
    assert name in SCHEMAS[operation_by_id(action).returns.__name__]["properties"]


def test_every_shape_is_carried_by_some_action():
    text = repr([openapi.document()["paths"], SCHEMAS])

    assert [name for name in SCHEMAS if f"schemas/{name}'" not in text] == []
    assert len(OPERATIONS) > 98
